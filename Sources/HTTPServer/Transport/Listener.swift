internal import Glibc
internal import Synchronization

/// Where a server listens.
public enum Listener: Sendable {
    /// A host name or an IPv4 or IPv6 address, and a port; 0 takes a free one. Without credentials it speaks plain HTTP.
    case tcp(host: String, port: Int, tls: TLSCredentials? = nil)
    /// A socket file of mode 0600; one that is there already is replaced, so the caller must own its folder. Whoever comes this way is
    /// ``Peer/local``. The path may be longer than a socket address has room for.
    case unix(path: String)
}

/// Where a server listens in fact.
public enum BoundAddress: Sendable, Hashable {
    case tcp(host: String, port: Int, isSecure: Bool)
    case unix(path: String)

    /// The port; nil for a Unix socket.
    public var port: Int? { if case .tcp(_, let port, _) = self { port } else { nil } }
}

/// A listening socket that closes itself.
///
/// Source: socket(7), unix(7).
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let address: BoundAddress
    /// The socket file, to be removed at the end.
    private let path: String?
    private let isRemoved = Atomic<Bool>(false)

    private init(descriptor: Int32, address: BoundAddress, path: String? = nil) {
        (self.descriptor, self.address, self.path) = (descriptor, address, path)
    }

    deinit { close(descriptor) }

    /// Lets nobody connect any more, while the descriptor stays valid for libmicrohttpd.
    func refuse() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Whoever comes now finds nobody.
    func removeFile() {
        let isFirst = isRemoved.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        // Another server may have put its own there since.
        if isFirst, let path { unlink(path) }
    }

    /// Blocks while a host name is looked up.
    static func open(_ listener: Listener) throws -> ListeningSocket {
        switch listener {
        case .tcp(let host, let port, let tls): try tcp(host: host, port: port, isSecure: tls != nil)
        case .unix(let path): try unix(path)
        }
    }

    private static func tcp(host: String, port: Int, isSecure: Bool) throws -> ListeningSocket {
        guard (0...65535).contains(port) else { throw ServerError("\(port) is no port: it must be 0 to 65535.") }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else {
            throw ServerError("The host \(host) to listen on is not known: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let descriptor = try make(first.pointee.ai_family)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, 1024) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ServerError("Cannot listen on \(host), port \(port): \(reason)")
        }
        let address = BoundAddress.tcp(host: host, port: boundPort(descriptor), isSecure: isSecure)
        return ListeningSocket(descriptor: descriptor, address: address)
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            // Both families have the port at the same place.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
        }
    }

    /// An address has room for 107 bytes, a folder's path may be longer: the folder is therefore named by a descriptor.
    private static func unix(_ path: String) throws -> ListeningSocket {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = String(path[(end.map { path.index(after: $0) } ?? path.startIndex)...])
        func failure() -> ServerError { ServerError("The socket \(path) cannot be opened: \(String(cString: strerror(errno)))") }
        let directory = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure() }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let short = "/proc/self/fd/\(directory)/\(name)"
        guard !name.isEmpty, short.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ServerError("The socket \(path) cannot be opened: its name is empty or too long.")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
        unlinkat(directory, name, 0)
        let descriptor = try make(AF_UNIX)
        // The file gets the socket's own mode: nobody can connect in between.
        fchmod(descriptor, 0o600)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard bound == 0, listen(descriptor, 1024) == 0 else {
            defer { close(descriptor) }
            throw failure()
        }
        return ListeningSocket(descriptor: descriptor, address: .unix(path: path), path: path)
    }

    private static func make(_ family: Int32) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw ServerError("No socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }
}
