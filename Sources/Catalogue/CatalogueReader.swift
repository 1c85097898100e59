internal import SQLite

/// Reads a catalogue: search, export, counts. Each call sees one consistent state, while a writer goes on.
///
/// Has a connection of its own and is confined to its owner; make one per thread of work. ``interruption`` may be used from anywhere.
public final class CatalogueReader {
    let connection: Connection
    let folding = TextFolding()
    private var statements: [String: Statement] = [:]
    /// Whether whoever asks has gone away. An interruption ends a statement that runs; this ends the calls that would follow it.
    var isCancelled: () -> Bool = { false }

    /// Opens the catalogue at `path` for reading.
    ///
    /// - Throws: ``CatalogueError``: missing, newer, corrupt, failed.
    public init(path: String) throws {
        connection = try CatalogueFile.openForReading(path)
        try CatalogueFile.translatingErrors {
            // The file is not mapped: searching is no faster for it, and a file that is cut off would end the process.
            try connection.execute("PRAGMA cache_size = -32768")
        }
    }

    /// Ends the call that runs at the time, which then throws `interrupted`.
    public var interruption: Interruption { Interruption(connection) }

    /// Lets another thread end a reader's present call.
    public struct Interruption: Sendable {
        private let interrupt: @Sendable () -> Void

        fileprivate init(_ connection: Connection) { interrupt = connection.interruption }

        public func callAsFunction() { interrupt() }
    }

    // MARK: Counts and conflicts

    /// Whether a row can be read, be there one or not.
    ///
    /// - Throws: ``CatalogueError`` when none can.
    public func isReadable() throws -> Bool {
        try snapshot { try connection.integer("SELECT count(*) FROM source") != nil }
    }

    /// How many rows the catalogue has. Counts them: takes about a second for 100 million.
    ///
    /// - Throws: ``CatalogueError``.
    public func counts() throws -> CatalogueCounts {
        try snapshot {
            func count(_ table: String) throws -> Int { Int(try connection.integer("SELECT count(*) FROM \(table)") ?? 0) }
            return CatalogueCounts(
                patients: try count("patient"), studies: try count("study"), series: try count("series"), instances: try count("instance"),
                files: try count("file WHERE instance_id IS NOT NULL"))
        }
    }

    /// Where the files of a study contradict each other, in the order in which the catalogue has it.
    ///
    /// - Parameter study: ``SearchResult/RowIDs/study``.
    /// - Throws: ``CatalogueError``.
    public func conflicts(study: Int64) throws -> [CatalogueConflict] {
        try snapshot { try conflictRows(study: study) }
    }

    // MARK: For extensions

    /// See ``conflicts(study:)``; in a snapshot.
    func conflictRows(study: Int64) throws -> [CatalogueConflict] {
        var conflicts: [CatalogueConflict] = []
        let statement = try statement(
            """
            SELECT c.attribute, c.kept, c.found, s.series_instance_uid, i.sop_instance_uid
            FROM conflict c LEFT JOIN series s ON s.id = c.series_id LEFT JOIN instance i ON i.id = c.instance_id
            WHERE c.study_id = ? ORDER BY c.id
            """)
        statement.bind(study, at: 1)
        try statement.forEachRow { row in
            conflicts.append(
                CatalogueConflict(
                    attribute: row.text(0), kept: row.optionalText(1), found: row.optionalText(2), seriesInstanceUID: row.optionalText(3),
                    sopInstanceUID: row.optionalText(4)))
        }
        return conflicts
    }

    /// Runs `body` on one consistent state.
    func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        if isCancelled() { throw CatalogueError.interruption }
        return try CatalogueFile.translatingErrors {
            try connection.execute("BEGIN")
            defer {
                // Nothing was written, so there is nothing that a failure could lose.
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            }
            return try body()
        }
    }

    /// A statement, compiled at its first use. It must not be in use when it is asked for again.
    func statement(_ sql: String) throws -> Statement {
        if let known = statements[sql] { return known }
        let statement = try connection.prepare(sql)
        statements[sql] = statement
        return statement
    }
}

/// How many of each a catalogue has.
public struct CatalogueCounts: Sendable, Hashable {
    public var patients = 0
    public var studies = 0
    public var series = 0
    public var instances = 0
    /// Files that hold an instance.
    public var files = 0
}

/// An attribute of which files of one study, series or instance have different values.
public struct CatalogueConflict: Sendable, Hashable {
    /// The DICOM keyword.
    public var attribute: String
    /// The value that the catalogue shows.
    public var kept: String?
    /// The other value.
    public var found: String?
    /// Nil when it is an attribute of the study or patient.
    public var seriesInstanceUID: String?
    /// Nil when it is an attribute of the series, study or patient.
    public var sopInstanceUID: String?
}
