internal import Configuration
internal import FileSource
internal import SourceAccess
internal import Synchronization

extension IndexService {
    /// A source that is watched, and the task that does.
    struct Watcher {
        let source: SourceConfiguration
        let task: Task<Void, Never>
    }

    /// So long after the last change a source is scanned: whoever copies a study is then done with most of it.
    private static let quiet = Duration.seconds(5)
    /// So long after the first change at the latest, also when changes do not cease.
    private static let longestDelay = Duration.seconds(60)
    /// Between two attempts to watch a server that does not let us.
    static let watchPauses = WatchPauses(first: .seconds(30), longest: .seconds(900))

    /// Watches what is to be watched now, and nothing else.
    func watch(_ declared: [ConfiguredSource]) {
        let wanted = declared.map(\.configuration).filter { source in
            guard case .smb = source.address else { return false }
            return source.isEnabled && source.isWatched && isRunning && !isStopping
        }
        for (name, watcher) in watchers where !wanted.contains(watcher.source) {
            watcher.task.cancel()
            watchers[name] = nil
        }
        for source in wanted where watchers[source.name] == nil {
            watchers[source.name] = Watcher(source: source, task: Task { await self.keepWatching(source) })
        }
    }

    private func keepWatching(_ source: SourceConfiguration) async {
        guard case .smb(let share) = source.address else { return }
        var pauses = Self.watchPauses
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let changes = PendingChanges()
            let scanning = Task { await self.scan(source, after: changes) }
            do {
                let options = SMBOptions(source, share, password: try password(of: source) ?? "")
                try await ShareWatch(options).run { changes.note(at: .now) }
            } catch {
                // No error for anybody: the schedule remains.
                if !(error is CancellationError) { report("\(source.name): not watched for now: \(error)") }
            }
            changes.finish()
            if Task.isCancelled { scanning.cancel() }
            await scanning.value
            // Only cancelling ends this wait early.
            try? await Task.sleep(for: pauses.next(after: ContinuousClock.now - began))
        }
    }

    /// Scans a source when its changes have ceased for a while. A job that is there already is waited for: it may have been at that place before.
    private func scan(_ source: SourceConfiguration, after changes: PendingChanges) async {
        for await _ in changes.notes {
            while let due = changes.due(quiet: Self.quiet, longest: Self.longestDelay), due > .now, !Task.isCancelled {
                try? await Task.sleep(until: due)
            }
            guard changes.take(), !Task.isCancelled else { continue }
            if let job = await board.openJob(ofSource: source.address.canonicalURL) { _ = await board.end(of: job) }
            if Task.isCancelled { return }
            await rescan(source.name, because: "changes that its server told of")
        }
    }
}

/// How long to wait between attempts to watch a share: twice as long each time.
struct WatchPauses {
    let first, longest: Duration
    private var last: Duration?

    init(first: Duration, longest: Duration) { (self.first, self.longest) = (first, longest) }

    /// - Parameter held: how long the attempt held. One that held for long and then broke off is no sign that the next will not hold.
    mutating func next(after held: Duration) -> Duration {
        let pause = held > longest ? first : last.map { min($0 * 2, longest) } ?? first
        last = pause
        return pause
    }
}

/// When changes came that no scan was begun for yet.
final class PendingChanges: Sendable {
    private let times = Mutex<(first: ContinuousClock.Instant, last: ContinuousClock.Instant)?>(nil)
    /// One for any number of changes since the last one was taken.
    let notes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (notes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func note(at time: ContinuousClock.Instant) {
        times.withLock { $0 = ($0?.first ?? time, time) }
        continuation.yield()
    }

    /// No more come.
    func finish() { continuation.finish() }

    /// When to scan: `quiet` after the last of them, and at the latest `longest` after the first; nil when there are none.
    func due(quiet: Duration, longest: Duration) -> ContinuousClock.Instant? {
        times.withLock { times in times.map { min($0.last + quiet, $0.first + longest) } }
    }

    /// Whether there were any; from now on there are none.
    func take() -> Bool {
        times.withLock { times in
            defer { times = nil }
            return times != nil
        }
    }
}
