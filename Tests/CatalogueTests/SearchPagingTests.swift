import Testing

@testable import Catalogue

@Suite struct SearchPagingTests {
    private func fixture() throws -> SearchFixture {
        let fixture = try SearchFixture()
        for number in 0..<30 {
            try fixture.add(
                .init(
                    name: "Meier^N\(number)", date: number % 7 == 0 ? nil : "202401\(10 + number % 11)",
                    series: (0..<(number % 4 + 1)).map { .init(modality: "MR", number: $0 == 2 ? nil : Int64(5 - $0), instances: $0 + 1) }))
        }
        return fixture
    }

    @Test(arguments: SearchLevel.allCases, SearchOrder.allCases) func `pages of any size give every result once and in one order`(
        _ level: SearchLevel, _ order: SearchOrder
    ) throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let whole = try reader.search(SearchQuery(text: "meier", level: level, order: order, limit: 1_000)).results
        #expect(whole.count == [.study: 30, .series: 73, .instance: 144][level])
        #expect(Set(whole.map(\.cursor)).count == whole.count)
        for limit in [1, 2, 3, 7, 29] {
            let paged = try fixture.all(SearchQuery(text: "meier", level: level, order: order, limit: limit), reader)
            #expect(paged == whole)
        }
    }

    @Test func `any result's cursor continues after that result`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let whole = try reader.search(SearchQuery(text: "meier", level: .instance, limit: 1_000)).results
        for place in stride(from: 0, to: whole.count, by: 11) {
            let rest = try reader.search(SearchQuery(text: "meier", level: .instance, limit: 1_000, after: whole[place].cursor)).results
            #expect(rest == Array(whole[(place + 1)...]))
        }
    }

    @Test func `studies that come and go between pages shift nothing`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let before = try reader.search(SearchQuery(text: "meier", level: .study, limit: 1_000)).results.map(\.rowIDs.study)
        var query = SearchQuery(text: "meier", level: .study, limit: 5)
        var seen: [Int64] = []
        var added: Set<Int64> = []
        while true {
            let page = try reader.search(query)
            seen += page.results.map(\.rowIDs.study)
            guard let cursor = page.cursor else { break }
            query.after = cursor
            for date in ["20250101", "20240115", "20230101"] { added.insert(try fixture.add(.init(name: "Meier^New", date: date))) }
            // One that has been seen goes, and one that has been seen moves ahead of all.
            try fixture.remove(try #require(seen.first { fixture.studies[$0] != nil && !added.contains($0) }))
            if let moved = seen.last(where: { fixture.studies[$0] != nil && !added.contains($0) }) {
                try fixture.move(moved, to: "20260101")
            }
            if added.count > 60 { break }
        }
        #expect(seen.filter { !added.contains($0) } == before)
        #expect(Set(seen).count == seen.count)
    }

    @Test func `a damaged or foreign cursor is refused`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let query = SearchQuery(text: "meier", level: .study, limit: 3)
        let cursor = try #require(try reader.search(query).cursor)
        #expect(
            cursor.utf8.allSatisfy {
                Character(Unicode.Scalar($0)).isLetter || Character(Unicode.Scalar($0)).isNumber || $0 == 45 || $0 == 95
            })
        var attempts = [
            "", "x", String(cursor.dropLast()), cursor + "A", String(cursor.reversed()), "%00", "é", String(repeating: "A", count: 10_000),
        ]
        for place in cursor.indices.dropLast(2) {
            var changed = cursor
            changed.replaceSubrange(place...place, with: cursor[place] == "A" ? "B" : "A")
            attempts.append(changed)
        }
        for attempt in attempts {
            var other = query
            other.after = attempt
            let error = #expect(throws: CatalogueError.self) { try reader.search(other) }
            #expect(error?.code == .invalidRequest)
        }
        for change: (inout SearchQuery) -> Void in [
            { $0.text = "meie" }, { $0.level = .series }, { $0.order = .relevance }, { $0.modalities = ["MR"] }, { $0.from = "20200101" },
            { $0.source = "archive" },
        ] {
            var other = query
            other.after = cursor
            change(&other)
            #expect(throws: CatalogueError.self) { try reader.search(other) }
        }
        var larger = query
        larger.after = cursor
        larger.limit = 7
        #expect(try reader.search(larger).results.count == 7)
    }

    @Test(arguments: SearchOrder.allCases) func `bounded effort gives the same results in more pages`(_ order: SearchOrder) throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let whole = try reader.search(SearchQuery(text: "*?1*", level: .series, order: order, limit: 1_000)).results
        #expect(!whole.isEmpty)
        let bounded = try fixture.all(SearchQuery(text: "*?1*", level: .series, order: order, limit: 1_000, mostExamined: 2), reader)
        #expect(bounded.map(\.rowIDs) == whole.map(\.rowIDs))
    }

    @Test func `limits out of range are brought into it`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        #expect(try reader.search(SearchQuery(level: .study, limit: 0)).results.count == 1)
        #expect(try reader.search(SearchQuery(level: .study, limit: .max)).results.count == 30)
    }
}
