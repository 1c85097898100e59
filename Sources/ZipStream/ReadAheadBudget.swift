internal import Synchronization

/// The memory that all downloads together may fill with what their recipients have not taken yet.
///
/// Whoever is alone may take all of it; otherwise each may take an equal part. The chunk that a recipient waits for is always read, so that
/// a hundred downloads advance with a chunk each, and all together use at most the budget and a chunk for each.
public final class ReadAheadBudget: Sendable {
    /// - Parameter bytes: the budget.
    public init(bytes: Int) {
        state = Mutex(State(capacity: bytes))
    }

    private let state: Mutex<State>

    private struct State {
        let capacity: Int
        var used = 0
        var users = 0
    }
}
