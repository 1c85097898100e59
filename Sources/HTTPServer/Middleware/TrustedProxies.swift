/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address. Source: RFC 4632.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let address: IPAddress
    private let bits: Int

    /// Nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let most = address.bytes.count * 8
        guard parts.count == 2 else {
            (self.address, bits) = (address, most)
            return
        }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let bits = Int(parts[1]), bits <= most
        else {
            return nil
        }
        (self.address, self.bits) = (address, bits)
    }

    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = bits / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return bits % 8 == 0 || other.bytes[whole] & mask == address.bytes[whole] & mask
    }

    public var description: String { "\(address)/\(bits)" }
}

/// Believes what trusted proxies say of their clients, and nobody else: for others the `X-Forwarded` header fields are taken away.
///
/// The client is the rightmost address of `X-Forwarded-For` that is no trusted proxy: everything left of it could be the client's own invention.
/// Of `X-Forwarded-Proto` and `X-Forwarded-Host` the rightmost is taken, which the nearest proxy wrote.
public struct TrustedProxies: Middleware {
    private let ranges: [AddressRange]

    public init(_ ranges: [AddressRange]) { self.ranges = ranges }

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var request = request
        let (addresses, proto, host) = (
            elements("X-Forwarded-For", request), elements("X-Forwarded-Proto", request).last, elements("X-Forwarded-Host", request).last
        )
        for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"] { request.headers[name] = nil }
        if case .address(let text) = request.peer, let nearest = IPAddress(text), isTrusted(nearest) {
            request.peer = .address(client(behind: nearest, addresses).description)
            if let proto { request.isSecure = proto.lowercased() == "https" }
            if let host, RequestHead.isAuthority(host) { request.authority = host }
        }
        return try await next.respond(to: request)
    }

    private func client(behind proxy: IPAddress, _ addresses: [String]) -> IPAddress {
        var client = proxy
        for text in addresses.reversed() {
            // What is no address ends the chain: nothing left of it can be believed.
            guard isTrusted(client), let address = IPAddress(Self.withoutPort(text)) else { break }
            client = address
        }
        return client
    }

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    private func elements(_ name: String, _ request: Request) -> [String] {
        request.headers.values(name).flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { String($0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()) }
    }

    /// `192.0.2.1:5000`, `[2001:db8::1]:5000` and `[2001:db8::1]`, as some proxies write them.
    private static func withoutPort(_ text: String) -> String {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text[text.index(after: text.startIndex)..<end]) }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        return colons == 1 ? String(text.prefix { $0 != ":" }) : text
    }
}
