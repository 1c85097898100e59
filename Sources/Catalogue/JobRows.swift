internal import SQLite

/// The source, job and error rows.
final class JobRows {
    private let connection: Connection
    private let findSource, sourceNamed, insertSource, renameSource, unfinished, insertJob, updateJob, insertError: Statement

    static let select = """
        SELECT j.id, j.source_id, s.name, s.url, j.generation, j.state, j.method, j.method_reason, j.options, j.started_at, j.finished_at,
            j.elapsed_seconds, j.message, j.enumerated_files, j.files_processed, j.files_opened, j.dicom_files, j.not_dicom, j.errors,
            j.bytes_read, j.folders_listed, s.held_missing, j.read_all, j.error_type, j.scope,
            j.error_code
        FROM job j JOIN source s ON s.id = j.source_id
        """

    /// More reports than this of one job help nobody; the count goes on.
    private static let mostErrorRows = 100_000

    init(_ connection: Connection) throws {
        self.connection = connection
        findSource = try connection.prepare("SELECT id, name FROM source WHERE url = ?1")
        sourceNamed = try connection.prepare("SELECT 1 FROM source WHERE name = ?1")
        insertSource = try connection.prepare("INSERT INTO source(name, url) VALUES(?1, ?2)")
        renameSource = try connection.prepare("UPDATE source SET name = ?2 WHERE id = ?1")
        unfinished = try connection.prepare(
            Self.select + " WHERE j.source_id = ?1 ORDER BY j.id DESC LIMIT 1")
        insertJob = try connection.prepare(
            """
            INSERT INTO job(source_id, generation, state, options, started_at, updated_at, read_all, scope)
            SELECT id, generation, 'running', ?2, ?3, ?3, ?4, ?5 FROM source WHERE id = ?1
            """)
        updateJob = try connection.prepare(
            """
            UPDATE job SET state = ?2, method = ?3, method_reason = ?4, updated_at = ?5, finished_at = ?6, elapsed_seconds = ?7, message = ?8,
                enumerated_files = ?9, files_processed = ?10, files_opened = ?11, dicom_files = ?12, not_dicom = ?13, errors = ?14,
                bytes_read = ?15, folders_listed = ?16, error_type = ?17, error_code = ?18
            WHERE id = ?1
            """)
        insertError = try connection.prepare(
            """
            INSERT INTO job_error(job_id, time, error_type, error_code, message, suggestion, path, retry_count)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
    }

    // MARK: Sources

    /// The source's row, made when it is new; without a name it is called after the last part of its URL.
    func sourceID(url: String, name: String?) throws -> Int64 {
        findSource.bind(url, at: 1)
        defer { findSource.reset() }
        if try findSource.step() {
            let id = findSource.integer(0)
            if let name, name != findSource.text(1) {
                guard try !isTaken(name) else { throw Self.nameTaken(name) }
                renameSource.bind(id, at: 1)
                renameSource.bind(name, at: 2)
                try renameSource.run()
            }
            return id
        }
        if let name, try isTaken(name) { throw Self.nameTaken(name) }
        let last = url.split(separator: "/").last.map(String.init) ?? url
        insertSource.bind(try name ?? (isTaken(last) ? url : last), at: 1)
        insertSource.bind(url, at: 2)
        try insertSource.run()
        return connection.lastInsertedRowID
    }

    private static func nameTaken(_ name: String) -> CatalogueError {
        CatalogueError(
            code: .invalidRequest, message: "Another source is named \"\(name)\" already",
            suggestion: "Give this one another name with --name.")
    }

    func knows(url: String) throws -> Bool { try id(ofSource: url) != nil }

    /// The row of a source that was indexed.
    func id(ofSource url: String) throws -> Int64? {
        findSource.bind(url, at: 1)
        defer { findSource.reset() }
        return try findSource.step() ? findSource.integer(0) : nil
    }

    private func isTaken(_ name: String) throws -> Bool {
        sourceNamed.bind(name, at: 1)
        defer { sourceNamed.reset() }
        return try sourceNamed.step()
    }

    // MARK: Jobs

    /// The source's last job.
    func lastJob(of source: Int64) throws -> JobRecord? {
        unfinished.bind(source, at: 1)
        defer { unfinished.reset() }
        return try unfinished.step() ? Self.record(unfinished) : nil
    }

    /// Begins a new scan: what an earlier one left to do is forgotten, since its state makes the new listing want it again.
    func begin(source: Int64, options: String, readAll: Bool, scope: String, now: Double) throws -> JobRecord {
        for sql in [
            "UPDATE source SET generation = generation + 1 WHERE id = ?1",
            "UPDATE folder SET to_list = NULL WHERE to_list = ?1",
            "UPDATE file SET read_order = NULL WHERE read_order BETWEEN ?1 << 8 AND (?1 << 8 | 255)",
            "UPDATE job SET state = 'cancelled' WHERE source_id = ?1 AND state IN ('running', 'paused', 'failed')",
        ] {
            let statement = try connection.prepare(sql)
            statement.bind(source, at: 1)
            try statement.run()
        }
        insertJob.bind(source, at: 1)
        insertJob.bind(options, at: 2)
        insertJob.bind(now, at: 3)
        insertJob.bind(readAll ? 1 : 0, at: 4)
        insertJob.bind(scope, at: 5)
        try insertJob.run()
        guard let job = try lastJob(of: source) else {
            throw CatalogueError(code: .failed, message: "The new job cannot be read back", suggestion: "Run `fileroom doctor`.")
        }
        return job
    }

    func update(_ job: JobRecord, now: Double) throws {
        updateJob.bind(job.id, at: 1)
        updateJob.bind(job.state.rawValue, at: 2)
        updateJob.bind(job.method, at: 3)
        updateJob.bind(job.methodReason, at: 4)
        updateJob.bind(now, at: 5)
        let isOver = job.state == .completed || job.state == .cancelled || job.state == .failed
        updateJob.bind(isOver ? job.finishedAt ?? now : nil, at: 6)
        updateJob.bind(job.elapsedSeconds, at: 7)
        updateJob.bind(job.message, at: 8)
        let counters = job.counters
        let counts = [
            counters.enumeratedFiles, counters.filesProcessed, counters.filesOpened, counters.dicomFiles, counters.notDICOM,
            counters.errors, counters.bytesRead, counters.foldersListed,
        ]
        for (index, count) in counts.enumerated() { updateJob.bind(count, at: Int32(index + 9)) }
        updateJob.bind(job.errorType, at: 17)
        updateJob.bind(job.errorCode, at: 18)
        try updateJob.run()
    }

    /// Stores an error report, unless the job has very many already.
    func add(_ error: ErrorRecord, to job: JobRecord) throws {
        guard job.counters.errors <= Self.mostErrorRows else { return }
        insertError.bind(job.id, at: 1)
        insertError.bind(error.time, at: 2)
        for (index, text) in [error.errorType, error.errorCode, error.message, error.suggestion, error.path].enumerated() {
            insertError.bind(text, at: Int32(index + 3))
        }
        insertError.bind(error.retryCount, at: 8)
        try insertError.run()
    }

    /// Error reports of a job; `order` is SQL.
    static func errors(_ connection: Connection, of job: Int64, order: String, limit: Int, each: (ErrorRecord) throws -> Void) throws {
        let statement = try connection.prepare(
            """
            SELECT time, error_type, error_code, message, suggestion, path, retry_count FROM job_error WHERE job_id = ?1
            ORDER BY \(order) LIMIT ?2
            """)
        statement.bind(job, at: 1)
        statement.bind(limit, at: 2)
        try statement.forEachRow { row in
            try each(
                ErrorRecord(
                    time: row.double(0), type: row.text(1), code: row.text(2), message: row.text(3), suggestion: row.text(4),
                    path: row.text(5),
                    retryCount: Int(row.integer(6))))
        }
    }

    func lastErrors(of job: Int64, limit: Int) throws -> [ErrorRecord] {
        var errors: [ErrorRecord] = []
        try Self.errors(connection, of: job, order: "id DESC", limit: limit) { errors.append($0) }
        return errors
    }

    static func record(_ row: Statement) -> JobRecord {
        var counters = JobCounters()
        counters.enumeratedFiles = Int(row.integer(13))
        counters.filesProcessed = Int(row.integer(14))
        counters.filesOpened = Int(row.integer(15))
        counters.dicomFiles = Int(row.integer(16))
        counters.notDICOM = Int(row.integer(17))
        counters.errors = Int(row.integer(18))
        counters.bytesRead = Int(row.integer(19))
        counters.foldersListed = Int(row.integer(20))
        return JobRecord(
            id: row.integer(0), sourceID: row.integer(1), sourceName: row.text(2), sourceURL: row.text(3), generation: row.integer(4),
            state: JobState(rawValue: row.text(5)) ?? .failed, method: row.text(6), methodReason: row.text(7), options: row.text(8),
            startedAt: row.double(9), finishedAt: row.isNull(10) ? nil : row.double(10), elapsedSeconds: row.double(11),
            message: row.text(12), errorType: row.optionalText(23), errorCode: row.optionalText(25),
            counters: counters, heldMissing: row.optionalInteger(21).map(Int.init),
            readAll: row.integer(22) != 0, scope: row.text(24))
    }
}
