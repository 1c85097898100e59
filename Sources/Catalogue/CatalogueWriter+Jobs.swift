internal import SQLite

extension CatalogueWriter {
    /// Begins a scan of a source, or continues the one that was interrupted.
    ///
    /// - Parameters:
    ///   - url: the source's identity; holds no user and no password.
    ///   - name: the source's name; nil keeps the old one or makes one up.
    ///   - readAll: read unchanged files again as well; begins a new scan unless the interrupted one did that too.
    ///   - scope: what decides which files are read, and how; begins a new scan unless the interrupted one had the same.
    ///   - options: JSON that ``JobRecord/options`` gives back; no secrets.
    public func begin(
        url: String, name: String?, options: String, readAll: Bool, scope: String = "", defaultIssuer: String,
        now: @escaping @Sendable () -> Double
    ) throws -> JobRecord {
        let record = try inBatch {
            try refuseBusy(url: url)
            let source = try jobRows.sourceID(url: url, name: name)
            if var last = try jobRows.lastJob(of: source), last.state == .paused || last.state == .failed, last.readAll || !readAll,
                last.scope == scope
            {
                last.state = .running
                (last.message, last.errorType, last.errorCode) = ("", nil, nil)
                return last
            }
            let record = try jobRows.begin(source: source, options: options, readAll: readAll, scope: scope, now: now())
            try enumeration.wantRoot(of: source)
            return record
        }
        jobs[record.id] = OpenJob(record, defaultIssuer: defaultIssuer, now: now)
        try commit()
        return record
    }

    /// Whether a source was ever indexed.
    public func knows(url: String) throws -> Bool {
        try reading { try jobRows.knows(url: url) }
    }

    /// Ends a job's run; a paused or failed one can be continued.
    ///
    /// - Parameter ended: state, message, elapsed time, and what made it fail; its other values do not count.
    public func end(_ id: Int64, as ended: JobRecord) throws {
        guard let job = jobs[id] else { return }
        if failure != nil { job.record.counters = job.committed }
        (job.record.state, job.record.message, job.record.elapsedSeconds) = (ended.state, ended.message, ended.elapsedSeconds)
        (job.record.errorType, job.record.errorCode) = (ended.errorType, ended.errorCode)
        for folder in job.foldersInFlight { enumeration.abandon(folder) }
        // When this fails the row still says "running", which the next owner takes for interrupted.
        defer {
            jobs[id] = nil
            if jobs.isEmpty { failure = nil }
        }
        try commit()
        do {
            try connection.transaction { try jobRows.update(job.record, now: job.now()) }
        } catch {
            throw translated(error)
        }
    }

    /// Changes what the job's row tells; written with the next batch.
    public func note(_ id: Int64, state: JobState, method: String, reason: String) {
        jobs[id]?.record.state = state
        jobs[id]?.record.method = method
        jobs[id]?.record.methodReason = reason
    }

    /// Notes how long the job has been running, pauses left out; written with the next batch.
    public func note(_ id: Int64, elapsedSeconds: Double) {
        jobs[id]?.record.elapsedSeconds = elapsedSeconds
    }

    /// The job as it stands now, listings under way included.
    public func record(of id: Int64) -> JobRecord? {
        guard let job = jobs[id] else { return nil }
        var record = job.record
        if failure != nil {
            // What was rolled back does not count.
            record.counters = job.committed
            return record
        }
        record.counters.enumeratedFiles += enumeration.filesInOpenListings(of: record.sourceID)
        return record
    }

    /// How many folders the job has yet to list.
    public func foldersLeft(_ id: Int64) throws -> Int {
        guard let job = jobs[id] else { return 0 }
        return try reading { try queue.foldersLeft(of: job.record.sourceID) }
    }

    /// A job's last error reports, newest first.
    public func lastErrors(of id: Int64, limit: Int) throws -> [ErrorRecord] {
        try reading { try jobRows.lastErrors(of: id, limit: limit) }
    }

    /// Marks a job that nobody runs as cancelled.
    public func cancel(_ id: Int64, now: Double) throws {
        try inBatch {
            let statement = try connection.prepare(
                """
                UPDATE job SET state = 'cancelled', finished_at = ?2, message = '', error_type = NULL, error_code = NULL
                WHERE id = ?1 AND state IN ('paused', 'failed', 'running')
                """)
            statement.bind(id, at: 1)
            statement.bind(now, at: 2)
            try statement.run()
        }
        try commit()
    }
}
