internal import NetworkAddress

/// An IP address and a port to listen on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address, without brackets; `localhost` stands for both of the machine's own.
    public var host: String
    /// 0 lets the system choose.
    public var port: Int

    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// Reads `127.0.0.1:8443`, `localhost:8443` or `[::1]:8443`; nil when it is none of these.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.host = String(host.dropFirst().dropLast())
            guard self.host.contains(":"), IPAddress(self.host) != nil else { return nil }
        } else {
            self.host = host.lowercased()
            guard self.host == "localhost" || !self.host.contains(":") && IPAddress(self.host) != nil else { return nil }
        }
        self.port = Int(port)
    }

    /// Whether only this machine reaches it.
    public var isLoopback: Bool { IPAddress(host)?.isLoopback ?? (host == "localhost") }

    /// As ``init(_:)`` reads it.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
