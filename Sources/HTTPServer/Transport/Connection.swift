internal import CGnuTLS
internal import Glibc
internal import Synchronization

/// One client's connection, from accept to close.
final class Connection: Sendable {
    let serial: UInt64
    let descriptor: Int32
    let peer: Peer
    let isSecure: Bool
    private let credentials: TLSCredentials?
    private let state: Mutex<State>

    /// What the client has to do next, and since when.
    enum Phase: Hashable {
        /// Send a request's head.
        case head
        /// Send a body, or take a response.
        case moving
    }

    private struct State {
        var phase = Phase.head
        var since: ContinuousClock.Instant
        var exchange: Exchange?
        /// Shown in the handshake, and held as long as GnuTLS may use it.
        var identity: TLSIdentity?
        var isClosed = false
        var isShutDown = false
        /// The client has closed its side.
        var hasLeft = false
        /// A request was answered before its body was read: the client may still be sending it.
        var lingers = false
        var served = 0
        var window: Window?
    }

    /// What a client has moved at a time.
    private struct Window {
        var begin: ContinuousClock.Instant
        var bytes: UInt64
        var suspensions: Int
    }

    init(serial: UInt64, descriptor: Int32, peer: Peer, credentials: TLSCredentials?, now: ContinuousClock.Instant) {
        (self.serial, self.descriptor, self.peer, self.credentials) = (serial, descriptor, peer, credentials)
        isSecure = credentials != nil
        state = Mutex(State(since: now))
    }

    /// The identity to show. GnuTLS asks during the handshake, and uses it until the handshake's end.
    func identity() -> TLSIdentity? {
        state.withLock {
            $0.identity = credentials?.identity
            return $0.identity
        }
    }

    /// A request has begun. One whose sender has gone already is not begun with.
    func begin(_ exchange: Exchange) {
        let hasLeft = state.withLock {
            ($0.exchange, $0.phase, $0.window) = (exchange, .head, nil)
            return $0.hasLeft
        }
        if hasLeft { exchange.abort() }
    }

    /// It is to be closed with care: see ``ConnectionWatch/linger(_:)``.
    var lingers: Bool {
        get { state.withLock { $0.lingers } }
        set { state.withLock { $0.lingers = newValue } }
    }

    /// Its head is there: from now on the client has to keep up a pace.
    func headIsThere() {
        state.withLock { ($0.phase, $0.window) = (.moving, nil) }
    }

    /// The request is over.
    func end(_ exchange: Exchange, now: ContinuousClock.Instant) {
        state.withLock {
            guard $0.exchange === exchange else { return }
            ($0.exchange, $0.phase, $0.since, $0.window) = (nil, .head, now, nil)
            $0.served += 1
        }
    }

    /// Whether the client keeps its side waiting for longer than it may.
    ///
    /// - Parameter isCrowded: connections run out, so that idle ones have to go sooner.
    func isTooSlow(_ now: ContinuousClock.Instant, _ limits: Limits, isCrowded: Bool) -> Bool {
        guard case .address = peer else { return false }
        return state.withLock { state in
            switch state.phase {
            case .head: return now - state.since > (isCrowded && state.served > 0 ? limits.headDuration / 4 : limits.headDuration)
            case .moving:
                guard let pace = state.exchange?.pace else { return false }
                guard let window = state.window, !pace.isWaitingForHandler, window.suspensions == pace.suspensions else {
                    state.window = Window(begin: now, bytes: bytesMoved, suspensions: pace.suspensions)
                    return false
                }
                let elapsed = now - window.begin
                guard elapsed > limits.rateWindow else { return false }
                let moved = bytesMoved - window.bytes
                state.window = Window(begin: now, bytes: window.bytes + moved, suspensions: pace.suspensions)
                return Double(moved) < Double(limits.bytesPerSecond) * (elapsed / .seconds(1))
            }
        }
    }

    /// What the kernel has had acknowledged and received, in bytes. Source: tcp(7), TCP_INFO; struct tcp_info of linux/tcp.h.
    private var bytesMoved: UInt64 {
        var info = [UInt64](repeating: 0, count: 32)
        var length = socklen_t(info.count * 8)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0, length >= 136 else { return 0 }
        // tcpi_bytes_acked at 120 and tcpi_bytes_received at 128.
        return info[15] &+ info[16]
    }

    /// libmicrohttpd is about to close it. Returns what still ran, which should be none.
    func close() -> Exchange? {
        state.withLock { state in
            state.isClosed = true
            defer { state.exchange = nil }
            return state.exchange
        }
    }

    /// The client has closed its side: nobody waits for an answer any more. It is shut down from here as well because libmicrohttpd, which asks
    /// epoll for edges, misses an end that comes together with the last bytes.
    func clientLeft() {
        state.withLock { $0.hasLeft = true }
        cut()
    }

    /// Ends it, whatever it does.
    func cut() {
        let exchange = state.withLock { state in
            shutDown(&state)
            return state.exchange
        }
        exchange?.abort()
    }

    /// Ends it when no request is under way.
    func cutIfIdle() {
        state.withLock { state in
            if state.exchange == nil { shutDown(&state) }
        }
    }

    /// Once only: each time, epoll tells of a new edge.
    private func shutDown(_ state: inout State) {
        guard !state.isClosed, !state.isShutDown else { return }
        state.isShutDown = true
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
