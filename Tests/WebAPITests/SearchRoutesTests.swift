import Catalogue
import Foundation
import HTTPServer
import Testing

@testable import Indexing
@testable import WebAPI

@Suite struct SearchRoutesTests {
    private func withWorld(_ body: (IndexWorld) async throws -> Void) async throws {
        let world = try IndexWorld(configured: #"{"name": "archive", "type": "local", "path": "FILES"}"#)
        defer { world.remove() }
        try world.putFiles(series: 7, of: 3)
        try await world.index("archive")
        try await body(world)
        await world.service.stop()
    }

    @Test func `a patient is found by part of the given name without its accent`() async throws {
        try await withWorld { world in
            let found = try await world.call(.get, "/api/search", [("q", "zoe muster"), ("level", "study")], role: .clinician)
            #expect(try found.count("results") == 7 && found.string("results.0.PatientName")?.hasPrefix("Muster^Zoë") == true)
            #expect(try await world.call(.get, "/api/search", [("modality", "CT,MR"), ("from", "2024-05-01")]).count("results") == 7)
            #expect(try await world.call(.get, "/api/search", [("modality", "CT"), ("modality", "US")]).count("results") == 0)
        }
    }

    @Test func `pages give everything once, also while more is indexed`() async throws {
        try await withWorld { world in
            var uids: [String] = []
            var after: String?
            repeat {
                let query = [("level", "study"), ("limit", "3")] + (after.map { [("after", $0)] } ?? [])
                let page = try await world.call(.get, "/api/search", query)
                uids += (0..<(try page.count("results") ?? 0)).compactMap { try? page.string("results.\($0).StudyInstanceUID") }
                after = try page.string("cursor")
                if uids.count == 3 {
                    try world.putFiles(series: 2, of: 1, from: 20)
                    try await world.index("archive")
                }
            } while after != nil
            #expect(Set(uids).isSuperset(of: (1...7).map { "1.\($0)" }) && Set(uids).count == uids.count)
        }
    }

    @Test func `a study opens into its series and instances`() async throws {
        try await withWorld { world in
            let study = try await world.call(.get, "/api/studies/1.4")
            #expect(try study.string("PatientID") == "P4" && study.count("Conflicts") == 0)
            #expect(try await world.call(.get, "/api/studies/1.4/series").string("series.0.SeriesInstanceUID") == "1.4.1")
            #expect(try await world.call(.get, "/api/series/1.4.1").integer("NumberOfSeriesRelatedInstances") == 3)
            let first = try await world.call(.get, "/api/series/1.4.1/instances", [("limit", "2")])
            let cursor = try #require(try first.string("cursor"))
            let second = try await world.call(.get, "/api/series/1.4.1/instances", [("limit", "2"), ("after", cursor)])
            #expect(try second.string("instances.0.SOPInstanceUID") == "1.4.1.3" && second.count("instances") == 1)
            #expect(try second.string("cursor") == nil)
            for path in ["/api/studies/1.4.1", "/api/studies/9", "/api/series/1.4", "/api/series/x/instances", "/api/studies/9/series"] {
                #expect(try await world.call(.get, path).status == 404)
            }
        }
    }

    @Test func `what contradicts itself is told`() async throws {
        try await withWorld { world in
            try world.putFiles(series: 1, of: 1, from: 30)
            let file = world.files + "/S30/IM1"
            let original = [UInt8](try Data(contentsOf: URL(filePath: file)))
            var other = original
            for (from, to) in [("P30 ", "P31 "), ("1.30.1.1", "1.30.1.2")] {
                if let range = Data(other).range(of: Data(from.utf8)) { other.replaceSubrange(range, with: Array(to.utf8)) }
            }
            try Data(other).write(to: URL(filePath: world.files + "/S30/IM2"))
            try await world.index("archive")
            let study = try await world.call(.get, "/api/studies/1.30")
            #expect(try study.value("has_conflict") as? Bool == true && study.string("Conflicts.0.attribute") == "PatientID")
        }
    }

    @Test(arguments: [
        [("level", "patient")], [("from", "yesterday")], [("from", "2024-99-99"), ("limit", "0")], [("after", "nonsense")], [("qq", "x")],
        [("source", "nowhere")], [("limit", "5"), ("limit", "6")],
    ])
    func `a query that means nothing is refused`(query: [(String, String)]) async throws {
        try await withWorld { world in
            let answer = try await world.call(.get, "/api/search", query)
            #expect(try answer.status == 400 && answer.string("code") == "BAD_QUERY", "\(answer.text)")
        }
    }

    @Test func `the catalogue is exported as JSON and as a table`() async throws {
        try await withWorld { world in
            let json = try await world.call(.get, "/api/export")
            #expect(try json.count("") == 7 && json.string("6.SeriesKey") != nil)
            let table = try await world.call(.get, "/api/export", [("format", "csv")])
            #expect(table.text.hasPrefix("SeriesKey,") && table.text.split(separator: "\r\n").count == 8)
        }
    }

    @Test func `an export that takes longer than it may is cut`() async throws {
        try await withWorld { world in
            try world.putFiles(series: 1, of: 1)
            try await world.index("archive")
            let export = try #require(
                SearchRoutes(readers: world.service.readers, longestExport: .zero).routes.first { $0.pattern == "/api/export" })
            let request = Request(
                method: .get, rawPath: "/api/export", segments: ["api", "export"], query: QueryParameters([]), headers: [:],
                body: RequestBody(), peer: .local, isSecure: true, authority: "localhost", id: "test")
            let caller = Caller(identity: nil, address: "local", userAgent: "", requestID: "test")
            let response = try await export.handler(request, caller)
            await #expect(throws: SearchRoutes.ExportTookTooLong.self) { try await Collector.collect(response.body) }
        }
    }

    @Test func `an export ends when its reader goes away, and search goes on meanwhile`() async throws {
        try await withWorld { world in
            struct GoneAway: Error {}
            await #expect(throws: GoneAway.self) {
                try await world.service.readers.stream(to: { _ in throw GoneAway() }, { try $0.export(.json, to: $1) })
            }
            // Both connections for long calls are taken; a search has its own.
            let gates = (0..<2).map { _ in AsyncStream<Void>.makeStream() }
            let exports = gates.map { gate in
                Task {
                    try await world.service.readers.stream(to: { _ in for await _ in gate.stream {} }, { try $0.export(.json, to: $1) })
                }
            }
            let found = try await world.call(.get, "/api/search")
            #expect(try found.count("results") == 7)
            for export in exports { export.cancel() }
            for gate in gates { gate.continuation.finish() }
            for export in exports { _ = await export.result }
        }
    }

    @Test func `a search whose caller goes away is interrupted`() async throws {
        try await withWorld { world in
            let began = AsyncStream<Void>.makeStream()
            let endless = Task {
                try await world.service.readers.read { reader in
                    began.continuation.finish()
                    while true { _ = try reader.search(SearchQuery(text: "m", limit: 1_000)) }
                }
            }
            for await _ in began.stream {}
            endless.cancel()
            await #expect(throws: CancellationError.self) { try await endless.value }
        }
    }
}
