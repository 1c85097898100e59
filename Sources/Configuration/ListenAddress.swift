internal import Glibc

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
            guard IPAddress.bytes(self.host)?.count == 16 else { return nil }
        } else {
            self.host = host.lowercased()
            guard self.host == "localhost" || IPAddress.bytes(self.host)?.count == 4 else { return nil }
        }
        self.port = Int(port)
    }

    /// Whether only this machine reaches it.
    public var isLoopback: Bool {
        guard let bytes = IPAddress.bytes(host) else { return host == "localhost" }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// As ``init(_:)`` reads it.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A network of IP addresses, or one address.
///
/// Source: RFC 4632 §3.1.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// The network's address: 4 or 16 bytes, in network order, those behind the prefix being zero.
    public let bytes: [UInt8]
    /// How many bits of an address must be the same.
    public let prefixLength: Int
    /// As it was written.
    public let description: String

    /// Reads `10.1.0.0/16`, `fd00::/8` or an address alone; nil when it is none of these, or has bits behind its prefix.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = IPAddress.bytes(String(parts[0])) else { return nil }
        let bits = bytes.count * 8
        guard let length = parts.count == 1 ? bits : UInt8(parts[1]).map(Int.init), length <= bits else { return nil }
        (self.bytes, prefixLength, description) = (bytes, length, text)
        guard Self.masked(bytes, length) == bytes else { return nil }
    }

    /// Whether an address, in the usual notation, is in the network.
    public func contains(_ address: String) -> Bool {
        guard let other = IPAddress.bytes(address), other.count == bytes.count else { return false }
        return Self.masked(other, prefixLength) == bytes
    }

    private static func masked(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 8 ? byte : byte & ~(0xFF >> UInt8(kept))
        }
    }
}

/// Source: `inet_pton(3)`.
enum IPAddress {
    /// 4 or 16 bytes in network order; nil when it is no address.
    static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
