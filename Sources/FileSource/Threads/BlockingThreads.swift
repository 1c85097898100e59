import Glibc

/// What one thread keeps between two pieces of work: a connection, a buffer.
protocol ThreadContext: AnyObject, SendableMetatype {
    /// What interrupts the thread's waiting, if anything does.
    var waker: Waker? { get }
    /// The thread ends.
    func end()
}

/// Threads that do blocking work, so that none is done on the cooperative pool.
///
/// Work is done in the order in which it was asked for. Threads are started when they are needed, up to ``limit``. A thread that is one too many
/// gives up its place before its context ends, which may take a while; it counts as alive until then, so that contexts are never more than the
/// limit allowed.
final class BlockingThreads<Context: ThreadContext>: Sendable {
    /// How busy the threads were, since the beginning.
    struct Counts {
        var threads = 0
        var idle = 0
        var queued = 0
        /// How often a thread that was done found the next piece waiting, and how often it had to wait for one.
        var found = 0
        var waited = 0
    }

    private struct State {
        var queue = Queue<any PieceOfWork<Context>>()
        var limit: Int
        var counts = Counts()
        /// Threads that take no more work, and whose contexts are ending.
        var ending = 0
        /// Threads that are to end although the limit allows them.
        var recalled = 0
        var isClosed = false
        var running: [ObjectIdentifier: any PieceOfWork<Context>] = [:]
        var closing: [CheckedContinuation<Void, Never>] = []

        /// How many more threads the waiting work is worth.
        var wanted: Int { isClosed ? 0 : max(0, min(queue.count - counts.idle, limit - counts.threads - ending)) }

        /// Who waits for the end, once it has come.
        mutating func takeClosing() -> [CheckedContinuation<Void, Never>] {
            guard isClosed, counts.threads + ending == 0 else { return [] }
            defer { closing = [] }
            return closing
        }
    }

    private let monitor: Monitor<State>
    private let start: @Sendable (@escaping @Sendable () -> Void) -> Bool
    private let makeContext: @Sendable () -> Context

    /// - Parameter start: starts a thread that runs a closure; false when there can be none.
    init(
        limit: Int, start: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool = startThread,
        makeContext: @escaping @Sendable () -> Context
    ) {
        monitor = Monitor(State(limit: max(1, limit)))
        (self.start, self.makeContext) = (start, makeContext)
    }

    var counts: Counts {
        monitor.with { state in
            var counts = state.counts
            counts.queued = state.queue.count
            return counts
        }
    }

    /// Most threads at a time. Lowering it ends threads as they become idle, raising it starts some for the work that waits.
    var limit: Int {
        get { monitor.with { $0.limit } }
        set {
            let missing = monitor.change(wakingAll: true) { state in
                state.limit = max(1, newValue)
                defer { state.counts.threads += state.wanted }
                return state.wanted
            }
            for _ in 0..<missing { startServing() }
        }
    }

    /// Ends one thread as soon as it is idle; another takes its place for work that waits, with a context of its own.
    func recall() { monitor.change(wakingAll: true) { state in state.recalled = min(state.recalled + 1, state.counts.threads) } }

    /// Runs `body` on one of the threads.
    /// - Throws: what `body` throws; `CancellationError` at once when the calling task is cancelled, although `body` may still run then.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Context, Cancellation) throws -> Value) async throws -> Value {
        let work = Work<Context, Value>(body)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if work.attach(continuation) { push(work) }
            }
        } onCancel: {
            work.cancel()
        }
    }

    /// Ends all work, queued or under way, and waits for the threads to end when `waiting`.
    func close(waiting: Bool) async {
        let dropped = monitor.change(wakingAll: true) { state in
            state.isClosed = true
            defer { state.queue = Queue() }
            return (state.queue.removeAll(), Array(state.running.values))
        }
        for work in dropped.0 + dropped.1 { work.abandon(SourceError.closed) }
        guard waiting else { return }
        await withCheckedContinuation { continuation in
            let isOver = monitor.with { state in
                let isOver = state.counts.threads + state.ending == 0
                if !isOver { state.closing.append(continuation) }
                return isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private enum Next { case queued, refused, startThread }

    private func push(_ work: any PieceOfWork<Context>) {
        let next: Next = monitor.change { state in
            if state.isClosed { return .refused }
            state.queue.append(work)
            if state.wanted == 0 { return .queued }
            state.counts.threads += 1
            return .startThread
        }
        switch next {
        case .queued: break
        case .refused: work.abandon(SourceError.closed)
        case .startThread: startServing()
        }
    }

    /// Starts a thread that has its place already.
    private func startServing() {
        if start({ self.serve() }) { return }
        // Work is left to the others; without any it fails.
        let (stranded, closing) = monitor.with { state in
            state.counts.threads -= 1
            return (state.counts.threads + state.ending == 0 ? state.queue.removeAll() : [], state.takeClosing())
        }
        for work in stranded { work.abandon(SourceError.noThread) }
        for continuation in closing { continuation.resume() }
    }

    private func serve() {
        repeat {
            let context = makeContext()
            let key = ObjectIdentifier(context)
            while let work = next(key) {
                context.waker?.reset()
                work.execute(context)
            }
            context.end()
        } while hasPlaceAgain()
    }

    /// After a context's end: whether the thread is needed once more, since the limit was raised meanwhile.
    private func hasPlaceAgain() -> Bool {
        let (isWanted, closing) = monitor.with { state in
            state.ending -= 1
            let isWanted = state.wanted > 0
            if isWanted { state.counts.threads += 1 }
            return (isWanted, state.takeClosing())
        }
        for continuation in closing { continuation.resume() }
        return isWanted
    }

    /// The next piece; nil when the thread is to end.
    private func next(_ thread: ObjectIdentifier) -> (any PieceOfWork<Context>)? {
        var isWaiting = false
        return monitor.wait { state -> (any PieceOfWork<Context>)?? in
            state.running[thread] = nil
            if isWaiting { state.counts.idle -= 1 }
            if state.isClosed || state.counts.threads > state.limit || state.recalled > 0 {
                state.recalled = max(0, state.recalled - 1)
                // Given up here and now: the others must not end for the same reason, and work that comes meanwhile must not count on it.
                state.counts.threads -= 1
                state.ending += 1
                return .some(nil)
            }
            if let work = state.queue.popFirst() {
                if isWaiting { state.counts.waited += 1 } else { state.counts.found += 1 }
                state.running[thread] = work
                return work
            }
            isWaiting = true
            state.counts.idle += 1
            return nil
        }
    }
}

/// First in, first out.
private struct Queue<Element> {
    private var incoming: [Element] = []
    private var outgoing: [Element] = []

    var count: Int { incoming.count + outgoing.count }

    mutating func append(_ element: Element) { incoming.append(element) }

    mutating func popFirst() -> Element? {
        if outgoing.isEmpty {
            swap(&incoming, &outgoing)
            outgoing.reverse()
        }
        return outgoing.popLast()
    }

    mutating func removeAll() -> [Element] {
        defer { (incoming, outgoing) = ([], []) }
        return outgoing.reversed() + incoming
    }
}

/// Starts a thread whose signals are left to the others.
@Sendable private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    var (blocked, before) = (sigset_t(), sigset_t())
    sigfillset(&blocked)
    pthread_sigmask(SIG_SETMASK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let result = pthread_create(
        &thread, &attributes,
        { argument in
            if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, start.toOpaque())
    if result != 0 { start.release() }
    return result == 0
}
