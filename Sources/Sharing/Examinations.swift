internal import Ledger
internal import Synchronization

/// How much of shares is missing, remembered for a while: a page that is opened again and again must not list a NAS as often.
final class Examinations: Sendable {
    private struct Examination {
        /// Nil when it cannot be told.
        var task: Task<Int?, Never>
        var begin = ContinuousClock.now
    }
    private let planner: DownloadPlanner
    private let known = Mutex<[String: Examination]>([:])
    private let queue = DownloadQueue(places: 2, longestWait: .seconds(60))
    private static let validity = Duration.seconds(60)
    /// A page waits no longer, and says nothing of it then; the next time it is opened it does.
    private static let patience = Duration.seconds(3)

    init(planner: DownloadPlanner) { self.planner = planner }

    /// - Returns: nil when it cannot be told now.
    func missing(of share: Share) async -> Int? {
        let oldest = ContinuousClock.now - Self.validity
        let task = known.withLock { known in
            known = known.filter { $0.value.begin > oldest }
            let examination = known[share.id] ?? Examination(task: Task { await self.examine(share) })
            known[share.id] = examination
            return examination.task
        }
        let (answers, answer) = AsyncStream<Int?>.makeStream()
        let waiting = Task { answer.yield(await task.value) }
        let timer = Task {
            try await Task.sleep(for: Self.patience)
            answer.yield(nil)
        }
        defer {
            waiting.cancel()
            timer.cancel()
        }
        for await missing in answers { return missing }
        return nil
    }

    private func examine(_ share: Share) async -> Int? {
        do {
            let place = try await queue.place(for: share.id) { _ in 10 }
            defer { _ = place }
            return try await planner.missing(of: share)
        } catch {
            // The page says nothing of it then; the download will.
            return nil
        }
    }
}
