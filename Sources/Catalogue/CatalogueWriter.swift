internal import SQLite

/// The catalogue's one writer. Changes are collected in a transaction that ``commitIfDue()`` ends; readers see whole batches.
///
/// A failed operation rolls the batch back: what it held is found and read again by the next run.
public actor CatalogueWriter {
    private let connection: Connection
    private let enumeration: Enumeration
    private let entities: EntityRows
    private let resolver: Resolver
    private let ingest: Ingest
    private let removal: Removal
    private let jobRows: JobRows
    private let searchIndex: SearchIndex
    private let staleStudies, freshen, noteHeaderEnd: Statement

    private var jobs: [Int64: OpenJob] = [:]
    private var batchBegan: ContinuousClock.Instant?
    private var rowsInBatch = 0
    private var searchRefreshed = ContinuousClock.now
    /// Studies whose index entries were written since the index was merged last.
    private var studiesRefreshed = 0
    private var isMergingSearch = false

    private let executor = SerialQueueExecutor(label: "catalogue writer")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How much may be lost to `kill -9`, and how long a reader waits for news.
    private static let longestBatch = Duration.milliseconds(250)
    private static let largestBatch = 20_000

    private struct OpenJob {
        var record: JobRecord
        /// Wall-clock seconds since 1970; injected.
        let now: @Sendable () -> Double
        let readAll: Bool
        let defaultIssuer: String
        /// Files handed out, and not yet recorded.
        var inFlight: Set<Int64> = []
        var foldersInFlight: Set<Int64> = []
        /// Where the search for work goes on, by level.
        var fileCursors = [Int64](repeating: 0, count: Enumeration.levels.count)
        var folderCursor: Int64 = 0
        /// The counters that the last commit made last.
        var committed: JobCounters
    }

    /// Why the last batch was rolled back. Jobs whose work was in it must end; the next run finds that work again.
    private var failure: (any Error)?

    /// Opens the catalogue for writing, creating or migrating it.
    ///
    /// - Throws: ``CatalogueError``.
    public init(path: String) throws {
        connection = try CatalogueFile.openForWriting(path)
        do {
            searchIndex = try SearchIndex(connection)
            enumeration = try Enumeration(connection)
            entities = try EntityRows(connection)
            resolver = try Resolver(connection, entities: entities, searchIndex: searchIndex)
            ingest = try Ingest(connection, entities: entities, resolver: resolver)
            removal = try Removal(connection, ingest: ingest)
            jobRows = try JobRows(connection)
            staleStudies = try connection.prepare("SELECT id FROM study WHERE search_stale IS NOT NULL LIMIT ?1")
            freshen = try connection.prepare("UPDATE study SET search_stale = NULL WHERE id = ?1")
            noteHeaderEnd = try connection.prepare("UPDATE folder SET header_end = max(header_end, ?2) WHERE id = ?1")
            // Whoever opens for writing owns the data folder, so a job that still runs belongs to a process that died.
            try connection.execute(
                "UPDATE job SET state = 'paused', message = 'interrupted: the process that ran it ended' WHERE state = 'running'")
        } catch let error as SQLiteError {
            throw CatalogueError(error)
        }
    }

    /// Renames a damaged or newer catalogue, so that the next ``init(path:)`` begins an empty one.
    ///
    /// - Returns: the name that the old file has now; nil when there was none.
    public static func setAside(_ path: String, stamp: String) throws -> String? {
        try CatalogueFile.setAside(path, stamp: stamp)
    }

    /// How many patients, studies and series there are.
    public var totals: CatalogueTotals { entities.totals }

    // MARK: Jobs

    /// Begins a scan of a source, or continues the one that was interrupted.
    ///
    /// - Parameters:
    ///   - url: the source's identity; holds no user and no password.
    ///   - name: the source's name; nil keeps the old one or makes one up.
    ///   - readAll: read unchanged files again as well; begins a new scan.
    ///   - options: JSON that ``JobRecord/options`` gives back; no secrets.
    public func begin(
        url: String, name: String?, options: String, readAll: Bool, defaultIssuer: String, now: @escaping @Sendable () -> Double
    ) throws -> JobRecord {
        // A refusal below rolls back; that must not take other jobs' work along.
        try commit()
        let record = try inBatch {
            let source = try jobRows.sourceID(url: url, name: name)
            if jobs.values.contains(where: { $0.record.sourceID == source }) {
                throw CatalogueError(
                    code: .locked, message: "A job on this source is running already",
                    suggestion: "See `fileroom status`; cancel it with `fileroom cancel`.")
            }
            if var last = try jobRows.lastJob(of: source), !readAll, last.state == .paused || last.state == .failed {
                last.state = .running
                last.message = ""
                return last
            }
            let record = try jobRows.begin(source: source, options: options, now: now())
            try enumeration.wantRoot(of: source)
            return record
        }
        jobs[record.id] = OpenJob(record: record, now: now, readAll: readAll, defaultIssuer: defaultIssuer, committed: record.counters)
        try commit()
        return record
    }

    /// Whether a source was ever indexed.
    public func knows(url: String) throws -> Bool {
        try reading { try jobRows.knows(url: url) }
    }

    /// Ends a job's run; a paused or failed one can be continued.
    public func end(_ id: Int64, state: JobState, message: String, elapsedSeconds: Double) throws {
        guard var job = jobs[id] else { return }
        if failure != nil { job.record.counters = job.committed }
        job.record.state = state
        job.record.message = message
        job.record.elapsedSeconds = elapsedSeconds
        jobs[id] = job
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
        return try reading { try enumeration.foldersLeft(of: job.record.sourceID) }
    }

    /// A job's last error reports, newest first.
    public func lastErrors(of id: Int64, limit: Int) throws -> [ErrorRecord] {
        try reading { try jobRows.lastErrors(of: id, limit: limit) }
    }

    /// Marks a job that nobody runs as cancelled.
    public func cancel(_ id: Int64, now: Double) throws {
        try inBatch {
            let statement = try connection.prepare(
                "UPDATE job SET state = 'cancelled', finished_at = ?2, message = '' WHERE id = ?1 AND state IN ('paused', 'failed', 'running')"
            )
            statement.bind(id, at: 1)
            statement.bind(now, at: 2)
            try statement.run()
        }
        try commit()
    }

    // MARK: Work

    /// Folders to list next.
    public func takeFolders(_ id: Int64, limit: Int) throws -> [FolderTask] {
        guard var job = jobs[id] else { return [] }
        let tasks = try reading { try enumeration.folders(of: job.record.sourceID, after: job.folderCursor, limit: limit) }
        // Folders that a listing finds are new rows with higher ids, but ones found again keep theirs: begin anew before saying "none".
        job.folderCursor = tasks.last?.id ?? 0
        var fresh = tasks.filter { !job.foldersInFlight.contains($0.id) }
        if fresh.isEmpty {
            let again = try reading { try enumeration.folders(of: job.record.sourceID, after: 0, limit: limit + job.foldersInFlight.count) }
            job.folderCursor = again.last?.id ?? 0
            fresh = again.filter { !job.foldersInFlight.contains($0.id) }
        }
        job.foldersInFlight.formUnion(fresh.map(\.id))
        jobs[id] = job
        return fresh
    }

    /// Files to read next: the first of every folder; the others only when `mayGoDeeper`, which is when no folder is left to list.
    public func takeFiles(_ id: Int64, limit: Int, mayGoDeeper: Bool) throws -> [FileTask] {
        guard var job = jobs[id] else { return [] }
        var tasks: [FileTask] = []
        for level in Enumeration.levels where level == 0 || mayGoDeeper {
            while tasks.count < limit {
                // A file may join the first level at any time.
                let after = level == 0 ? 0 : job.fileCursors[level]
                let wanted = level == 0 ? job.inFlight.count + limit : limit - tasks.count
                let found = try reading {
                    try enumeration.files(
                        of: job.record.sourceID, generation: job.record.generation, level: level, after: after, limit: wanted)
                }
                tasks += found.lazy.filter { !job.inFlight.contains($0.id) }.prefix(limit - tasks.count)
                guard level > 0, let last = found.last else { break }
                job.fileCursors[level] = last.id
            }
        }
        job.inFlight.formUnion(tasks.map(\.id))
        jobs[id] = job
        return tasks
    }

    // MARK: Listings

    public func beginListing(_ id: Int64, folder: Int64) throws {
        guard let job = jobs[id] else { return }
        try reading {
            try enumeration.begin(folder, source: job.record.sourceID, generation: job.record.generation, readAll: job.readAll)
        }
    }

    public func add(_ page: [ListedEntry], to folder: Int64) throws {
        try inBatch(rows: page.count) { try enumeration.add(page, to: folder) }
    }

    /// The folder has been listed completely.
    public func finishListing(_ id: Int64, folder: Int64) throws {
        let counts = try inBatch { try enumeration.finish(folder) }
        guard var job = jobs[id] else { return }
        job.record.counters.foldersListed += 1
        job.record.counters.enumeratedFiles += counts.files
        job.record.counters.filesProcessed += counts.ruledOut + counts.unchangedInstances + counts.unchangedOthers
        job.record.counters.dicomFiles += counts.unchangedInstances
        job.record.counters.notDICOM += counts.ruledOut + counts.unchangedOthers
        job.foldersInFlight.remove(folder)
        jobs[id] = job
        try commitIfDue()
    }

    /// The folder could not be listed.
    public func failListing(_ id: Int64, folder: Int64, error: ErrorRecord) throws {
        try inBatch { try enumeration.fail(folder) }
        jobs[id]?.foldersInFlight.remove(folder)
        try add(error, to: id)
    }

    /// The listing was interrupted; the folder waits again.
    public func abandonListing(_ id: Int64, folder: Int64) {
        enumeration.abandon(folder)
        jobs[id]?.foldersInFlight.remove(folder)
    }

    // MARK: Readings

    /// Records what reading files gave.
    public func record(_ id: Int64, _ readings: [FileReading]) throws {
        guard var job = jobs[id] else { return }
        let source = job.record.sourceID
        var failures: [ErrorRecord] = []
        try inBatch(rows: readings.count) {
            entities.defaultIssuer = job.defaultIssuer
            for reading in readings {
                try record(reading, source: source, job: &job)
                if case .failed(let error) = reading.finding { failures.append(error) }
            }
        }
        jobs[id] = job
        for failure in failures { try add(failure, to: id) }
        try commitIfDue()
    }

    private func record(_ reading: FileReading, source: Int64, job: inout OpenJob) throws {
        let task = reading.task
        job.inFlight.remove(task.id)
        job.record.counters.filesProcessed += 1
        job.record.counters.filesOpened += reading.bytesRead > 0 ? 1 : 0
        job.record.counters.bytesRead += reading.bytesRead
        switch reading.finding {
        case .instance(let header):
            job.record.counters.dicomFiles += 1
            try ingest.link(
                file: task.id, folderID: task.folderID, folder: Self.place(of: task, in: job.record), source: source, header: header,
                isNew: task.isNew)
            // Written for the first file and whenever one needed more; not for each of a million.
            if reading.headerEnd > task.headerEnd, task.level == 0 || reading.headerEnd > 2 * task.headerEnd {
                noteHeaderEnd.bind(task.folderID, at: 1)
                noteHeaderEnd.bind(reading.headerEnd, at: 2)
                try noteHeaderEnd.run()
            }
            return
        case .directory:
            job.record.counters.notDICOM += 1
            try ingest.link(file: task.id, toNothing: .directory)
        case .notDICOM:
            job.record.counters.notDICOM += 1
            try ingest.link(file: task.id, toNothing: .notDICOM)
        case .failed:
            try ingest.fail(file: task.id)
        }
        if task.level == 0 {
            try enumeration.promoteAnother(inFolder: task.folderID, source: source, except: job.inFlight)
        }
    }

    private static func place(of task: FileTask, in job: JobRecord) -> String {
        let folder = task.path.lastIndex(of: UInt8(ascii: "/")).map { task.path[..<$0] } ?? []
        return "\(job.sourceURL)/\(String(decoding: folder, as: UTF8.self))"
    }

    /// What was handed out and will not be done now waits again.
    public func giveBack(_ id: Int64, folders: [FolderTask] = [], files tasks: [FileTask]) {
        jobs[id]?.foldersInFlight.subtract(folders.map(\.id))
        for task in tasks {
            jobs[id]?.inFlight.remove(task.id)
            if task.level > 0, let cursor = jobs[id]?.fileCursors[task.level], cursor >= task.id {
                jobs[id]?.fileCursors[task.level] = task.id - 1
            }
        }
    }

    /// Counts and stores an error report.
    public func add(_ error: ErrorRecord, to id: Int64) throws {
        guard var job = jobs[id] else { return }
        job.record.counters.errors += 1
        jobs[id] = job
        try inBatch { try jobRows.add(error, to: job.record) }
    }

    // MARK: The end of a scan

    /// Decides what is gone, once everything has been listed and read.
    public func decideMissing(_ id: Int64, mostPercent: Double) throws -> MissingOutcome {
        guard let job = jobs[id] else { return MissingOutcome() }
        var outcome = MissingOutcome()
        outcome.held = try inBatch {
            // While a scan runs, what was found first is shown; now it is known what most files say.
            if job.record.counters.filesOpened > 0 { try resolver.markConflicted() }
            return try removal.decide(source: job.record.sourceID, generation: job.record.generation, mostPercent: mostPercent)
        }
        try commit()
        return outcome
    }

    /// Removes some of what is gone.
    ///
    /// - Returns: how many files went; 0 when none is left.
    public func removeGone(source: Int64, limit: Int) throws -> Int {
        let removed = try inBatch(rows: limit) { try removal.removeSome(source: source, limit: limit) }
        try commit()
        return removed
    }

    /// A person confirms that what the source's last scan missed is gone.
    ///
    /// - Returns: how many files went.
    public func confirmMissing(source: Int64) throws -> Int {
        try inBatch { try removal.confirm(source: source) }
        var gone = 0
        while case let removed = try removeGone(source: source, limit: 5_000), removed > 0 { gone += removed }
        while try refreshSearch(limit: 500) {}
        try commit()
        return gone
    }

    /// Brings the search index up to date with the rows.
    ///
    /// - Returns: whether anything is left to do.
    public func refreshSearch(limit: Int) throws -> Bool {
        try commit()
        return try inBatch(rows: limit) {
            var studies: [Int64] = []
            staleStudies.bind(limit, at: 1)
            try staleStudies.forEachRow { studies.append($0.integer(0)) }
            try searchIndex.update(studyIDs: studies)
            for study in studies {
                freshen.bind(study, at: 1)
                try freshen.run()
            }
            searchRefreshed = .now
            studiesRefreshed += studies.count
            return studies.count == limit
        }
    }

    /// Merges the pieces of the search index, a little at a time, when a tenth of the studies or more was written since it was done last.
    ///
    /// - Returns: whether anything is left to do.
    public func mergeSearch() throws -> Bool {
        guard isMergingSearch || (studiesRefreshed > 0 && studiesRefreshed * 10 >= totals.studies) else { return false }
        isMergingSearch = try inBatch { try SearchIndex.merge(connection, isFirst: !isMergingSearch, pages: 500) }
        try commit()
        if !isMergingSearch { studiesRefreshed = 0 }
        return isMergingSearch
    }

    // MARK: Transactions

    /// Ends the batch when it is large or old enough, so that readers see it.
    public func commitIfDue() throws {
        guard let batchBegan else { return }
        if rowsInBatch >= Self.largestBatch || batchBegan.duration(to: .now) >= Self.longestBatch {
            // Now and then, so that a scan makes what it found searchable long before it ends.
            if searchRefreshed.duration(to: .now) > .seconds(1) { _ = try refreshSearch(limit: 500) }
            try commit()
        }
    }

    /// Ends the batch.
    public func commit() throws {
        guard batchBegan != nil else { return }
        do {
            try ingest.flush()
            try resolver.resolve()
            for job in jobs.values { try jobRows.update(job.record, now: job.now()) }
            try connection.execute("COMMIT")
            for (id, job) in jobs { jobs[id]?.committed = job.record.counters }
        } catch {
            throw rolledBack(error)
        }
        batchBegan = nil
        rowsInBatch = 0
    }

    private func inBatch<Value>(rows: Int = 1, _ body: () throws -> Value) throws -> Value {
        if let failure { throw failure }
        do {
            if batchBegan == nil {
                try connection.execute("BEGIN IMMEDIATE")
                batchBegan = .now
            }
            rowsInBatch += rows
            return try body()
        } catch {
            throw rolledBack(error)
        }
    }

    private func reading<Value>(_ body: () throws -> Value) throws -> Value {
        if let failure { throw failure }
        do {
            return try body()
        } catch {
            throw translated(error)
        }
    }

    private func translated(_ error: any Error) -> any Error {
        (error as? SQLiteError).map(CatalogueError.init) ?? error
    }

    private func rolledBack(_ error: any Error) -> any Error {
        // A full disk may have rolled back already; the first error is the one to report.
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        batchBegan = nil
        rowsInBatch = 0
        ingest.forget()
        enumeration.forget()
        resolver.forget()
        // Counting fails only where the first error is the one that matters.
        try? entities.countAgain()
        // A refusal is no failure of the database, and comes before anything was written.
        if !jobs.isEmpty, error is SQLiteError { failure = translated(error) }
        return translated(error)
    }
}
