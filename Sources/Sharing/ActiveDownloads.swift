internal import Ledger
internal import Synchronization

/// The downloads that are under way, so that they can be counted, foretold and cut.
final class ActiveDownloads: Sendable {
    private struct State {
        var running: [ObjectIdentifier: RunningDownload] = [:]
        var isWatching = false
    }
    private let state = Mutex(State())
    private let ledger: Ledger

    /// How often shares are looked at whose downloads run.
    private static let watchInterval = Duration.milliseconds(400)

    init(ledger: Ledger) { self.ledger = ledger }

    /// By share; those that have none are left out.
    var counts: [String: Int] {
        state.withLock { state in
            state.running.values.reduce(into: [:]) { $0[$1.shareID, default: 0] += 1 }
        }
    }

    /// Seconds until a place may be free for one before whom `ahead` others wait, from how fast the running downloads go.
    func retryAfter(ahead: Int) -> Int {
        let left = state.withLock { $0.running.values.compactMap(\.secondsLeft) }.sorted()
        guard !left.isEmpty else { return 30 }
        return Int(min(max(left[min(ahead, left.count - 1)].rounded(.up), 5), 600))
    }

    func begin(_ download: RunningDownload) {
        let startsWatching = state.withLock { state in
            state.running[ObjectIdentifier(download)] = download
            defer { state.isWatching = true }
            return !state.isWatching
        }
        if startsWatching { Task { await watch() } }
    }

    func end(_ download: RunningDownload) {
        state.withLock { $0.running[ObjectIdentifier(download)] = nil }
    }

    /// Cuts the downloads of a share; of all when nil.
    func stop(share: String?) {
        let downloads = state.withLock { state in state.running.values.filter { share == nil || $0.shareID == share } }
        for download in downloads { download.stop() }
    }

    /// Looks again and again whether shares still may be downloaded, whoever ended them and in whatever way.
    private func watch() async {
        while true {
            let shares: Set<String>? = state.withLock { state in
                if state.running.isEmpty {
                    state.isWatching = false
                    return nil
                }
                return Set(state.running.values.map(\.shareID))
            }
            guard let shares else { return }
            for share in shares where await hasEnded(share) { stop(share: share) }
            // Nobody cancels this task.
            try? await Task.sleep(for: Self.watchInterval)
        }
    }

    private func hasEnded(_ share: String) async -> Bool {
        do {
            return try await ledger.share(id: share).endsDownloads
        } catch let error as LedgerError where error.code == .noSuchShare {
            return true
        } catch {
            // A ledger that cannot be read for a moment revokes nothing.
            return false
        }
    }
}

/// One response that is being sent.
final class RunningDownload: Sendable {
    let shareID: String
    private let bytes: UInt64
    private let start = ContinuousClock.now

    private struct State {
        var sent: UInt64 = 0
        var isStopped = false
        var task: Task<Void, any Error>?
    }
    private let state = Mutex(State())

    init(shareID: String, bytes: UInt64) { (self.shareID, self.bytes) = (shareID, bytes) }

    var sent: UInt64 { state.withLock { $0.sent } }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    func add(_ count: Int) { state.withLock { $0.sent += UInt64(count) } }

    /// Nil while nothing was sent.
    fileprivate var secondsLeft: Double? {
        let sent = sent
        guard sent > 0 else { return nil }
        return (ContinuousClock.now - start) / .seconds(1) * Double(bytes - min(sent, bytes)) / Double(sent)
    }

    /// Runs what sends the bytes until it is done, stopped or cancelled.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task(operation: body)
        let isStopped = state.withLock { state in
            state.task = task
            return state.isStopped
        }
        if isStopped { task.cancel() }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.task
        }?.cancel()
    }
}
