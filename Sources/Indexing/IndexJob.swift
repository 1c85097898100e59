public import Catalogue
internal import DICOM
internal import FileSource

/// What a job is to do.
public struct JobSettings: Sendable {
    public var filter: NameFilter
    /// Read unchanged files again as well.
    public var readAll: Bool
    /// Stands for IssuerOfPatientID where a file names none.
    public var defaultIssuer: String
    /// The part of the source's files, in percent, that may vanish in one scan without being held.
    public var mostMissingPercent: Double
    /// The status file is written when this many files have been processed.
    public var chunkSize: Int

    public init(
        filter: NameFilter = NameFilter(), readAll: Bool = false, defaultIssuer: String = "", mostMissingPercent: Double = 10,
        chunkSize: Int = 50
    ) {
        (self.filter, self.readAll, self.defaultIssuer) = (filter, readAll, defaultIssuer)
        (self.mostMissingPercent, self.chunkSize) = (mostMissingPercent, chunkSize)
    }
}

extension JobSettings {
    /// What decides which files are read and what becomes of them: an interrupted job is only continued with the same.
    var scope: String {
        let names =
            filter.acceptsAllNames
            ? "all names" : "\(filter.extensions.sorted().joined(separator: ",")) \(filter.acceptsNamesWithoutExtension)"
        return defaultIssuer.isEmpty ? names : "\(names); \(defaultIssuer)"
    }
}

/// One job: lists a source's folders, reads the headers of new and changed files, and settles what is gone.
///
/// Work comes from the catalogue in small portions and its results go back there, so that nothing but what is under way is in memory.
actor IndexJob {
    /// What somebody wants the job to do.
    enum Wish: Sendable {
        case run, pause, cancel
        /// Pause, and end the run: the process is about to end.
        case stop
    }

    nonisolated let id: Int64
    private let record: JobRecord
    private let source: any FileSource
    private let catalogue: CatalogueWriter
    private let settings: JobSettings
    private let method: (name: String, reason: String)
    private let stopMessage: String
    private let now: @Sendable () -> Double
    /// Whether a person wanted it paused when it was asked to stop.
    private var wasPaused = false

    private var wish = Wish.run
    private var attempt: Task<Void, any Error>?
    private var wishChanged: CheckedContinuation<Void, Never>?
    private var ranBefore: Double
    private var runningSince: ContinuousClock.Instant?
    private(set) var stage = JobStage.starting
    private(set) var missing = MissingOutcome()

    init(
        record: JobRecord, source: any FileSource, method: (name: String, reason: String), catalogue: CatalogueWriter,
        settings: JobSettings, stopMessage: String = "paused", now: @escaping @Sendable () -> Double
    ) {
        id = record.id
        self.stopMessage = stopMessage
        ranBefore = record.elapsedSeconds
        (self.record, self.source, self.method, self.catalogue, self.settings, self.now) = (
            record, source, method, catalogue, settings, now
        )
    }

    // MARK: Control

    /// Asks for a change; it takes effect within a second.
    func ask(_ wish: Wish) {
        // Once it is to end, nothing brings it back.
        guard self.wish == .run || self.wish == .pause else { return }
        if wish == .stop { wasPaused = self.wish == .pause }
        self.wish = wish
        if wish != .run { attempt?.cancel() }
        wishChanged?.resume()
        wishChanged = nil
    }

    /// Seconds of running, pauses left out.
    var elapsedSeconds: Double {
        ranBefore + (runningSince.map { ContinuousClock.now - $0 } ?? .zero).seconds
    }

    // MARK: The run

    /// Runs to an end: completed, cancelled, failed, or paused because the process is to end.
    func run() async -> JobEnd {
        while true {
            switch wish {
            case .run:
                if let end = await runOnce() { return end }
            case .pause:
                await note(.paused)
                stage = .paused
                // It may have changed while that was noted, and then nobody would say so again.
                if wish == .pause { await withCheckedContinuation { wishChanged = $0 } }
            case .cancel:
                return await end(.cancelled, "cancelled")
            case .stop:
                return await end(.paused, wasPaused ? "paused" : stopMessage)
            }
        }
    }

    private func runOnce() async -> JobEnd? {
        await note(.running)
        // What was wished meanwhile found no attempt to cancel.
        guard wish == .run else { return nil }
        runningSince = .now
        let attempt = Task { try await self.scan() }
        self.attempt = attempt
        let result = await attempt.result
        self.attempt = nil
        ranBefore = elapsedSeconds
        runningSince = nil
        switch result {
        case .success:
            // A wish that came too late changes nothing: the work is done.
            let held = missing.held
            let message = held == 0 ? "" : "\(held) files were not found and are held: confirm with `fileroom confirm`, or scan again"
            return await end(.completed, message)
        case .failure(is CancellationError):
            return nil
        case .failure(let error):
            return await end(JobState.failed, String(describing: error), error: error)
        }
    }

    private func note(_ state: JobState) async {
        await catalogue.note(id, state: state, method: method.name, reason: method.reason)
    }

    private func end(_ state: JobState, _ message: String, error: (any Error)? = nil) async -> JobEnd {
        stage = .ended
        let last = await catalogue.record(of: id) ?? record
        var end = JobEnd(record: last, error: error, missing: missing)
        end.record.state = state
        end.record.message = message
        if state == .completed { end.record.heldMissing = missing.held > 0 ? missing.held : nil }
        (end.record.errorType, end.record.errorCode) = (error.map(Self.type), error.map(Self.code))
        end.record.elapsedSeconds = elapsedSeconds
        do {
            try await catalogue.end(id, as: end.record)
        } catch {
            // What broke the scan explains more than what broke the farewell.
            if end.error == nil {
                (end.error, end.record.message) = (error, String(describing: error))
                (end.record.errorType, end.record.errorCode) = (Self.type(of: error), Self.code(of: error))
            }
            end.record.state = .failed
        }
        await source.close()
        return end
    }

    /// [I10]
    private static func type(of error: any Error) -> String {
        ((error as? SourceError)?.type ?? .system).rawValue
    }

    private static func code(of error: any Error) -> String {
        (error as? SourceError)?.code ?? (error as? CatalogueError)?.code.rawValue ?? "FAILED"
    }

    private func scan() async throws {
        stage = .listing
        try await source.probe(retrying: true)
        try Task.checkCancellation()
        var left = Int.max
        repeat {
            var shift = Shift(job: id, source: source, catalogue: catalogue, filter: settings.filter, now: now)
            try await shift.work { await self.enter($0) }
            let before = left
            left = try await catalogue.countForgotten(id)
            // Never "completed" while something waits: it would look as if it were not there.
            guard left < before else { throw UnfinishedScan(left: left) }
        } while left > 0
        enter(.settling)
        missing = try await catalogue.decideMissing(id, mostPercent: settings.mostMissingPercent)
        while true {
            try Task.checkCancellation()
            let removed = try await catalogue.removeGone(source: record.sourceID, limit: 5_000)
            missing.gone += removed.files
            if !removed.isMoreLeft { break }
        }
        enter(.searchIndex)
        while try await catalogue.refreshSearch(limit: 2_000) { try Task.checkCancellation() }
        while try await catalogue.mergeSearch() { try Task.checkCancellation() }
        try await catalogue.commit()
    }

    private func enter(_ stage: JobStage) {
        self.stage = stage
    }
}

/// Folders or files were left over that no attempt brought further.
struct UnfinishedScan: Error, CustomStringConvertible {
    let left: Int
    var description: String { "\(left) folders and files could not be worked on. Start the job again: it continues." }
}

/// What a job is doing.
public enum JobStage: String, Sendable, Codable {
    case starting, listing, reading, settling
    case searchIndex = "search index"
    case paused, ended
}

/// How a job's run ended.
public struct JobEnd: Sendable {
    public var record: JobRecord
    /// Why it failed.
    public var error: (any Error)?
    public var missing: MissingOutcome
}

extension Duration {
    /// In seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
