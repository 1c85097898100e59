internal import Catalogue
internal import SQLite

/// `benchmark-search CATALOGUE [ROUNDS]`: how long searches take while someone types, against SQLite's LIKE on the same file.
///
/// Each query is made on one reader, as a server makes it, with pages of 50 at series level unless the name says otherwise. The first
/// round warms the page cache and is not counted. Percentiles are over all queries and rounds of a row.
@main
enum BenchmarkSearch {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            print("usage: benchmark-search CATALOGUE [ROUNDS]")
            return
        }
        let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 5 : 5
        let reader = try CatalogueReader(path: arguments[1])
        let counts = try reader.counts()
        print("\(counts.series) series, \(counts.studies) studies; \(rounds) rounds\n")
        print("| search | queries | results | p50 ms | p99 ms | worst ms |\n|---|---|---|---|---|---|")
        var all: [Double] = []
        for row in Workload.rows {
            let (times, results) = try measure(row.queries, rounds, reader)
            if row.isTyping { all += times }
            print(line(row.name, row.queries.count, results, times))
        }
        print(line("**everything typed**", all.count / rounds, 0, all))
        let deep = try deepPages(reader)
        print(line("each page of a common word, to the end", deep.count, 0, deep))
        try like(arguments[1], rounds)
    }

    private static func measure(_ queries: [SearchQuery], _ rounds: Int, _ reader: CatalogueReader) throws -> (times: [Double], results: Int) {
        var times: [Double] = []
        var results = 0
        for round in 0...rounds {
            results = 0
            for query in queries {
                let start = ContinuousClock.now
                results += try reader.search(query).results.count
                if round > 0 { times.append(start.milliseconds) }
                if CommandLine.arguments.contains("--each"), round == 1 { print("  \(query.text) \(query.modalities) \(start.milliseconds)") }
            }
        }
        return (times, results)
    }

    private static func deepPages(_ reader: CatalogueReader) throws -> [Double] {
        var times: [Double] = []
        for order in SearchOrder.allCases {
            var query = SearchQuery(text: "thorax", order: order)
            while times.count < 40_000 {
                let start = ContinuousClock.now
                let page = try reader.search(query)
                times.append(start.milliseconds)
                guard let cursor = page.cursor else { break }
                query.after = cursor
            }
        }
        return times
    }

    /// What a catalogue without an index would do, given every help: only the two columns that hold names and descriptions, and a limit.
    private static func like(_ path: String, _ rounds: Int) throws {
        let connection = try Connection(path: path, access: .readOnly)
        let statement = try connection.prepare(
            """
            SELECT e.id FROM study s JOIN series e ON e.study_id = s.id
            WHERE s.patient_name LIKE ?1 OR s.study_description LIKE ?1 OR e.series_description LIKE ?1 ORDER BY s.sort_key DESC LIMIT 50
            """)
        for text in ["mei", "meier", "thorax", "zzz"] {
            var times: [Double] = []
            for _ in 0..<min(rounds, 3) {
                let start = ContinuousClock.now
                statement.bind("%\(text)%", at: 1)
                try statement.forEachRow { _ in }
                times.append(start.milliseconds)
            }
            print(line("SQLite LIKE '%\(text)%', three columns", 1, 0, times))
        }
    }

    private static func line(_ name: String, _ queries: Int, _ results: Int, _ times: [Double]) -> String {
        let sorted = times.sorted()
        guard let last = sorted.last else { return "| \(name) | 0 | | | | |" }
        func shown(_ value: Double) -> String {
            let thousandths = Int((value * 1_000).rounded())
            return "\(thousandths / 1_000).\(String(1_000 + thousandths % 1_000).dropFirst())"
        }
        let values = [sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)], last].map(shown)
        return "| \(name) | \(queries) | \(results) | \(values.joined(separator: " | ")) |"
    }
}

extension ContinuousClock.Instant {
    /// Since then, until now.
    fileprivate var milliseconds: Double { duration(to: .now) / .milliseconds(1) }
}
