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

    init(_ connections: ConnectionTable, limits: Limits) throws {
        (self.connections, self.limits) = (connections, limits)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, wake >= 0 else {
            close(epoll)
            close(wake)
            throw ServerError("The server cannot start: too few descriptors.")
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event)
        Thread.detachNewThread { self.run() }
    }

    deinit {
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
            for event in events.prefix(max(0, Int(count))) { connections.connection(event.data.u64)?.clientLeft() }
            guard ContinuousClock.now >= next else { continue }
            sweep(.now)
            next = .now + limits.sweepInterval
        }
    }

    private func sweep(_ now: ContinuousClock.Instant) {
        let all = connections.all
        let isCrowded = all.count > limits.connections * 3 / 4
        for connection in all where connection.isTooSlow(now, limits, isCrowded: isCrowded) { connection.cut() }
    }
}
