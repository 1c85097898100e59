import Glibc

/// Whether anything answers on a server's port: asked before SMB is spoken, so that a wrong name, a dead host and a closed port can be told apart.
enum Reach {
    /// Blocks the calling thread, at most for `timeout` for each address and as long as the name server takes.
    ///
    /// Source: `getaddrinfo`, `connect`.
    static func check(_ host: String, _ port: UInt16, timeout: Duration) throws(SourceError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else {
            throw ErrorRow.error(EINVAL, .connecting, in: ErrorRow.smb)
        }
        defer { freeaddrinfo(first) }
        var (next, code): (UnsafeMutablePointer<addrinfo>?, Int32) = (first, ETIMEDOUT)
        while let address = next?.pointee {
            code = connectError(address, timeout: timeout)
            if code == 0 { return }
            next = address.ai_next
        }
        throw ErrorRow.error(code, .connecting, in: ErrorRow.smb)
    }

    /// The `errno` of connecting to one address; 0 when it works.
    private static func connectError(_ address: addrinfo, timeout: Duration) -> Int32 {
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(Glibc.socket(address.ai_family, kind, address.ai_protocol))
        guard socket.number >= 0 else { return errno }
        if connect(socket.number, address.ai_addr, address.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var watched = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
        guard poll(&watched, 1, Int32(clamping: timeout.milliseconds)) > 0 else { return ETIMEDOUT }
        var (code, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }
}
