internal import Synchronization

/// Places for downloads: so many at a time, fairly shared between recipients.
///
/// When a place becomes free, it goes to the recipient who has the fewest; between those who have the same, to who has waited longest. Who
/// already has one does not get the last ones, so that a newcomer rarely waits for somebody's many ranges.
final class DownloadQueue: Sendable {
    /// A place; free again when it is let go of.
    final class Place: Sendable {
        private let queue: DownloadQueue
        private let recipient: String

        fileprivate init(_ queue: DownloadQueue, _ recipient: String) { (self.queue, self.recipient) = (queue, recipient) }

        deinit { queue.release(recipient) }
    }

    private struct Waiter {
        var number: Int
        var recipient: String
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var held: [String: Int] = [:]
        var waiting: [Waiter] = []
        var lastNumber = 0
        /// Who asks at present, and those of them who gave up before they had begun to wait.
        var asking: Set<Int> = []
        var gone: Set<Int> = []
    }
    private let state: Mutex<State>
    private let reserved: Int
    private let longestWait: Duration
    private static let mostWaiting = 1_000

    init(places: Int, longestWait: Duration) {
        state = Mutex(State(free: max(1, places)))
        reserved = max(1, places) / 8
        self.longestWait = longestWait
    }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Waits for a place.
    ///
    /// - Parameter retryAfter: when one may become free, told how many wait before.
    /// - Throws: ``SharingError`` tooManyDownloads, `CancellationError`.
    func place(for recipient: String, retryAfter: @Sendable (_ ahead: Int) -> Int) async throws -> Place {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.asking.insert(state.lastNumber)
            return state.lastNumber
        }
        let timer = Task { [longestWait] in
            try await Task.sleep(for: longestWait)
            self.giveUp(number)
        }
        defer { timer.cancel() }
        let hasPlace = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(Waiter(number: number, recipient: recipient, continuation: $0)) }
        } onCancel: {
            giveUp(number)
        }
        state.withLock { state in
            state.asking.remove(number)
            state.gone.remove(number)
        }
        let place = hasPlace ? Place(self, recipient) : nil
        try Task.checkCancellation()
        guard let place else {
            throw SharingError.tooManyDownloads(retryAfterSeconds: retryAfter(waiting))
        }
        return place
    }

    private func wait(_ waiter: Waiter) {
        let answer: Bool? = state.withLock { state in
            if state.gone.remove(waiter.number) != nil { return false }
            if mayTake(waiter.recipient, state), !state.waiting.contains(where: { mayTake($0.recipient, state) }) {
                take(waiter.recipient, &state)
                return true
            }
            guard state.waiting.count < Self.mostWaiting else { return false }
            state.waiting.append(waiter)
            return nil
        }
        if let answer { waiter.continuation.resume(returning: answer) }
    }

    private func giveUp(_ number: Int) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                if state.asking.contains(number) { state.gone.insert(number) }
                return nil
            }
            return state.waiting.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func release(_ recipient: String) {
        let next: Waiter? = state.withLock { state in
            state.free += 1
            let left = state.held[recipient, default: 1] - 1
            state.held[recipient] = left == 0 ? nil : left
            // The earliest of those with the fewest places: `min` takes the first.
            guard
                let index = state.waiting.indices.filter({ mayTake(state.waiting[$0].recipient, state) })
                    .min(by: { held(state.waiting[$0].recipient, state) < held(state.waiting[$1].recipient, state) })
            else { return nil }
            let waiter = state.waiting.remove(at: index)
            take(waiter.recipient, &state)
            return waiter
        }
        next?.continuation.resume(returning: true)
    }

    private func held(_ recipient: String, _ state: State) -> Int { state.held[recipient, default: 0] }

    private func mayTake(_ recipient: String, _ state: State) -> Bool {
        state.free > (held(recipient, state) == 0 ? 0 : reserved)
    }

    private func take(_ recipient: String, _ state: inout State) {
        state.free -= 1
        state.held[recipient, default: 0] += 1
    }
}
