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
                case SIGUSR1: wishes.tellBoard("SIGUSR1") { await $0.isPaused ? .resume : .pause }
                case SIGHUP: reload?()
                case SIGUSR2: wishes.tellBoard("SIGUSR2") { _ in .cancel }
                default: if !wishes.stop(number == SIGINT ? "SIGINT" : "SIGTERM") { _exit(ExitCode.paused.rawValue) }
                }
            }
            source.setCancelHandler { signal(number, SIG_DFL) }
            source.resume()
            return source
        }
    }

    /// From then on signals mean what they mean to any program: what is still to be written, to a file or to whoever reads a pipe, is given up.
    func end() {
        for source in sources { source.cancel() }
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
    ///
    /// - Parameter keep: takes what was asked of which jobs by which signal.
    func steer(_ board: JobBoard, keep: @escaping Steering.Keep) {
        wishes.steer(Steering(board: board, keep: keep))
    }

    /// Waits until what was wished so far has been asked and kept.
    func settle() async { await wishes.settle() }

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

/// Who does what signals wish, and who remembers it.
struct Steering: Sendable {
    typealias Keep = @Sendable (_ wish: JobBoard.Wish, _ jobs: [Int64], _ signal: String) async -> Void
    let board: JobBoard
    let keep: Keep

    func ask(_ wish: (JobBoard) async -> JobBoard.Wish, signal: String) async {
        let wish = await wish(board)
        let jobs = await board.ask(wish, of: nil)
        if !jobs.isEmpty { await keep(wish, jobs, signal) }
    }
}

/// What was wished and who is to know, shared by the signal handlers and those who ask.
private final class Wishes: Sendable {
    private struct State {
        /// The signal that asked the process to end.
        var stopSignal: String?
        var steering: Steering?
        /// The wish that came last, which waits for those before it.
        var last: Task<Void, Never>?
        /// What a stop cancels.
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var added = 0
    }
    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.stopSignal != nil } }

    func steer(_ steering: Steering) {
        let early = state.withLock { state in
            state.steering = steering
            return state.stopSignal
        }
        if let early { tellBoard(early) { _ in .stop } }
    }

    /// One after the other: which wish SIGUSR1 is depends on the one before.
    func tellBoard(_ signal: String, _ wish: @escaping @Sendable (JobBoard) async -> JobBoard.Wish) {
        state.withLock { state in
            guard let steering = state.steering else { return }
            state.last = Task { [before = state.last] in
                await before?.value
                await steering.ask(wish, signal: signal)
            }
        }
    }

    func settle() async { await state.withLock { $0.last }?.value }

    /// - Returns: false when that was asked before.
    func stop(_ signal: String) -> Bool {
        let cancellations = state.withLock { state -> [@Sendable () -> Void]? in
            if state.stopSignal != nil { return nil }
            state.stopSignal = signal
            return Array(state.cancellations.values)
        }
        guard let cancellations else { return false }
        for cancel in cancellations { cancel() }
        tellBoard(signal) { _ in .stop }
        return true
    }

    func add(_ cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, isLate) = state.withLock { state in
            state.added += 1
            state.cancellations[state.added] = cancel
            return (state.added, state.stopSignal != nil)
        }
        if isLate { cancel() }
        return number
    }

    func remove(_ number: Int) {
        state.withLock { $0.cancellations[number] = nil }
    }
}
