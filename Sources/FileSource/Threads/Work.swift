/// Something for a thread to do.
protocol PieceOfWork<Context>: Sendable {
    associatedtype Context: ThreadContext
    func execute(_ context: Context)
    /// Ends it with an error, whether it was begun or not.
    func abandon(_ error: any Error)
}

/// Work whose result a task waits for.
final class Work<Context: ThreadContext, Value: Sendable>: PieceOfWork {
    private struct State {
        var continuation: CheckedContinuation<Value, any Error>?
        var isOver = false
    }
    private let state = Monitor(State())
    private let cancellation = Cancellation()
    private let body: @Sendable (Context, Cancellation) throws -> Value

    init(_ body: @escaping @Sendable (Context, Cancellation) throws -> Value) { self.body = body }

    /// False when the work was cancelled before; the continuation is resumed then.
    func attach(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        let isOver = state.with { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if isOver { continuation.resume(throwing: CancellationError()) }
        return !isOver
    }

    func cancel() { abandon(CancellationError()) }

    func abandon(_ error: any Error) {
        let continuation = finish()
        cancellation.cancel()
        continuation?.resume(throwing: error)
    }

    func execute(_ context: Context) {
        cancellation.begin(waking: context.waker)
        if state.with({ $0.isOver }) { return }
        let result = Result { try body(context, cancellation) }
        finish()?.resume(with: result)
    }

    private func finish() -> CheckedContinuation<Value, any Error>? {
        state.with { state in
            defer { (state.isOver, state.continuation) = (true, nil) }
            return state.continuation
        }
    }
}
