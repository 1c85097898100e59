import CommandLineInterface
import Dispatch
import Glibc
import Indexing
import Synchronization

/// Turns signals into wishes: SIGINT and SIGTERM pause everything and end the run, SIGUSR1 pauses or resumes, SIGUSR2 cancels, SIGHUP reads again
/// what may have changed. A second SIGINT ends the process at once, which loses no more than `kill -9` would.
final class SignalWatch: Sendable {
    // Made once and only kept alive.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]
    private let wishes = Wishes()

    /// - Parameter reload: what a server does on SIGHUP, on no thread in particular; its jobs are people's, so that no signal pauses or cancels
    ///   them. nil for a command, which SIGHUP ends.
    init(reload: (@Sendable () -> Void)? = nil) {
        let queue = DispatchQueue(label: "signals")
        let wishes = wishes
        if reload != nil { for number in [SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) } }
        sources = ([SIGINT, SIGTERM] + (reload == nil ? [SIGUSR1, SIGUSR2] : [SIGHUP])).map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                switch number {
                case SIGUSR1: wishes.tellBoard { board in await board.ask(await board.isPaused ? .resume : .pause, of: nil) }
                case SIGHUP: reload?()
                case SIGUSR2: wishes.tellBoard { board in await board.ask(.cancel, of: nil) }
                default: if !wishes.stop() { _exit(ExitCode.paused.rawValue) }
                }
            }
            source.resume()
            return source
        }
    }

    /// Whether a person or the system asked the process to end.
    var isStopped: Bool { wishes.isStopped }

    /// Waits until a person or the system asks the process to end.
    func stopped() async {
        // However it ends, it ends by that.
        try? await stoppable {
            while true { try await Task.sleep(for: .seconds(3_600)) }
        }
    }

    /// From now on the wishes go to this board as well.
    func steer(_ board: JobBoard) {
        wishes.steer(board)
    }

    /// Runs something that ends when the process is asked to, such as reaching a server: there is no job yet that could be asked.
    ///
    /// - Throws: `CancellationError` when a stop was asked for before it began; else what `body` throws.
    func stoppable<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        if isStopped { throw CancellationError() }
        let task = Task { try await body() }
        let number = wishes.add { task.cancel() }
        defer { wishes.remove(number) }
        return try await task.value
    }
}

/// What was wished and who is to know, shared by the signal handlers and those who ask.
private final class Wishes: Sendable {
    private struct State {
        var isStopped = false
        var board: JobBoard?
        /// What a stop cancels.
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var added = 0
    }
    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func steer(_ board: JobBoard) {
        let isLate = state.withLock { state in
            state.board = board
            return state.isStopped
        }
        if isLate { tellBoard { await $0.ask(.stop, of: nil) } }
    }

    func tellBoard(_ wish: @escaping @Sendable (JobBoard) async -> Void) {
        guard let board = state.withLock({ $0.board }) else { return }
        Task { await wish(board) }
    }

    /// - Returns: false when that was asked before.
    func stop() -> Bool {
        let cancellations = state.withLock { state -> [@Sendable () -> Void]? in
            if state.isStopped { return nil }
            state.isStopped = true
            return Array(state.cancellations.values)
        }
        guard let cancellations else { return false }
        for cancel in cancellations { cancel() }
        tellBoard { await $0.ask(.stop, of: nil) }
        return true
    }

    func add(_ cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, isLate) = state.withLock { state in
            state.added += 1
            state.cancellations[state.added] = cancel
            return (state.added, state.isStopped)
        }
        if isLate { cancel() }
        return number
    }

    func remove(_ number: Int) {
        state.withLock { $0.cancellations[number] = nil }
    }
}
