public import Catalogue
public import FileSource
public import Foundation
public import SourceAccess

/// What a job is begun with.
public struct JobOrder: Sendable {
    /// The source's identity; holds no user and no password.
    public var url: String
    /// nil keeps the source's name, or makes one up.
    public var name: String?
    /// JSON that a later process finds in ``JobRecord/options``; holds no secrets.
    public var options: String
    public var settings: JobSettings

    public init(url: String, name: String?, options: String, settings: JobSettings) {
        (self.url, self.name, self.options, self.settings) = (url, name, options, settings)
    }
}

/// The jobs of one process: starts them, passes people's wishes on, and keeps `index_status.json` true.
public actor JobBoard {
    private let catalogue: CatalogueWriter
    private let writer: StatusWriter
    private let stopMessage: String
    private let keepsOnlyLastRuns: Bool
    private let now: @Sendable () -> Double

    private struct Entry {
        let job: IndexJob
        let order: JobOrder
        let source: any FileSource
        var record: JobRecord
        var end: JobEnd?
        var rate = RateEstimator()
        var lastErrors: [ErrorRecord] = []
        var foldersLeft = 0
        var stage = JobStage.starting
        /// When it is tried again, seconds since 1970 UTC.
        var retryAt: Double?
        /// Which run this is: a job that ended may be continued, under the same number, before its last run has let go of everything.
        let number: Int
        var run: Task<JobEnd, Never>?
        /// Whether its end is in the status file.
        var isOver = false
    }
    private var entries: [Int64: Entry] = [:]
    private var runs = 0
    /// How many jobs are being begun.
    private var beginning = 0
    private var isClosed = false
    private var ticker: Task<Void, Never>?
    private var totals = (value: CatalogueTotals(), number: 0)
    private var totalsAsked = 0
    private var written = (processed: -1, at: ContinuousClock.now)
    private let began = ContinuousClock.now

    private static let tick = Duration.milliseconds(100)

    /// - Parameters:
    ///   - stopMessage: what a job says that ran when the process was asked to end.
    ///   - keepsOnlyLastRuns: whether a source's ended job makes room for its next one, as a process needs that runs for months.
    ///   - now: seconds since 1970 UTC.
    public init(
        folder: DataFolder, catalogue: CatalogueWriter, stopMessage: String = "paused", keepsOnlyLastRuns: Bool = false,
        now: @escaping @Sendable () -> Double
    ) {
        (self.catalogue, self.now) = (catalogue, now)
        (self.stopMessage, self.keepsOnlyLastRuns) = (stopMessage, keepsOnlyLastRuns)
        writer = StatusWriter(path: folder.status)
    }

    // MARK: Jobs

    /// Begins or continues a job on a source.
    ///
    /// - Returns: its number.
    /// - Throws: `CatalogueError`, among them that a job on the source is running already; ``JobBoardClosed`` after ``Wish/stop`` or ``close()``.
    public func start(_ order: JobOrder, on opened: OpenedSource) async throws -> Int64 {
        if isClosed { throw JobBoardClosed() }
        beginning += 1
        defer { beginning -= 1 }
        let record = try await catalogue.begin(
            url: order.url, name: order.name, options: order.options, readAll: order.settings.readAll,
            scope: order.settings.scope, defaultIssuer: order.settings.defaultIssuer, now: now)
        let job = IndexJob(
            record: record, source: opened.source, method: (opened.method, opened.reason), catalogue: catalogue, settings: order.settings,
            stopMessage: stopMessage, now: now)
        // The stop came while the job's row was written.
        if isClosed { await job.ask(.stop) }
        runs += 1
        let number = runs
        var entry = Entry(job: job, order: order, source: opened.source, record: record, number: number)
        entry.run = Task {
            let end = await job.run()
            await self.ended(end, run: number)
            return end
        }
        if keepsOnlyLastRuns { entries = entries.filter { !($0.value.isOver && $0.value.record.sourceURL == order.url) } }
        entries[record.id] = entry
        if ticker == nil { ticker = Task { await self.keepStatus() } }
        return record.id
    }

    /// Opens a source and begins or continues a job on it.
    ///
    /// - Returns: its number.
    /// - Throws: as ``JobOpening/open()`` and ``start(_:on:)``; `SourceError` when a source that was never indexed cannot be read.
    public func start(_ opening: JobOpening) async throws -> Int64 {
        let opened = try await opening.open()
        do {
            // A mistyped share is to leave no trace; one that is known and away now is to leave a failed job.
            if try await !catalogue.knows(url: opening.url) { try await opened.source.probe(retrying: false) }
            let settings = opening.settings(full: opening.order.full)
            return try await start(
                JobOrder(url: opening.url, name: opening.name, options: try opening.order.kept(), settings: settings), on: opened)
        } catch {
            await opened.source.close()
            throw error
        }
    }

    private func ended(_ end: JobEnd, run: Int) async {
        let id = end.record.id
        // A short job may end before anybody has looked.
        let errors = end.record.counters.errors > 0 ? try? await catalogue.lastErrors(of: id, limit: JobReader.fewErrors) : nil
        if var entry = entries[id], entry.number == run {
            entry.end = end
            entry.record = end.record
            if let errors { entry.lastErrors = errors }
            if end.record.state == .completed { entry.foldersLeft = 0 }
            entries[id] = entry
        }
        await writeStatus()
        if entries[id]?.number == run { entries[id]?.isOver = true }
    }

    /// Waits until a job's run has ended; nil when there is no such job here.
    public func end(of id: Int64) async -> JobEnd? {
        guard let run = entries[id]?.run else { return nil }
        return await run.value
    }

    /// Waits until no job runs, those begun meanwhile included, and the status file says so.
    public func allEnded() async {
        while let run = entries.values.first(where: { !$0.isOver })?.run { _ = await run.value }
    }

    /// Waits until no job runs or is about to, and takes none from then on: the process is about to end.
    public func close() async {
        while true {
            await allEnded()
            if beginning == 0, entries.values.allSatisfy(\.isOver) { break }
            // Only cancelling ends this wait early, which does no harm.
            try? await Task.sleep(for: .milliseconds(10))
        }
        isClosed = true
    }

    /// The jobs that have not ended.
    public var openJobs: [Int64] {
        entries.values.filter { $0.end == nil }.map(\.record.id).sorted()
    }

    /// The job on a source that has not ended.
    public func openJob(ofSource url: String) -> Int64? {
        entries.values.first { $0.end == nil && $0.record.sourceURL == url }?.record.id
    }

    /// A job that has ended is tried again at a time; nil when it is not any more.
    func retry(_ id: Int64, at time: Double?) async {
        guard entries[id] != nil, entries[id]?.retryAt != time else { return }
        entries[id]?.retryAt = time
        await writeStatus()
    }

    /// A job that had ended, but could have been continued, is over.
    func cancelled(_ id: Int64) async {
        guard entries[id]?.end != nil else { return }
        entries[id]?.record.state = .cancelled
        entries[id]?.record.message = ""
        entries[id]?.record.errorType = nil
        entries[id]?.record.errorCode = nil
        entries[id]?.retryAt = nil
        await writeStatus()
    }

    /// What the jobs of a source held is gone.
    func confirmed(source: Int64) async {
        for (id, entry) in entries where entry.record.sourceID == source && entry.end != nil {
            entries[id]?.record.heldMissing = nil
            if entry.record.state == .completed { entries[id]?.record.message = "" }
        }
        await writeStatus()
    }

    /// Whether every job that has not ended is paused.
    public var isPaused: Bool {
        let open = entries.values.filter { $0.end == nil }
        return !open.isEmpty && open.allSatisfy { $0.record.state == .paused }
    }

    // MARK: Wishes

    /// Something that can be asked of a job.
    public enum Wish: String, Sendable, Codable {
        case pause, resume, cancel
        /// Pause and end the run, because the process ends; asked of all, no further job is begun.
        case stop
    }

    /// Asks something of one job, or of all that have not ended.
    ///
    /// - Returns: the jobs that were asked; empty when there is none.
    @discardableResult
    public func ask(_ wish: Wish, of id: Int64?) async -> [Int64] {
        if wish == .stop, id == nil { isClosed = true }
        let asked = openJobs.filter { id == nil || $0 == id }
        for job in asked {
            entries[job]?.rate.restart()
            switch wish {
            case .pause: await entries[job]?.job.ask(.pause)
            case .resume: await entries[job]?.job.ask(.run)
            case .cancel: await entries[job]?.job.ask(.cancel)
            case .stop: await entries[job]?.job.ask(.stop)
            }
        }
        return asked
    }

    /// What the connections of a running job did so far; nil when no job reads the source over SMB.
    public func metrics(ofSource url: String) -> SMBMetrics? {
        let entry = entries.values.first { $0.end == nil && $0.record.sourceURL == url }
        return (entry?.source as? SMBSource)?.metrics
    }

    // MARK: Status

    private func keepStatus() async {
        while !Task.isCancelled {
            // A failed commit is reported by the job whose next operation meets it.
            try? await catalogue.commitIfDue()
            await gather()
            let processed = entries.values.reduce(0) { $0 + $1.record.counters.filesProcessed }
            let chunk = entries.values.map(\.order.settings.chunkSize).min() ?? 50
            if processed - written.processed >= chunk || ContinuousClock.now - written.at >= .seconds(1) { await writeStatus() }
            if entries.values.allSatisfy({ $0.end != nil }) { break }
            try? await Task.sleep(for: Self.tick)
        }
        ticker = nil
    }

    private func gather() async {
        await refreshTotals()
        for (id, entry) in entries where entry.end == nil {
            await catalogue.note(id, elapsedSeconds: await entry.job.elapsedSeconds)
            let stage = await entry.job.stage
            guard let record = await catalogue.record(of: id) else { continue }
            let left = try? await catalogue.foldersLeft(id)
            let hasNewErrors = record.counters.errors != entry.record.counters.errors
            let errors = hasNewErrors ? try? await catalogue.lastErrors(of: id, limit: JobReader.fewErrors) : nil
            // The last word of a job that ended meanwhile is not to be overwritten with what was true before.
            guard var current = entries[id], current.number == entry.number, current.end == nil else { continue }
            (current.record, current.stage) = (record, stage)
            if stage == .listing || stage == .reading {
                current.rate.add(files: record.counters.filesProcessed, atSeconds: (ContinuousClock.now - began).seconds)
            }
            if let left { current.foldersLeft = left }
            if let errors { current.lastErrors = errors }
            entries[id] = current
        }
    }

    /// Counts what the catalogue has. Several ask side by side: what was asked for last counts, whatever is answered last.
    func refreshTotals() async {
        totalsAsked += 1
        let number = totalsAsked
        let fresh = await catalogue.totals
        if number > totals.number { totals = (fresh, number) }
    }

    private func writeStatus() async {
        written = (entries.values.reduce(0) { $0 + $1.record.counters.filesProcessed }, .now)
        if entries.values.contains(where: { $0.end != nil }) { await refreshTotals() }
        // Taken and queued without leaving the actor: else an older one could be written over a newer one, and nothing follows the last.
        await withCheckedContinuation { done in writer.write(status, done) }
    }

    /// What `index_status.json` says now.
    public var status: IndexStatus {
        let time = now()
        let jobs = entries.values.sorted { $0.record.id < $1.record.id }.map { Self.status($0, now: time) }
        func sum(_ count: (IndexStatus.Job) -> Int) -> Int { jobs.reduce(0) { $0 + count($1) } }
        return IndexStatus(
            running: entries.values.contains { $0.end == nil }, pid: getpid(), lastUpdated: Self.iso8601(time),
            enumeratedFiles: sum(\.enumeratedFiles), filesProcessed: sum(\.filesProcessed), filesOpened: sum(\.filesOpened),
            dicomFiles: sum(\.dicomFiles), notDicom: sum(\.notDicom), seriesCount: totals.value.series, studyCount: totals.value.studies,
            patientCount: totals.value.patients, errors: sum(\.errors), bytesRead: sum(\.bytesRead),
            filesPerSecond: jobs.reduce(0) { $0 + $1.filesPerSecond },
            estimatedCompletion: Self.completion(of: jobs), jobs: jobs)
    }

    /// The last of the running jobs' completions; nil while one of them is unknown.
    private static func completion(of jobs: [IndexStatus.Job]) -> String? {
        let open = jobs.filter { $0.state == JobState.running.rawValue }
        guard !open.isEmpty, open.allSatisfy({ $0.estimatedCompletion != nil }) else { return nil }
        return open.compactMap(\.estimatedCompletion).max()
    }

    private static func status(_ entry: Entry, now: Double) -> IndexStatus.Job {
        let record = entry.record
        let counters = record.counters
        let isRunning = entry.end == nil && record.state == .running
        // While folders are left nobody knows how many files there are.
        let left = entry.stage == .reading ? entry.rate.secondsLeft(files: counters.enumeratedFiles - counters.filesProcessed) : nil
        return IndexStatus.Job(
            id: record.id, source: record.sourceName, url: record.sourceURL, state: record.state.rawValue,
            stage: (entry.end == nil ? entry.stage : .ended).rawValue, method: record.method, methodReason: record.methodReason,
            message: record.message, errorType: record.errorType, errorCode: record.errorCode,
            retryAt: entry.end == nil ? nil : entry.retryAt.map(iso8601), enumeratedFiles: counters.enumeratedFiles,
            filesProcessed: counters.filesProcessed, filesOpened: counters.filesOpened, dicomFiles: counters.dicomFiles,
            notDicom: counters.notDICOM, errors: counters.errors,
            bytesRead: counters.bytesRead, foldersListed: counters.foldersListed, foldersLeft: entry.foldersLeft,
            filesPerSecond: isRunning ? (entry.rate.filesPerSecond * 10).rounded() / 10 : 0, concurrency: entry.source.concurrency,
            elapsedSeconds: (record.elapsedSeconds * 1_000).rounded() / 1_000,
            estimatedCompletion: isRunning ? left.map { iso8601(now + $0) } : nil,
            startedAt: iso8601(record.startedAt),
            heldMissing: record.heldMissing,
            lastErrors: entry.lastErrors.map(ErrorReport.init))
    }

    /// How every time is written in status files and answers: ISO 8601, UTC, with milliseconds.
    public static var timeFormat: Date.ISO8601FormatStyle {
        .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)
    }

    static func iso8601(_ secondsSince1970: Double) -> String {
        Date(timeIntervalSince1970: secondsSince1970).formatted(timeFormat)
    }
}

/// The board takes no more jobs, because its process is about to end.
public struct JobBoardClosed: Error, CustomStringConvertible {
    public var description: String { "The process that owns the data folder is about to end: try again." }
}

/// Writes the status file on a thread of its own, since that waits for the disk.
private final class StatusWriter: Sendable {
    private let path: String
    private let queue = DispatchQueue(label: "index status")

    init(path: String) {
        self.path = path
    }

    /// Queues a status behind those before it, and resumes `done` when it was written.
    func write(_ status: IndexStatus, _ done: CheckedContinuation<Void, Never>) {
        queue.async { [path] in
            // A full disk leaves the old file, whose `last_updated` tells its age; the job itself fails at its next commit.
            if let json = try? status.json() { try? StatusFile.replace(path, with: json) }
            done.resume()
        }
    }
}
