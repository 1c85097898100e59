internal import SQLite

/// Reads sources, jobs and error reports, also while another process writes them. Confined to its owner.
public final class JobReader {
    let connection: Connection

    /// Reads through a reader's connection, and shares its owner.
    public init(_ reader: CatalogueReader) {
        connection = reader.connection
    }

    /// - Throws: ``CatalogueError``: missing, newer, corrupt, failed.
    public init(path: String) throws {
        connection = try CatalogueFile.openForReading(path)
    }

    /// Every source's last job, or all jobs, newest first.
    public func jobs(onlyLast: Bool) throws -> [JobRecord] {
        let condition = onlyLast ? "WHERE j.id = (SELECT max(id) FROM job WHERE source_id = j.source_id)" : ""
        return try CatalogueFile.translatingErrors {
            var jobs: [JobRecord] = []
            let statement = try connection.prepare("\(JobRows.select) \(condition) ORDER BY j.id DESC")
            try statement.forEachRow { jobs.append(JobRows.record($0)) }
            return jobs
        }
    }

    /// One job; nil when there is none of that number.
    public func job(_ id: Int64) throws -> JobRecord? {
        try CatalogueFile.translatingErrors {
            let statement = try connection.prepare("\(JobRows.select) WHERE j.id = ?1")
            statement.bind(id, at: 1)
            return try statement.step() ? JobRows.record(statement) : nil
        }
    }

    /// A job's error reports, oldest first, handed over one by one.
    public func errors(of job: Int64, each: (ErrorRecord) throws -> Void) throws {
        try CatalogueFile.translatingErrors {
            try JobRows.errors(connection, of: job, order: "id", limit: -1, each: each)
        }
    }

    /// So many of a job's last errors are shown with its status.
    public static let fewErrors = 10

    /// A job's last error reports, newest first.
    public func lastErrors(of job: Int64) throws -> [ErrorRecord] {
        try CatalogueFile.translatingErrors {
            var errors: [ErrorRecord] = []
            try JobRows.errors(connection, of: job, order: "id DESC", limit: Self.fewErrors) { errors.append($0) }
            return errors
        }
    }

    /// How many patients, studies and series there are.
    public func totals() throws -> CatalogueTotals {
        try CatalogueFile.translatingErrors {
            var totals = CatalogueTotals()
            totals.patients = Int(try connection.integer("SELECT count(*) FROM patient") ?? 0)
            totals.studies = Int(try connection.integer("SELECT count(*) FROM study") ?? 0)
            totals.series = Int(try connection.integer("SELECT count(*) FROM series") ?? 0)
            return totals
        }
    }

    /// Has SQLite check the whole file.
    ///
    /// - Returns: what is wrong; empty when nothing is.
    ///
    /// Source: `PRAGMA quick_check`.
    public func check() throws -> [String] {
        try CatalogueFile.translatingErrors {
            var findings: [String] = []
            let statement = try connection.prepare("PRAGMA quick_check(20)")
            try statement.forEachRow { findings.append($0.text(0)) }
            return findings == ["ok"] ? [] : findings
        }
    }
}
