internal import SQLite

/// Reads the files of series for an export.
struct ExportRows {
    private let statement: Statement
    private let roots: [Int64: String]

    init(_ reader: CatalogueReader) throws {
        var roots: [Int64: String] = [:]
        try reader.connection.prepare("SELECT id, url FROM source").forEachRow { roots[$0.integer(0)] = $0.text(1) }
        self.roots = roots
        // Sorted within a series only; a series that does not fit in memory is sorted on disk.
        statement = try reader.connection.prepare(
            """
            SELECT d.source_id, d.path, f.name
            FROM instance i JOIN file f ON f.instance_id = i.id JOIN folder d ON d.id = f.folder_id
            WHERE i.series_id = ? ORDER BY ifnull(i.instance_number, 9223372036854775807), i.id, f.id
            """)
    }

    /// Hands over the full path of each file of a series.
    func files(ofSeries series: Int64, _ body: (String) throws -> Void) throws {
        statement.bind(series, at: 1)
        try statement.forEachRow { row in
            var path = roots[row.integer(0)] ?? ""
            for column in [Int32(1), 2] {
                let part = row.isBlob(column) ? PathText.shown(row.bytes(column)) : row.text(column)
                guard !part.isEmpty else { continue }
                if !path.hasSuffix("/") { path += "/" }
                path += part
            }
            try body(path)
        }
    }
}

/// Paths for people.
enum PathText {
    /// Bytes that are not UTF-8 as `\xE9`, the rest as it is.
    static func shown(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var rest = bytes[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            let candidate = rest.prefix(length)
            if String(validating: candidate, as: UTF8.self) != nil {
                output += candidate
                rest = rest.dropFirst(length)
            } else {
                output += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
                output += [first >> 4, first & 15].map { $0 < 10 ? UInt8(ascii: "0") + $0 : UInt8(ascii: "A") + $0 - 10 }
                rest = rest.dropFirst()
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
