/// Hands a listing's pages from the thread that lists to the task that takes them, one at a time.
final class PageRelay: Sendable {
    private struct State {
        var page: [DirectoryEntry]?
        /// The thread waits until this was taken and dealt with.
        var isTaken = true
        var isOver = false
        var taker: CheckedContinuation<[DirectoryEntry]?, Never>?
    }
    private let monitor = Monitor(State())

    /// Gives a page and blocks the calling thread until the taker asks for the next.
    /// - Returns: false when nobody takes pages any more.
    func give(_ page: [DirectoryEntry]) -> Bool {
        let taker = monitor.with { state -> CheckedContinuation<[DirectoryEntry]?, Never>? in
            if state.isOver { return nil }
            state.isTaken = false
            defer { state.taker = nil }
            if state.taker == nil { state.page = page }
            return state.taker
        }
        taker?.resume(returning: page)
        return monitor.wait { state in
            if state.isOver { return false }
            return state.isTaken ? true : nil
        }
    }

    /// The next page; nil when there is none left. Asking for it says that the one before was dealt with.
    func next() async -> [DirectoryEntry]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: [DirectoryEntry]?? = monitor.change { state in
                    if let page = state.page {
                        state.page = nil
                        return page
                    }
                    if state.isOver { return .some(nil) }
                    state.isTaken = true
                    state.taker = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            finish()
        }
    }

    /// No page follows, or none is wanted.
    func finish() {
        let taker = monitor.change(wakingAll: true) { state in
            state.isOver = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume(returning: nil)
    }
}
