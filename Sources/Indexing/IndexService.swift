public import Catalogue
public import Configuration
public import Foundation
public import SourceAccess

/// The jobs of a server: one per source at a time, begun by people, by schedules, or continued after an interruption; and what everybody may
/// know about them.
public actor IndexService {
    public nonisolated let folder: DataFolder
    public nonisolated let catalogue: CatalogueWriter
    /// For everything that is only read: never waits for the writer.
    public nonisolated let readers: CatalogueReaders
    public nonisolated let feed = StatusFeed()
    nonisolated let board: JobBoard
    nonisolated let declarations: any SourceDeclarations
    /// How many connections each source may have, for everything that this process does with it.
    public nonisolated let connections = SourceConnections()
    nonisolated let now: @Sendable () -> Double
    /// Takes what is worth a line in the log: no patient values, no passwords.
    nonisolated let report: @Sendable (String) -> Void
    private let environment: [String: String]

    var schedules: ScheduleBook
    var watchers: [String: Watcher] = [:]
    /// By the source's URL.
    var retries: [String: Retry] = [:]
    nonisolated let retryPauses: RetryPauses?
    /// What runs until ``stop()``.
    var background: [Task<Void, Never>] = []
    var pause: Task<Void, Never>?
    var publishing: Task<Void, Never>?
    var lastPublished: IndexStatus?
    var lastPublishedAt = ""
    /// Between ``begin()`` and ``stop()``.
    var isRunning = false
    var isStopping = false

    /// Opens the catalogue of a data folder that the caller owns.
    ///
    /// - Parameters:
    ///   - isServer: whether it goes on when its jobs have ended, and a job that it leaves is continued by the next one; else a person continues it.
    ///   - retryPauses: how long it waits before it tries a share again that could not be reached; a command does not.
    ///   - environment: where passwords may be found.
    ///   - now: seconds since 1970 UTC.
    /// - Throws: `CatalogueError`.
    public init(
        folder: DataFolder, declarations: any SourceDeclarations, isServer: Bool = true, environment: [String: String] = [:],
        timeZone: TimeZone = .current, retryPauses: RetryPauses = RetryPauses(),
        now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        (self.folder, self.declarations, self.environment) = (folder, declarations, environment)
        (self.now, self.report) = (now, report)
        self.retryPauses = isServer ? retryPauses : nil
        catalogue = try CatalogueWriter(path: folder.catalogue)
        readers = CatalogueReaders(path: folder.catalogue)
        board = JobBoard(
            folder: folder, catalogue: catalogue, stopMessage: isServer ? JobRecord.interruption : "paused", keepsOnlyLastRuns: isServer,
            now: now)
        schedules = ScheduleBook(timeZone: timeZone)
    }

    // MARK: Life

    /// Continues what was interrupted, and keeps schedules from now on.
    public func begin() async throws {
        await board.refreshTotals()
        let known = try await readers.read { try JobReader($0).jobs(onlyLast: true) }
        let interrupted = known.filter { $0.isInterrupted || isToBeRetried($0) }
        background.append(Task { await self.continueAll(interrupted) })
        background.append(Task { await self.keepSchedules() })
        isRunning = true
        try await declarationsChanged()
    }

    /// Interrupts every job so that the next start continues it, and takes no more.
    public func stop() async {
        isStopping = true
        for task in background { task.cancel() }
        pause?.cancel()
        await board.ask(.stop, of: nil)
        for task in watchers.values.map(\.task) + retries.values.map(\.task) { task.cancel() }
        for task in background + watchers.values.map(\.task) + retries.values.map(\.task) { await task.value }
        (watchers, retries) = ([:], [:])
        background = []
        await board.close()
        publishing?.cancel()
        feed.finish()
    }

    private func continueAll(_ records: [JobRecord]) async {
        for record in records where !Task.isCancelled {
            do {
                _ = try await continueJob(record)
            } catch is CancellationError {
                return
            } catch {
                report("job \(record.id) was interrupted and cannot be continued: \(error)")
                retry(record, after: error)
            }
        }
    }

    // MARK: Orders

    /// Begins or continues a job.
    ///
    /// - Parameter order: its source is a declared one's name or place, or any other place.
    /// - Returns: the job's number.
    /// - Throws: ``JobConflict`` when one runs already; `SourceRefusal`, `PasswordError`, `SourceError`, `CatalogueError`.
    public func start(_ order: IndexOrder) async throws -> Int64 {
        let declared = try await declarations.declaredSources()
        let source = try Self.meaning(of: order.source, declared)
        var order = order
        if let known = declared.source(order.source) {
            order.source = known.configuration.name
            order.configuration = known.file
        } else {
            order.source = source.address.canonicalURL
            order.configuration = nil
        }
        return try await run(order, source)
    }

    private func run(_ order: IndexOrder, _ source: SourceConfiguration) async throws -> Int64 {
        try await refuseBusy(url: source.address.canonicalURL)
        if isStopping { throw JobBoardClosed() }
        var order = order
        try SourceOpening.refuseDisabled(source)
        if order.password == nil { order.password = try password(of: source, order) }
        do {
            let job = try await board.start(JobOpening(order, of: source, connections: connections))
            follow(job, ofSource: source.address.canonicalURL)
            return job
        } catch let error as CatalogueError where error.code == .locked {
            throw JobConflict.busy(error.message)
        }
    }

    /// What a text means: a declared source, else a place with every default.
    static func meaning(of text: String, _ declared: [ConfiguredSource]) throws -> SourceConfiguration {
        if let known = declared.source(text) { return known.configuration }
        guard text.contains("/") else {
            throw SourceRefusal.unknown(text, among: declared)
        }
        return SourceConfiguration(address: try SourceAddress(argument: text, workingDirectory: "/"))
    }

    /// The password of an order's user; nil for a folder and for a guest.
    ///
    /// - Throws: `SourceRefusal` when a user is named and none is found; `PasswordError`.
    public nonisolated func password(of source: SourceConfiguration, _ order: IndexOrder? = nil) throws -> String? {
        try source.password(username: order?.username, file: order?.passwordFile, environment: environment)
    }

    // MARK: Wishes

    /// - Returns: the jobs that were asked.
    /// - Throws: ``JobConflict`` when there is none.
    public func pause(_ job: Int64?) async throws -> [Int64] {
        try Self.some(await board.ask(.pause, of: job), job)
    }

    /// Lets jobs go on; also those that paused or failed before this process began.
    ///
    /// - Returns: the jobs that were asked or begun.
    /// - Throws: ``JobConflict`` when there is none; why the only one cannot be continued.
    public func resume(_ job: Int64?) async throws -> [Int64] {
        var jobs = await board.ask(.resume, of: job)
        var refusal: (any Error)?
        for record in try await unfinished(job) {
            do {
                jobs.append(try await continueJob(record))
            } catch {
                refusal = refusal ?? error
            }
        }
        if jobs.isEmpty, let refusal { throw refusal }
        return try Self.some(jobs, job)
    }

    /// Ends jobs for good; where none runs, those that paused or failed before this process began.
    ///
    /// - Returns: the jobs that were asked or marked.
    /// - Throws: ``JobConflict`` when there is none.
    public func cancel(_ job: Int64?) async throws -> [Int64] {
        var jobs = await board.ask(.cancel, of: job)
        // Who ends what runs does not mean what failed some time ago.
        for record in jobs.isEmpty ? try await unfinished(job) : [] {
            try await catalogue.cancel(record.id, now: now())
            await board.cancelled(record.id)
            retries.removeValue(forKey: record.sourceURL)?.task.cancel()
            jobs.append(record.id)
        }
        return try Self.some(jobs, job)
    }

    private static func some(_ jobs: [Int64], _ job: Int64?) throws -> [Int64] {
        if jobs.isEmpty { throw JobConflict.noSuchJob(job) }
        return jobs.sorted()
    }

    /// Jobs that could go on, and that nobody runs.
    private func unfinished(_ job: Int64?) async throws -> [JobRecord] {
        let open = await Set(board.openJobs)
        return try await readers.read { try JobReader($0).jobs(onlyLast: true) }.filter { record in
            (job == nil || record.id == job) && !open.contains(record.id) && (record.state == .paused || record.state == .failed)
        }
    }

    func continueJob(_ record: JobRecord) async throws -> Int64 {
        let order = try IndexOrder(json: record.options)
        let declared = try await declarations.declaredSources()
        // What the name means now may be another place.
        let named = try? Self.meaning(of: order.source, declared)
        let source =
            named?.address.canonicalURL == record.sourceURL ? named : try? Self.meaning(of: record.sourceURL, declared)
        guard let source else {
            throw SourceRefusal(.unknown, "The source \(record.sourceName) is not what it was when the job began: start it anew.")
        }
        return try await run(order, source)
    }

    // MARK: Changes to what was found

    /// A person confirms that what a source's last scan missed is gone.
    ///
    /// - Parameter source: its name.
    /// - Returns: how many files went.
    /// - Throws: ``JobConflict`` when nothing is held or a job runs on it; `SourceRefusal`, `CatalogueError`.
    public func confirm(source name: String) async throws -> Int {
        let declared = try await declarations.declaredSources().source(name)
        let records = try await readers.read { try JobReader($0).jobs(onlyLast: true) }
        guard let record = records.first(where: { $0.sourceName == name || $0.sourceURL == declared?.url }) else {
            throw SourceRefusal(.unknown, "No source named \(name) was ever indexed.")
        }
        guard record.heldMissing != nil else { throw JobConflict.nothingHeld(name) }
        let gone = try await guarded { try await catalogue.confirmMissing(source: record.sourceID) }
        await board.confirmed(source: record.sourceID)
        return gone
    }

    /// - Throws: ``JobConflict`` when a job runs on a source, or is paused.
    public func refuseBusy(url: String) async throws {
        if let job = await board.openJob(ofSource: url) { throw JobConflict.running(job) }
    }

    /// Removes a source from the catalogue with everything that only it holds.
    ///
    /// - Returns: how many files went.
    /// - Throws: ``JobConflict`` when a job runs on it; `CatalogueError`.
    public func forget(url: String) async throws -> Int {
        try await guarded { try await catalogue.forget(sourceURL: url) }
    }

    private func guarded(_ body: () async throws -> Int) async throws -> Int {
        do {
            let count = try await body()
            await board.refreshTotals()
            return count
        } catch let error as CatalogueError where error.code == .locked {
            throw JobConflict.busy(error.message)
        }
    }
}

/// Why something cannot be done while jobs are as they are.
public enum JobConflict: Error, Hashable, Sendable, CustomStringConvertible {
    /// This job runs on the source already.
    case running(Int64)
    /// The source is in use.
    case busy(String)
    /// There is no job that could be asked.
    case noSuchJob(Int64?)
    /// No scan of the source holds missing files.
    case nothingHeld(String)

    public var description: String {
        switch self {
        case .running(let job): "Job \(job) runs on this source already. Resume it if it is paused, or cancel it first."
        case .busy(let message): "\(message). Wait until that is done, or cancel it."
        case .noSuchJob(let job): job.map { "Job \($0) is not running or paused." } ?? "There is no job that could be asked."
        case .nothingHeld(let name): "No scan of \(name) holds missing files."
        }
    }
}
