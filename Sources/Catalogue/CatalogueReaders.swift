internal import Dispatch
internal import Synchronization

/// A few connections for reading, each on a thread of its own, for tasks that must not block theirs.
///
/// Short calls and long ones have connections of their own, so that no search waits for an export. Within each, who asks first is served first.
/// A task that is cancelled gives up its place, or has its statement interrupted.
public final class CatalogueReaders: Sendable {
    /// How long a call may take.
    public enum Lane: CaseIterable, Sendable {
        /// What a person waits for.
        case short
        /// What goes through the whole catalogue.
        case long
    }

    /// More callers than the connections can serve in a foreseeable time.
    public struct Overloaded: Error, CustomStringConvertible {
        public var description: String { "Too many requests wait for the catalogue." }
    }

    private let short, long: ReaderLane

    /// - Parameters:
    ///   - path: the catalogue's file, which need not be there before the first call.
    ///   - shortLimit: connections for short calls.
    ///   - longLimit: connections for long calls.
    ///   - mostWaiting: so many may wait for each.
    public init(path: String, shortLimit: Int = 4, longLimit: Int = 2, mostWaiting: Int = 512) {
        short = ReaderLane(path: path, limit: shortLimit, mostWaiting: mostWaiting)
        long = ReaderLane(path: path, limit: longLimit, mostWaiting: mostWaiting)
    }

    /// Runs a call on one of the connections.
    ///
    /// - Throws: what `body` throws; ``CatalogueError`` when the catalogue cannot be opened; ``Overloaded``; `CancellationError`.
    public func read<Value: Sendable>(
        _ lane: Lane = .short, _ body: @escaping @Sendable (CatalogueReader) throws -> Value
    ) async throws -> Value {
        let call = ReaderCall(body)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard call.attach(continuation) else { return }
                if !(lane == .short ? short : long).push(call) { call.refuse(Overloaded()) }
            }
        } onCancel: {
            call.cancel()
        }
    }

    /// Runs a long call whose output is taken piece by piece: it goes on when a piece was taken.
    ///
    /// - Parameter take: takes a piece; what it throws ends the call.
    /// - Throws: as ``read(_:_:)``, and what `take` throws.
    public func stream(
        to take: @escaping @Sendable ([UInt8]) async throws -> Void,
        _ body: @escaping @Sendable (CatalogueReader, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws {
        let taker = PieceTaker(take)
        try await withTaskCancellationHandler {
            try await read(.long) { reader in try body(reader) { try taker.give(Array($0)) } }
        } onCancel: {
            taker.cancel()
        }
    }
}

/// Hands pieces from a thread that may block to a task.
private final class PieceTaker: Sendable {
    private struct State {
        var isCancelled = false
        var task: Task<Void, Never>?
        var error: (any Error)?
    }
    private let state = Mutex(State())
    private let take: @Sendable ([UInt8]) async throws -> Void

    init(_ take: @escaping @Sendable ([UInt8]) async throws -> Void) { self.take = take }

    /// Blocks the calling thread until the piece was taken.
    func give(_ piece: [UInt8]) throws {
        let done = DispatchSemaphore(value: 0)
        let task = Task {
            do {
                try await take(piece)
            } catch {
                self.state.withLock { $0.error = error }
            }
            done.signal()
        }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
        done.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }?.cancel()
    }
}

/// Some connections and the calls that wait for them.
private final class ReaderLane: Sendable {
    /// A connection with the thread that it is confined to.
    private final class Seat: @unchecked Sendable {
        // Sendable because `reader` is only touched on `queue`.
        let queue: DispatchQueue
        var reader: CatalogueReader?

        init(_ number: Int) { queue = DispatchQueue(label: "catalogue reader \(number)") }
    }

    private struct State {
        var idle: [Seat]
        var waiting: [any WaitingCall] = []
        /// Those before this one have been served.
        var next = 0
    }
    private let state: Mutex<State>
    private let path: String
    private let mostWaiting: Int

    init(path: String, limit: Int, mostWaiting: Int) {
        (self.path, self.mostWaiting) = (path, mostWaiting)
        state = Mutex(State(idle: (0..<max(1, limit)).map(Seat.init)))
    }

    /// - Returns: false when too many wait.
    func push(_ call: any WaitingCall) -> Bool {
        enum Place { case seat(Seat), queue, none }
        let place: Place = state.withLock { state in
            if let seat = state.idle.popLast() { return .seat(seat) }
            guard state.waiting.count - state.next < mostWaiting else { return .none }
            state.waiting.append(call)
            return .queue
        }
        switch place {
        case .seat(let seat): seat.queue.async { self.serve(call, seat) }
        case .queue: break
        case .none: return false
        }
        return true
    }

    private func serve(_ first: any WaitingCall, _ seat: Seat) {
        var call = first
        while true {
            call.run { [path] in
                if let reader = seat.reader { return reader }
                let reader = try CatalogueReader(path: path)
                seat.reader = reader
                return reader
            }
            let following: (any WaitingCall)? = state.withLock { state in
                guard state.next < state.waiting.count else {
                    (state.waiting, state.next) = ([], 0)
                    state.idle.append(seat)
                    return nil
                }
                defer { state.next += 1 }
                // Now and then, so that those that were served are let go of.
                if state.next > 256 {
                    state.waiting.removeFirst(state.next)
                    state.next = 0
                }
                return state.waiting[state.next]
            }
            guard let following else { return }
            call = following
        }
    }
}

private protocol WaitingCall: Sendable {
    func run(_ open: () throws -> CatalogueReader)
}

/// One call: waits, runs, and is over.
private final class ReaderCall<Value: Sendable>: WaitingCall {
    private struct State {
        var continuation: CheckedContinuation<Value, any Error>?
        var interruption: CatalogueReader.Interruption?
        var isCancelled = false
    }
    private let state = Mutex(State())
    private let body: @Sendable (CatalogueReader) throws -> Value

    init(_ body: @escaping @Sendable (CatalogueReader) throws -> Value) { self.body = body }

    /// - Returns: false when it was cancelled before; the continuation is resumed then.
    func attach(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.continuation = continuation }
            return state.isCancelled
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
        return !isCancelled
    }

    func refuse(_ error: any Error) { take()?.resume(throwing: error) }

    func cancel() {
        let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            state.isCancelled = true
            if let interruption = state.interruption {
                // Under the lock, so that it cannot meet the statement of the next call.
                interruption()
                return nil
            }
            defer { state.continuation = nil }
            return state.continuation
        }
        waiting?.resume(throwing: CancellationError())
    }

    func run(_ open: () throws -> CatalogueReader) {
        let result = Result<Value, any Error> {
            let reader = try open()
            let isWanted = state.withLock { state in
                if !state.isCancelled { state.interruption = reader.interruption }
                return !state.isCancelled
            }
            guard isWanted else { throw CancellationError() }
            reader.isCancelled = { self.state.withLock { $0.isCancelled } }
            defer { reader.isCancelled = { false } }
            return try body(reader)
        }
        let (continuation, isCancelled) = state.withLock { state in
            defer { (state.interruption, state.continuation) = (nil, nil) }
            return (state.continuation, state.isCancelled)
        }
        if isCancelled, case .failure = result {
            continuation?.resume(throwing: CancellationError())
        } else {
            continuation?.resume(with: result)
        }
    }

    private func take() -> CheckedContinuation<Value, any Error>? {
        state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
    }
}
