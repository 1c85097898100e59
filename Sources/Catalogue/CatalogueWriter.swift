internal import SQLite

/// The catalogue's one writer. Changes are collected in a transaction that ``commitIfDue()`` ends; readers see whole batches.
///
/// A failed operation rolls the batch back: what it held is found and read again by the next run.
public actor CatalogueWriter {
    let connection: Connection
    let enumeration: Enumeration
    let queue: WorkQueue
    let entities: EntityRows
    let resolver: Resolver
    let ingest: Ingest
    let removal: Removal
    let jobRows: JobRows
    let searchIndex: SearchIndex
    let staleStudies, freshen, noteHeaderEnd: Statement

    var jobs: [Int64: OpenJob] = [:]
    /// URLs of sources that are being removed.
    var forgetting: Set<String> = []
    private var batchBegan: ContinuousClock.Instant?
    private var rowsInBatch = 0
    var searchRefreshed = ContinuousClock.now
    /// Studies whose index entries were written since the index was merged last.
    var studiesRefreshed = 0
    var isMergingSearch = false

    private let executor = SerialQueueExecutor(label: "catalogue writer")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How much may be lost to `kill -9`, and how long a reader waits for news.
    private static let longestBatch = Duration.milliseconds(250)
    private static let largestBatch = 20_000

    /// Why the last batch was rolled back. Jobs whose work was in it must end; the next run finds that work again.
    var failure: (any Error)?

    /// Opens the catalogue for writing, creating or migrating it.
    ///
    /// - Throws: ``CatalogueError``.
    public init(path: String) throws {
        connection = try CatalogueFile.openForWriting(path)
        do {
            searchIndex = try SearchIndex(connection)
            enumeration = try Enumeration(connection)
            queue = try WorkQueue(connection)
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
                "UPDATE job SET state = 'paused', message = '\(JobRecord.interruption)' WHERE state = 'running'")
        } catch let error as SQLiteError {
            throw CatalogueError(error)
        }
    }

    /// How many patients, studies and series there are.
    public var totals: CatalogueTotals { entities.totals }

    // MARK: Transactions

    /// Ends the batch when it is large or old enough, so that readers see it.
    public func commitIfDue() throws {
        guard let batchBegan else { return }
        if rowsInBatch >= Self.largestBatch || batchBegan.duration(to: .now) >= Self.longestBatch {
            // Now and then, so that a scan makes what it found searchable long before it ends.
            if searchRefreshed.duration(to: .now) > .milliseconds(500) { _ = try refreshSearch(limit: 2_000) }
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
            for job in jobs.values { job.committed = job.record.counters }
        } catch {
            throw rolledBack(error)
        }
        batchBegan = nil
        rowsInBatch = 0
    }

    func inBatch<Value>(rows: Int = 1, _ body: () throws -> Value) throws -> Value {
        if let failure { throw failure }
        do {
            if batchBegan == nil {
                try connection.execute("BEGIN IMMEDIATE")
                batchBegan = .now
            }
            rowsInBatch += rows
            return try body()
        } catch let refusal as CatalogueError {
            // Thrown before anything was written: the batch, which holds other jobs' work, goes on.
            throw refusal
        } catch {
            throw rolledBack(error)
        }
    }

    func reading<Value>(_ body: () throws -> Value) throws -> Value {
        if let failure { throw failure }
        do {
            return try body()
        } catch {
            throw translated(error)
        }
    }

    func translated(_ error: any Error) -> any Error {
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
        entities.countAgain()
        if !jobs.isEmpty { failure = translated(error) }
        return translated(error)
    }
}
