/// A network of IP addresses, or one address.
///
/// Source: RFC 4632 §3.1.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let address: IPAddress
    /// How many bits of an address must be the same.
    private let prefixLength: Int
    /// As it was written.
    public let description: String

    /// Reads `10.1.0.0/16`, `fd00::/8` or an address alone; nil when it is none of these, or has bits behind its prefix.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard let length = parts.count == 1 ? bits : UInt8(parts[1]).map(Int.init), length <= bits else { return nil }
        (self.address, prefixLength, description) = (address, length, text)
        guard Self.masked(address.bytes, length) == address.bytes else { return nil }
    }

    /// Whether an address is in the network.
    public func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count && Self.masked(other.bytes, prefixLength) == address.bytes
    }

    private static func masked(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 8 ? byte : byte & ~(0xFF >> UInt8(kept))
        }
    }
}
