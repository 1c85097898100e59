internal import Catalogue
internal import Glibc
internal import SQLite

/// `benchmark-search CATALOGUE [ROUNDS]`: how long searches take while someone types, against SQLite's LIKE on the same file.
///
/// Each query is made on one reader, as a server makes it, with pages of 50 at series level unless the name says otherwise. The first
/// round warms the page cache and is not counted. Percentiles are over all queries and rounds of a row. Times are processor time, since
/// machines are shared; the last column is the wall clock's.
@main
enum BenchmarkSearch {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            print("usage: benchmark-search CATALOGUE [ROUNDS]")
            return
        }
        let rounds = arguments.count > 2 ? max(1, Int(arguments[2]) ?? 5) : 5
        let reader = try CatalogueReader(path: arguments[1])
        let counts = try reader.counts()
        print("\(counts.series) series, \(counts.studies) studies; \(rounds) rounds\n")
        print("| search | queries | results | p50 ms | p99 ms | worst ms | p99 ms, wall |\n|---|---|---|---|---|---|---|")
        var all = Times()
        let only = arguments.first { $0.hasPrefix("--row=") }?.dropFirst(6)
        for row in Workload.rows where only.map(row.name.hasSuffix) ?? true {
            let (times, results) = try measure(row.queries, rounds, reader)
            if row.isTyping { all.add(times) }
            print(line(row.name, row.queries.count, results, times))
        }
        print(line("**everything typed**", all.wall.count / rounds, 0, all))
        guard only == nil else { return }
        let deep = try deepPages(reader)
        print(line("each page of a common word, to the end", deep.wall.count, 0, deep))
        try like(arguments[1], rounds)
    }

    /// How long things took, in milliseconds.
    struct Times {
        var processor: [Double] = []
        var wall: [Double] = []

        /// Runs `body` and adds its times.
        mutating func measure<Value>(_ body: () throws -> Value) rethrows -> Value {
            let start = ContinuousClock.now
            let processorStart = processorNanoseconds()
            let value = try body()
            processor.append(Double(processorNanoseconds() - processorStart) / 1e6)
            wall.append(start.duration(to: .now) / .milliseconds(1))
            return value
        }

        mutating func add(_ other: Times) {
            processor += other.processor
            wall += other.wall
        }

        private func processorNanoseconds() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }
    }

    private static func measure(_ queries: [SearchQuery], _ rounds: Int, _ reader: CatalogueReader) throws -> (times: Times, results: Int) {
        var times = Times()
        var results = 0
        for query in queries { _ = try reader.search(query) }
        for _ in 0..<rounds {
            results = 0
            for query in queries {
                results += try times.measure { try reader.search(query).results.count }
                if CommandLine.arguments.contains("--each") { print("  \(query.text) \(query.modalities) \(times.processor.last ?? 0)") }
            }
        }
        return (times, results)
    }

    private static func deepPages(_ reader: CatalogueReader) throws -> Times {
        var times = Times()
        for order in SearchOrder.allCases {
            var query = SearchQuery(text: "thorax", order: order)
            while times.wall.count < 40_000 {
                guard let cursor = try times.measure({ try reader.search(query).cursor }) else { break }
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
            var times = Times()
            for _ in 0..<min(rounds, 3) {
                statement.bind("%\(text)%", at: 1)
                try times.measure { try statement.forEachRow { _ in } }
            }
            print(line("SQLite LIKE '%\(text)%', three columns", 1, 0, times))
        }
    }

    private static func line(_ name: String, _ queries: Int, _ results: Int, _ times: Times) -> String {
        let (sorted, wall) = (times.processor.sorted(), times.wall.sorted())
        guard let last = sorted.last else { return "| \(name) | 0 | | | | | |" }
        func shown(_ value: Double) -> String {
            let hundredths = Int((value * 100).rounded())
            return "\(hundredths / 100).\(String(100 + hundredths % 100).dropFirst())"
        }
        func percentile(_ values: [Double], _ part: Int) -> Double { values[min(values.count - 1, values.count * part / 100)] }
        let values = [percentile(sorted, 50), percentile(sorted, 99), last, percentile(wall, 99)].map(shown)
        return "| \(name) | \(queries) | \(results) | \(values.joined(separator: " | ")) |"
    }
}
