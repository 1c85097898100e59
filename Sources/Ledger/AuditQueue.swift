internal import Synchronization

/// What is to be written with the next transaction: audit rows that nobody waits for, accesses to shares that belong to them, and when sessions and
/// keys were used last.
final class AuditQueue: Sendable {
    struct Pending: Sendable {
        var entries: [LedgerRows.TimedEntry] = []
        var accesses: [LedgerRows.NewAccess] = []
        var sessionsUsed: [Int64: Double] = [:]
        var keysUsed: [Int64: Double] = [:]

        var isEmpty: Bool { entries.isEmpty && accesses.isEmpty && sessionsUsed.isEmpty && keysUsed.isEmpty }
    }

    private struct State {
        var pending = Pending()
        var isScheduled = false
        var hasFailed = false
    }

    private let state = Mutex(State())

    var hasPending: Bool { state.withLock { !$0.pending.isEmpty } }
    /// Whether the last writing failed.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    func add(_ change: (inout Pending) -> Void) { state.withLock { change(&$0.pending) } }

    /// Whether the caller is the one who must see to it that what is pending is written.
    func claimSchedule() -> Bool {
        state.withLock { state in
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
    }

    /// Takes everything out, to be written now.
    func take() -> Pending {
        state.withLock { state in
            defer { (state.pending, state.isScheduled) = (Pending(), false) }
            return state.pending
        }
    }

    func wasWritten() { state.withLock { $0.hasFailed = false } }

    /// Puts back what could not be written, in front of what came since.
    func putBack(_ taken: Pending, becauseOfFailure hasFailed: Bool) {
        state.withLock { state in
            state.pending.entries = taken.entries + state.pending.entries
            state.pending.accesses = taken.accesses + state.pending.accesses
            state.pending.sessionsUsed.merge(taken.sessionsUsed) { later, _ in later }
            state.pending.keysUsed.merge(taken.keysUsed) { later, _ in later }
            state.hasFailed = state.hasFailed || hasFailed
        }
    }
}
