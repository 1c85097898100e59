internal import CGnuTLS
internal import CMicrohttpd
internal import Glibc
internal import NetworkAddress

/// One of libmicrohttpd's daemons: what it calls, on its own threads.
///
/// Source: MHD_start_daemon, MHD_quiesce_daemon, MHD_stop_daemon.
final class Daemon: Sendable {
    private let socket: ListeningSocket
    let credentials: TLSCredentials?
    let server: HTTPServer
    // Set once in `start`, before anybody else knows of this.
    nonisolated(unsafe) private var handle: OpaquePointer?

    var address: BoundAddress { socket.address }

    init(_ socket: ListeningSocket, credentials: TLSCredentials?, server: HTTPServer) {
        (self.socket, self.credentials, self.server) = (socket, credentials, server)
    }

    func start() throws {
        var settings = mhd_settings()
        settings.flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_USE_SUSPEND_RESUME.rawValue | MHD_USE_ITC.rawValue
        if credentials != nil { settings.flags |= MHD_USE_TLS.rawValue }
        settings.listener = socket.descriptor
        let isLocal = if case .unix = socket.address { true } else { false }
        settings.threads = isLocal ? 1 : UInt32(server.limits.threads)
        settings.connections = UInt32(server.limits.connections)
        settings.inactivity_seconds = UInt32(max(1, server.limits.inactivity.components.seconds))
        settings.memory_per_connection = 64 << 10
        settings.context = Unmanaged.passUnretained(self).toOpaque()
        settings.may_connect = { context, address, _ in daemon(context).mayConnect(address) ? .YES : .NO }
        settings.connection_changed = { context, handle, slot, change in
            guard let handle, let slot else { return }
            daemon(context).connectionChanged(handle, slot, isNew: change == .CONNECTION_NOTIFY_STARTED)
        }
        settings.request_line = { context, target, handle in daemon(context).requestBegins(handle, target) }
        settings.handle = { context, handle, _, method, _, upload, size, slot in
            guard let exchange = exchange(slot?.pointee), let method, let size else { return .NO }
            return daemon(context).advance(
                exchange, method: method, upload: UnsafeRawBufferPointer(start: upload, count: size.pointee), &size.pointee)
        }
        settings.completed = { context, _, slot, reason in
            daemon(context).requestEnds(slot, isWhole: reason == .REQUEST_TERMINATED_COMPLETED_OK)
        }
        handle = TLSCredentials.priorities.withCString { priorities in
            if credentials != nil {
                settings.priorities = priorities
                settings.certificate = { session, _, _, _, _, chain, count, key in showCertificate(session, chain, count, key) }
            }
            return mhd_start(&settings)
        }
        guard handle != nil else { throw ServerError("The server cannot start: too few descriptors, threads or memory.") }
    }

    /// Accepts nobody any more; whoever is connected stays. May be called again.
    func refuseNewConnections() {
        socket.removeFile()
        // A socket that was shut down would wake libmicrohttpd's threads for ever: they have to let go of it first.
        MHD_quiesce_daemon(handle)
        socket.refuse()
    }

    /// Closes all connections and ends the threads; blocks until they are over. No request may be under way then: libmicrohttpd stops the
    /// process over a suspended connection.
    func stop() {
        MHD_stop_daemon(handle)
    }

    // MARK: Calls

    private func mayConnect(_ address: UnsafePointer<sockaddr>?) -> Bool {
        guard case .address(let text) = peer(of: address) else { return true }
        if let address = IPAddress(text), server.limits.trustedProxies.contains(where: { $0.contains(address) }) { return true }
        return server.connections.count(of: text) < server.limits.connectionsPerAddress
    }

    private func connectionChanged(_ handle: OpaquePointer, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>, isNew: Bool) {
        if isNew {
            let connection = server.connections.add { serial in
                Connection(
                    serial: serial, descriptor: mhd_descriptor(handle), peer: peer(of: mhd_client_address(handle)),
                    credentials: credentials,
                    now: .now)
            }
            if let session = mhd_tls_session(handle) {
                gnutls_session_set_ptr(OpaquePointer(session), Unmanaged.passUnretained(connection).toOpaque())
            }
            slot.pointee = Unmanaged.passRetained(connection).toOpaque()
            server.watch.add(connection)
            // Accepted in the moment in which the server was told to stop: it may not be among those that were looked at then.
            if server.connections.isStopping { connection.cutIfIdle() }
        } else if let pointer = slot.pointee {
            let connection = Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue()
            slot.pointee = nil
            server.watch.remove(connection)
            if connection.lingers { server.watch.linger(connection) }
            connection.close()?.complete(isWhole: false)
            server.connections.remove(connection)
        }
    }

    private func requestBegins(_ handle: OpaquePointer?, _ target: UnsafePointer<CChar>?) -> UnsafeMutableRawPointer? {
        guard let handle, let target, let pointer = mhd_socket_context(handle) else { return nil }
        let connection = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
        let bytes = Array(UnsafeRawBufferPointer(start: target, count: strlen(target)))
        let exchange = Exchange(connection: connection, handle: handle, target: bytes, limits: server.limits)
        connection.begin(exchange)
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    private func advance(
        _ exchange: Exchange, method: UnsafePointer<CChar>, upload: UnsafeRawBufferPointer, _ size: inout Int
    ) -> MHD_Result {
        if !exchange.isStarted {
            let head = UnsafeRawBufferPointer(start: method, count: mhd_head_size(exchange.handle))
            guard server.begin(exchange, head) else { return .YES }
        }
        switch exchange.advance(upload) {
        case .proceed(let taken):
            size -= taken
            return .YES
        case .answer(let answer): return exchange.queue(answer)
        case .close: return .NO
        }
    }

    private func requestEnds(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, isWhole: Bool) {
        guard let slot, let pointer = slot.pointee else { return }
        slot.pointee = nil
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        exchange.complete(isWhole: isWhole)
        exchange.connection.end(exchange, now: .now)
        if exchange.isCounted { server.connections.endRequest() }
    }

    private func peer(of address: UnsafePointer<sockaddr>?) -> Peer {
        guard let address, case .tcp = socket.address else { return .local }
        return .address(IPAddress(address)?.description ?? "unknown")
    }
}

private func daemon(_ context: UnsafeMutableRawPointer?) -> Daemon {
    guard let context else { preconditionFailure("libmicrohttpd calls without the context that it was given") }
    return Unmanaged<Daemon>.fromOpaque(context).takeUnretainedValue()
}

private func exchange(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
    pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

/// Source: gnutls_certificate_retrieve_function2.
private func showCertificate(
    _ session: UnsafeMutableRawPointer?, _ chain: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ count: UnsafeMutablePointer<UInt32>?,
    _ key: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    guard let session, let pointer = gnutls_session_get_ptr(OpaquePointer(session)) else { return -1 }
    guard let identity = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue().identity() else { return -1 }
    chain?.pointee = UnsafeMutableRawPointer(identity.chain)
    count?.pointee = identity.count
    key?.pointee = UnsafeMutableRawPointer(identity.key)
    return 0
}
