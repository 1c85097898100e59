internal import CMicrohttpd
internal import Synchronization

/// One request and its response: where libmicrohttpd's thread and the handler's task meet.
///
/// libmicrohttpd calls in from the one thread that serves the connection; the handler runs as a task. Whichever has to wait for the other does not
/// block: the thread suspends the connection, and the task awaits a continuation. Everything that both touch is under one lock, and the
/// connection is suspended and resumed under it, so that no resume can come before its suspend.
///
/// Source: MHD_suspend_connection, MHD_resume_connection, MHD_queue_response.
final class Exchange: Sendable {
    let connection: Connection
    /// The target as it came, NUL-free.
    let target: [UInt8]
    let limits: Limits
    // Valid until `complete`, after which nothing here uses it any more: `isOver` says so.
    nonisolated(unsafe) let handle: OpaquePointer
    let state = Mutex(State())

    struct State {
        var isStarted = false
        /// It is among the requests that the server's end waits for.
        var isCounted = false
        /// The connection is suspended: nobody but us can go on.
        var isSuspended = false
        /// How often it was, so that a watcher can tell waiting for the handler from a client that stalls.
        var suspensions = 0
        /// The client went away, or the server cuts it off: whoever comes next closes the connection.
        var isAborted = false
        /// libmicrohttpd has forgotten the request: the handle is no longer valid.
        var isOver = false
        /// What the task is told when it reads or writes and was cancelled.
        var isCancelled = false
        var task: Task<Void, Never>?

        var body = BodyState.absent
        /// Whether the body, should the handler not want it, is read and thrown away so that the connection can be kept.
        var isDiscardable = false
        /// A part of the body that the handler has not taken yet.
        var piece: [UInt8]?
        var reader: CheckedContinuation<[UInt8]?, any Error>?

        /// What is to be answered, from the handler.
        var answer: Answer?
        var outgoing = OutgoingBytes()
        var writer: CheckedContinuation<Void, any Error>?
    }

    enum BodyState: Hashable {
        /// There is none, or it is all here.
        case absent
        /// Nothing of it was asked for. The response may still go out before its first byte.
        case unread
        /// It comes in. No response can be queued until it is all here.
        case reading
        /// It comes in and is thrown away; so many bytes more are put up with.
        case discarding(Int)
    }

    /// What a call of libmicrohttpd's is to do.
    enum Step {
        /// Go on; so many bytes of the upload were taken.
        case proceed(taken: Int)
        case answer(Answer)
        case close
    }

    init(connection: Connection, handle: OpaquePointer, target: [UInt8], limits: Limits) {
        (self.connection, self.handle, self.target, self.limits) = (connection, handle, target, limits)
    }

    // MARK: Called on libmicrohttpd's thread

    /// Begins to handle the request, unless the client has gone.
    func start(_ head: RequestHead, _ run: @escaping @Sendable () async -> Void) {
        state.withLock {
            $0.isStarted = true
            $0.body = head.body == .none ? .absent : .unread
            if case .length(let length) = head.body { $0.isDiscardable = length <= limits.discardedBytes && !head.expectsContinue }
            guard !$0.isAborted else { return }
            $0.task = Task { await run() }
        }
    }

    /// Answers a request that no handler sees.
    func refuse(_ answer: Answer) {
        state.withLock { ($0.isStarted, $0.body, $0.answer) = (true, .unread, answer) }
    }

    var isCounted: Bool {
        get { state.withLock { $0.isCounted } }
        set { state.withLock { $0.isCounted = newValue } }
    }

    var isStarted: Bool { state.withLock { $0.isStarted } }

    /// Finds out how the request goes on.
    func advance(_ upload: UnsafeRawBufferPointer) -> Step {
        state.withLock { state in
            guard !state.isAborted else { return .close }
            if !upload.isEmpty { return take(upload, &state) }
            switch state.body {
            case .unread: return beforeBody(&state)
            case .reading:
                state.body = .absent
                if let reader = state.reader {
                    state.reader = nil
                    reader.resume(returning: nil)
                }
            case .discarding: state.body = .absent
            case .absent: break
            }
            if let answer = state.answer { return .answer(answer) }
            suspend(&state)
            return .proceed(taken: 0)
        }
    }

    /// Nothing of the body was asked for yet: the last moment to answer without it.
    private func beforeBody(_ state: inout State) -> Step {
        if let answer = state.answer {
            guard state.isDiscardable, !answer.closes else {
                connection.lingers = true
                return .answer(answer)
            }
            state.body = .discarding(limits.discardedBytes)
            return .proceed(taken: 0)
        }
        guard state.reader == nil else {
            state.body = .reading
            return .proceed(taken: 0)
        }
        suspend(&state)
        return .proceed(taken: 0)
    }

    private func take(_ upload: UnsafeRawBufferPointer, _ state: inout State) -> Step {
        if state.answer != nil, state.body == .reading { state.body = .discarding(limits.discardedBytes) }
        if case .discarding(let left) = state.body {
            guard upload.count <= left else { return .close }
            state.body = .discarding(left - upload.count)
            return .proceed(taken: upload.count)
        }
        guard state.piece == nil else {
            suspend(&state)
            return .proceed(taken: 0)
        }
        if let reader = state.reader {
            state.reader = nil
            reader.resume(returning: Array(upload))
        } else {
            state.piece = Array(upload)
        }
        return .proceed(taken: upload.count)
    }

    /// libmicrohttpd is done with the request, well or not.
    func complete(isWhole: Bool) {
        let task = state.withLock { state in
            state.isOver = true
            let task = isWhole ? nil : state.task
            fail(&state)
            return task
        }
        task?.cancel()
    }

    // MARK: Called from anywhere

    /// The client is gone, or is not wanted any more: cancels the handler's task and lets libmicrohttpd close the connection.
    func abort() {
        let task = state.withLock { state in
            let task = state.task
            fail(&state)
            return task
        }
        task?.cancel()
    }

    /// Whether the client is waited for rather than the handler, and how often it was the handler.
    var pace: (isWaitingForHandler: Bool, suspensions: Int) { state.withLock { ($0.isSuspended, $0.suspensions) } }

    /// Answers the request, as soon as libmicrohttpd can take it.
    func respond(_ answer: Answer) {
        state.withLock {
            guard !$0.isAborted else { return }
            $0.answer = answer
            $0.piece = nil
            resume(&$0)
        }
    }

    /// The handler's task is at its end.
    func finish() {
        state.withLock { $0.task = nil }
    }

    private func fail(_ state: inout State) {
        state.isAborted = true
        state.task = nil
        state.piece = nil
        state.outgoing = OutgoingBytes()
        if let reader = state.reader { reader.resume(throwing: CancellationError()) }
        if let writer = state.writer { writer.resume(throwing: CancellationError()) }
        (state.reader, state.writer) = (nil, nil)
        resume(&state)
    }

    func suspend(_ state: inout State) {
        guard !state.isSuspended else { return }
        state.isSuspended = true
        state.suspensions += 1
        MHD_suspend_connection(handle)
    }

    func resume(_ state: inout State) {
        guard state.isSuspended, !state.isOver else { return }
        state.isSuspended = false
        MHD_resume_connection(handle)
    }
}
