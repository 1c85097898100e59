public import NetworkAddress

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
