internal import Synchronization
internal import CMicrohttpd
internal import Glibc

/// A response as the handler gave it, made ready for its request.
struct Answer: Sendable {
    var response: Response
    /// The connection is closed behind it.
    var closes = false
    /// It answers HEAD.
    var isHead = false
    /// How much of a stream is handed to the kernel at a time, and held for that as long as the response lasts.
    var blockBytes = Answer.leastBlock

    private static let leastBlock = 32 << 10
    private static let mostBlock = 256 << 10
    /// Large blocks are for the few, who then need fewer calls: a hundred that begin one after the other have 7 MiB.
    private static let allBlocks = 2 << 20

    /// - Parameter streams: how many are under way, this one included.
    static func blockBytes(among streams: Int) -> Int { min(mostBlock, max(leastBlock, allBlocks / max(1, streams))) }
}

/// Bytes of a streamed response on their way out.
struct OutgoingBytes: Sendable {
    private var pieces: [ArraySlice<UInt8>] = []
    private(set) var count = 0
    /// How many bytes may be left when its writer, who then has the next piece ready in time, is told to go on.
    private(set) var lowWater = 0
    /// Nothing more comes.
    var isFinished = false

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        pieces.append(bytes[...])
        count += bytes.count
        lowWater = bytes.count / 2
    }

    /// Takes as many bytes as there are and are wanted.
    mutating func take(atMost most: Int) -> [ArraySlice<UInt8>] {
        var taken: [ArraySlice<UInt8>] = []
        var left = most
        while left > 0, let piece = pieces.first {
            taken.append(piece.prefix(left))
            if piece.count > left { pieces[0] = piece.dropFirst(left) } else { pieces.removeFirst() }
            left -= taken[taken.count - 1].count
        }
        count -= most - left
        return taken
    }
}

extension Exchange {
    /// The next part of the request's body; nil at its end.
    ///
    /// - Throws: `CancellationError` when the client went away or the task was cancelled.
    func read() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    guard !state.isAborted, !state.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                    if let piece = state.piece {
                        state.piece = nil
                        continuation.resume(returning: piece)
                    } else if state.body == .absent || state.answer != nil {
                        return continuation.resume(returning: nil)
                    } else {
                        precondition(state.reader == nil, "a body is read by one task")
                        state.reader = continuation
                    }
                    resume(&state)
                }
            }
        } onCancel: {
            cancelWaiting()
        }
    }

    /// Hands over a part of a streamed response and waits until there is room for more.
    func write(_ bytes: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    guard !state.isAborted, !state.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                    precondition(state.writer == nil, "a body is written by one task")
                    state.outgoing.append(bytes)
                    if state.outgoing.count < limits.streamBuffer { continuation.resume() } else { state.writer = continuation }
                    resume(&state)
                }
            }
        } onCancel: {
            cancelWaiting()
        }
    }

    /// Nothing more is written.
    func endStream() {
        state.withLock {
            $0.outgoing.isFinished = true
            resume(&$0)
        }
    }

    private func cancelWaiting() {
        state.withLock { state in
            state.isCancelled = true
            if let reader = state.reader { reader.resume(throwing: CancellationError()) }
            if let writer = state.writer { writer.resume(throwing: CancellationError()) }
            (state.reader, state.writer) = (nil, nil)
        }
    }

    /// Gives libmicrohttpd's thread the next bytes of a streamed response, or suspends the connection until there are some.
    ///
    /// - Returns: as MHD_ContentReaderCallback does.
    func fill(_ room: UnsafeMutableRawBufferPointer) -> Int {
        enum Next {
            case bytes([ArraySlice<UInt8>])
            case nothing(Int)
        }
        let (next, writer) = state.withLock { state -> (Next, CheckedContinuation<Void, any Error>?) in
            guard !state.isAborted else { return (.nothing(mhd_end_with_error()), nil) }
            let pieces = state.outgoing.take(atMost: room.count)
            var writer: CheckedContinuation<Void, any Error>?
            if state.outgoing.count <= max(state.outgoing.lowWater, limits.streamBuffer / 2) { swap(&writer, &state.writer) }
            if !pieces.isEmpty { return (.bytes(pieces), writer) }
            guard !state.outgoing.isFinished else { return (.nothing(mhd_end_of_stream()), writer) }
            suspend(&state)
            return (.nothing(0), writer)
        }
        // Neither under the lock: meanwhile the writer brings the next piece.
        writer?.resume()
        switch next {
        case .nothing(let meaning): return meaning
        case .bytes(let pieces):
            var filled = 0
            for piece in pieces {
                piece.withUnsafeBytes { room[filled...].copyBytes(from: $0) }
                filled += piece.count
            }
            return filled
        }
    }
}
