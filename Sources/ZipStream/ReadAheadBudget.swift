internal import Synchronization

/// The memory that all downloads together may fill with what their recipients have not taken yet.
///
/// Whoever is alone may take all of it. Several take half of it, in equal parts: their reads keep a source busy without going far ahead. The
/// chunk that a recipient waits for is always read, so that a hundred downloads advance with a chunk each; what they read takes at most the budget
/// and a chunk for each, and what is on its way out another chunk.
public final class ReadAheadBudget: Sendable {
    private let capacity: Int
    private let state = Mutex(State())

    private struct State {
        var used = 0
        var users = 0
    }

    /// - Parameter bytes: the budget.
    public init(bytes: Int) { capacity = bytes }

    /// How much is filled at this moment, in bytes.
    public var used: Int { state.withLock { $0.used } }

    /// How much each should read at once: the fewer bytes the more there are, so that each may have two reads under way, as long as those are not
    /// too small.
    ///
    /// - Returns: a power of two, 64 KiB at the least.
    func chunk(atMost most: Int) -> Int {
        let part = state.withLock { partOfEach($0) / 2 }
        var chunk = most
        while chunk > part, chunk > 64 << 10 { chunk /= 2 }
        return chunk
    }

    private func partOfEach(_ state: State) -> Int { state.users < 2 ? capacity : capacity / 2 / state.users }

    func join() -> ReadAheadShare {
        state.withLock { $0.users += 1 }
        return ReadAheadShare(self)
    }

    fileprivate func leave(used: Int) {
        state.withLock {
            $0.users -= 1
            $0.used -= used
        }
    }

    fileprivate func take(_ bytes: Int, having held: Int) -> Bool {
        state.withLock {
            guard $0.used + bytes <= capacity, held + bytes <= partOfEach($0) else { return false }
            $0.used += bytes
            return true
        }
    }

    fileprivate func add(_ bytes: Int) {
        state.withLock { $0.used += bytes }
    }
}

/// What one download has taken of a budget; it gives the rest back when it ends.
struct ReadAheadShare: ~Copyable {
    private let budget: ReadAheadBudget
    private var held = 0

    fileprivate init(_ budget: ReadAheadBudget) { self.budget = budget }

    deinit { budget.leave(used: held) }

    /// Takes that much if it may have it.
    mutating func take(_ bytes: Int) -> Bool {
        guard budget.take(bytes, having: held) else { return false }
        held += bytes
        return true
    }

    /// Takes that much in any case.
    mutating func insist(_ bytes: Int) {
        budget.add(bytes)
        held += bytes
    }

    mutating func giveBack(_ bytes: Int) {
        budget.add(-bytes)
        held -= bytes
    }
}
