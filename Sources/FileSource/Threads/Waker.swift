import Glibc

/// A descriptor that a thread can wait on next to others, and that any thread can make readable.
///
/// Source: `socketpair`; a pipe cannot be made close-on-exec in one step from here.
final class Waker: Sendable {
    let descriptor: Int32
    private let other: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        socketpair(AF_UNIX, kind, 0, &ends)
        (descriptor, other) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(other)
    }

    func wake() {
        var byte: UInt8 = 1
        _ = send(other, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Makes it unreadable again.
    func reset() {
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while recv(descriptor, &bytes, MemoryLayout.size(ofValue: bytes), 0) > 0 {}
    }
}

/// Whether a piece of work is still wanted, for the thread that does it.
final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var waker: Waker?
    }
    private let state = Monitor(State())

    var isCancelled: Bool { state.with { $0.isCancelled } }

    /// Names what wakes the thread that has begun the work.
    func begin(waking waker: Waker?) { state.with { $0.waker = waker } }

    func cancel() {
        let waker = state.with { state in
            state.isCancelled = true
            return state.waker
        }
        waker?.wake()
    }
}
