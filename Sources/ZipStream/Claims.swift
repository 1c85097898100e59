internal import Synchronization

/// Who reads what for a checksum, so that nobody else does meanwhile.
final class Claims: Sendable {
    /// A part of an entry.
    struct Key: Hashable {
        var index: Int
        var offset: UInt64
    }

    private typealias Waiter = CheckedContinuation<Void, Never>

    private struct State {
        /// Those who wait, by what is claimed.
        var claimed: [Key: [Int: Waiter]] = [:]
        var lastWaiter = 0
    }

    private let state = Mutex(State())

    /// Takes the claim and returns true; or waits until the one who has it is done with it, and returns false.
    ///
    /// - Throws: `CancellationError`.
    func take(_ key: Key) async throws -> Bool {
        let waiter: Int? = state.withLock { state in
            guard state.claimed[key] != nil else {
                state.claimed[key] = [:]
                return nil
            }
            state.lastWaiter += 1
            return state.lastWaiter
        }
        guard let waiter else { return true }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    // Released in between, or cancelled before there was anything to cancel.
                    guard state.claimed[key] != nil, !Task.isCancelled else { return false }
                    state.claimed[key]?[waiter] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.claimed[key]?.removeValue(forKey: waiter) }?.resume()
        }
        try Task.checkCancellation()
        return false
    }

    func release(_ key: Key) {
        let waiters = state.withLock { $0.claimed.removeValue(forKey: key) }
        for waiter in waiters ?? [:] { waiter.value.resume() }
    }
}
