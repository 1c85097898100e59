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
}

/// Bytes of a streamed response on their way out.
struct OutgoingBytes: Sendable {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    private(set) var count = 0
    /// Nothing more comes.
    var isFinished = false

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        pieces.append(bytes)
        count += bytes.count
    }

    /// Moves as many bytes as there are and have room.
    mutating func move(into room: UnsafeMutableRawBufferPointer) -> Int {
        var moved = 0
        while moved < room.count, first < pieces.count {
            let length = min(room.count - moved, pieces[first].count - offset)
            pieces[first].withUnsafeBytes { room[moved...].copyBytes(from: $0[offset..<offset + length]) }
            moved += length
            offset += length
            if offset == pieces[first].count { (first, offset) = (first + 1, 0) }
        }
        if first == pieces.count { (pieces, first) = ([], 0) }
        count -= moved
        return moved
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
        state.withLock { state in
            guard !state.isAborted else { return mhd_end_with_error() }
            let moved = state.outgoing.move(into: room)
            if let writer = state.writer, state.outgoing.count < limits.streamBuffer / 2 {
                state.writer = nil
                writer.resume()
            }
            if moved == 0 {
                guard !state.outgoing.isFinished else { return mhd_end_of_stream() }
                suspend(&state)
            }
            return moved
        }
    }
}
