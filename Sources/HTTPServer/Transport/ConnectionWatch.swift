internal import CMicrohttpd
internal import Foundation
internal import Glibc
internal import Synchronization

/// Notices clients that leave while their request is handled, when libmicrohttpd does not look at the connection, and ends those that are too slow.
///
/// Source: epoll(7); `EPOLLRDHUP` says that the other side has closed.
final class ConnectionWatch: Sendable {
    private let epoll: Int32
    private let wake: Int32
    private let connections: ConnectionTable
    private let limits: Limits
    private let isStopped = Atomic<Bool>(false)
    /// Sockets whose connection is over for us, each with the time until which its client may still send.
    private let lingering = Mutex<[Int32: ContinuousClock.Instant]>([:])
    /// Marks the numbers of those among epoll's events.
    private static let isLingering: UInt64 = 1 << 63

    init(_ connections: ConnectionTable, limits: Limits) throws {
        (self.connections, self.limits) = (connections, limits)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, wake >= 0 else { throw ServerError("The server cannot start: too few descriptors.") }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event)
        Thread.detachNewThread { self.run() }
    }

    deinit {
        for descriptor in lingering.withLock({ $0.keys }) { close(descriptor) }
        close(epoll)
        close(wake)
    }

    /// Edge-triggered, so that a client that leaves is told of once.
    func add(_ connection: Connection) {
        var event = epoll_event(events: EPOLLRDHUP.rawValue | EPOLLET.rawValue, data: epoll_data_t(u64: connection.serial))
        epoll_ctl(epoll, EPOLL_CTL_ADD, connection.descriptor, &event)
    }

    func remove(_ connection: Connection) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, connection.descriptor, nil)
    }

    /// Takes over the socket of a client that may still be sending what was refused: were it closed with bytes unread, the kernel would reset the
    /// connection, and the client might lose the answer. What comes is thrown away, for two seconds at most. Source: RFC 9112 §9.6.
    func linger(_ connection: Connection) {
        let copy = fcntl(connection.descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        let isTaken = lingering.withLock {
            guard $0.count < 256 else { return false }
            $0[copy] = .now + .seconds(2)
            return true
        }
        guard isTaken else {
            close(copy)
            return
        }
        _ = shutdown(copy, Int32(SHUT_WR))
        var event = epoll_event(events: EPOLLIN.rawValue | EPOLLRDHUP.rawValue, data: epoll_data_t(u64: Self.isLingering | UInt64(copy)))
        epoll_ctl(epoll, EPOLL_CTL_ADD, copy, &event)
    }

    private func discard(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        lingering.withLock { $0[descriptor] = nil }
        forget(descriptor)
    }

    /// Closing alone would not do: epoll forgets a socket with its last descriptor, and a process that is just being spawned holds another. Its
    /// events would then be taken for those of whatever gets the number next.
    private func forget(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        close(descriptor)
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        eventfd_write(wake, 1)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var next = ContinuousClock.now + limits.sweepInterval
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            let wait = max(0, (next - .now) / .milliseconds(1))
            let count = epoll_wait(epoll, &events, Int32(events.count), Int32(wait.rounded(.up)))
            for event in events.prefix(max(0, Int(count))) {
                let number = event.data.u64
                if number & Self.isLingering != 0 {
                    discard(Int32(truncatingIfNeeded: number))
                } else {
                    connections.connection(number)?.clientLeft()
                }
            }
            guard ContinuousClock.now >= next else { continue }
            sweep(.now)
            next = .now + limits.sweepInterval
        }
    }

    private func sweep(_ now: ContinuousClock.Instant) {
        let late = lingering.withLock { sockets in
            let late = sockets.filter { $0.value < now }.keys
            for descriptor in late { sockets[descriptor] = nil }
            return Array(late)
        }
        for descriptor in late { forget(descriptor) }
        let all = connections.all
        let isCrowded = all.count > limits.connections * 3 / 4
        for connection in all where connection.isTooSlow(now, limits, isCrowded: isCrowded) { connection.cut() }
    }
}
