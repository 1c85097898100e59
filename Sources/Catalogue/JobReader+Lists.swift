internal import SQLite

/// A source that was indexed, as the catalogue knows it.
public struct CatalogueSource: Sendable, Hashable {
    public let id: Int64
    public let name: String
    public let url: String
    /// Series that have a file in it.
    public let seriesCount: Int
    /// Files that hold an instance.
    public let fileCount: Int
}

/// Which error reports are wanted. All conditions must hold.
public struct ErrorQuery: Sendable, Hashable {
    /// nil: of every source's last job.
    public var job: Int64?
    /// [I10] `error_type`.
    public var errorType: String?
    public var errorCode: String?
    /// A part of the path.
    public var path: String?

    public init(job: Int64? = nil, errorType: String? = nil, errorCode: String? = nil, path: String? = nil) {
        (self.job, self.errorType, self.errorCode, self.path) = (job, errorType, errorCode, path)
    }
}

/// An error report with its place.
public struct StoredError: Sendable, Hashable {
    public let id: Int64
    public let job: Int64
    public let report: ErrorRecord
}

/// Error reports with the same cause.
public struct ErrorClass: Sendable, Hashable {
    public let errorType: String
    public let errorCode: String
    public let count: Int
    public let suggestion: String
    /// The path of the first of them.
    public let examplePath: String
}

extension JobReader {
    /// Every source that was ever indexed, by name.
    public func sources() throws -> [CatalogueSource] {
        try list(
            """
            SELECT s.id, s.name, s.url, (SELECT count(DISTINCT series_id) FROM variant WHERE source_id = s.id AND file_count > 0),
                (SELECT coalesce(sum(file_count), 0) FROM variant WHERE source_id = s.id)
            FROM source s ORDER BY s.name
            """
        ) { row in
            CatalogueSource(
                id: row.integer(0), name: row.text(1), url: row.text(2), seriesCount: Int(row.integer(3)), fileCount: Int(row.integer(4)))
        }
    }

    /// Jobs, newest first.
    ///
    /// - Parameters:
    ///   - source: the name of the only source that is wanted.
    ///   - state: the only state that is wanted.
    ///   - before: only jobs older than this one.
    public func jobs(source: String?, state: JobState?, before: Int64?, limit: Int) throws -> [JobRecord] {
        try list(
            """
            \(JobRows.select) WHERE (?1 IS NULL OR s.name = ?1) AND (?2 IS NULL OR j.state = ?2) AND j.id < ifnull(?3, 9223372036854775807)
            ORDER BY j.id DESC LIMIT ?4
            """
        ) {
            $0.bind(source, at: 1)
            $0.bind(state?.rawValue, at: 2)
            $0.bind(before, at: 3)
            $0.bind(limit, at: 4)
        } row: {
            JobRows.record($0)
        }
    }

    /// A source's last job.
    public func lastJob(sourceURL url: String) throws -> JobRecord? {
        try list("\(JobRows.select) WHERE s.url = ?1 ORDER BY j.id DESC LIMIT 1") {
            $0.bind(url, at: 1)
        } row: {
            JobRows.record($0)
        }.first
    }

    /// Error reports, newest first.
    ///
    /// - Parameter before: only reports older than this one.
    public func errors(_ query: ErrorQuery, before: Int64?, limit: Int) throws -> [StoredError] {
        try list(
            """
            SELECT time, error_type, error_code, message, suggestion, path, retry_count, id, job_id FROM job_error
            WHERE \(Self.condition) AND id < ifnull(?5, 9223372036854775807) ORDER BY id DESC LIMIT ?6
            """
        ) {
            Self.bind(query, to: $0)
            $0.bind(before, at: 5)
            $0.bind(limit, at: 6)
        } row: { row in
            StoredError(
                id: row.integer(7), job: row.integer(8),
                report: ErrorRecord(
                    time: row.double(0), type: row.text(1), code: row.text(2), message: row.text(3), suggestion: row.text(4),
                    path: row.text(5), retryCount: Int(row.integer(6))))
        }
    }

    /// The same error reports by their cause, the most frequent first.
    public func errorClasses(_ query: ErrorQuery) throws -> [ErrorClass] {
        // SQLite takes the columns without a function from the row of the minimum.
        try list(
            """
            SELECT error_type, error_code, count(*) AS reports, suggestion, path, min(id) FROM job_error WHERE \(Self.condition)
            GROUP BY error_type, error_code ORDER BY reports DESC, error_type, error_code LIMIT 200
            """
        ) {
            Self.bind(query, to: $0)
        } row: { row in
            ErrorClass(
                errorType: row.text(0), errorCode: row.text(1), count: Int(row.integer(2)), suggestion: row.text(3),
                examplePath: row.text(4))
        }
    }

    private static let condition = """
        job_id IN (SELECT ?1 WHERE ?1 IS NOT NULL UNION ALL SELECT max(id) FROM job WHERE ?1 IS NULL GROUP BY source_id)
            AND (?2 IS NULL OR error_type = ?2) AND (?3 IS NULL OR error_code = ?3) AND (?4 IS NULL OR instr(path, ?4) > 0)
        """

    private static func bind(_ query: ErrorQuery, to statement: Statement) {
        statement.bind(query.job, at: 1)
        statement.bind(query.errorType, at: 2)
        statement.bind(query.errorCode, at: 3)
        statement.bind(query.path, at: 4)
    }

    private func list<Element>(
        _ sql: String, bind: (Statement) -> Void = { _ in }, row: (Statement) -> Element
    ) throws -> [Element] {
        try CatalogueFile.translatingErrors {
            let statement = try connection.prepare(sql)
            bind(statement)
            var list: [Element] = []
            try statement.forEachRow { list.append(row($0)) }
            return list
        }
    }
}
