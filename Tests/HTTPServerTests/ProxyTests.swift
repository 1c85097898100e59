import HTTPServer
import NetworkAddress
import Testing

/// Who is believed when it says who the client is.
@Suite struct ProxyTests {
    private struct Seen: Hashable { var peer, authority: String, isSecure: Bool }

    private func seen(from peer: Peer, _ headers: HeaderFields, trusting ranges: [String] = ["10.0.0.0/8", "fd00::/8"]) async throws -> Seen
    {
        let events = Events<Seen>()
        let responder = Handler { request in
            #expect(request.headers["X-Forwarded-For"] == nil)
            events.add(Seen(peer: request.peer.text, authority: request.authority, isSecure: request.isSecure))
            return Response()
        }.behind([TrustedProxies(try ranges.map { try #require(AddressRange($0)) })])
        var request = Request(
            method: .get, rawPath: "/", segments: [], query: QueryParameters(), headers: headers, body: RequestBody(), peer: peer,
            isSecure: false, authority: "inside", id: "test")
        request.headers["Host"] = "inside"
        _ = try await responder.respond(to: request)
        return try #require(events.all.first)
    }

    @Test func `nobody but a trusted proxy is believed`() async throws {
        let claims: HeaderFields = ["X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"]
        let expected = Seen(peer: "192.0.2.1", authority: "inside", isSecure: false)
        #expect(try await seen(from: .address("192.0.2.1"), claims) == expected)
        #expect(try await seen(from: .local, claims).peer == "local")
        #expect(try await seen(from: .address("10.0.0.1"), claims) == Seen(peer: "1.2.3.4", authority: "evil.test", isSecure: true))
    }

    @Test(arguments: [
        ("203.0.113.9", "203.0.113.9"),
        // What the client invented stands left of what the proxies saw.
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.9.9.9, 10.0.0.7", "203.0.113.9"),
        ("203.0.113.9:51234, 10.0.0.7", "203.0.113.9"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("2001:db8::1, fd00::7", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        // Behind what is no address, nothing is believed.
        ("203.0.113.9, unknown", "10.0.0.1"),
        ("203.0.113.9, , 10.0.0.7", "10.0.0.7"),
        ("", "10.0.0.1"),
        // Nobody but proxies: the outermost.
        ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
    ])
    func `the client is the rightmost address that is no proxy`(_ header: String, _ client: String) async throws {
        #expect(try await seen(from: .address("10.0.0.1"), ["X-Forwarded-For": header]).peer == client)
    }

    @Test func `several fields are one list, and the nearest proxy's word counts`() async throws {
        var headers: HeaderFields = ["X-Forwarded-Proto": "https, http"]
        headers.append("X-Forwarded-For", "203.0.113.9")
        headers.append("X-Forwarded-For", "10.0.0.7")
        #expect(try await seen(from: .address("10.0.0.1"), headers) == Seen(peer: "203.0.113.9", authority: "inside", isSecure: false))
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/-1", "10.0.0.0/", "::1/129", "10.0.0.1/8", "10.0.0.0/8/8", ""])
    func `what is no range of addresses is refused`(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ])
    func `an IPv6 address counts as its network`(_ address: String, _ household: String) {
        #expect(IPAddress(address)?.household == household)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.128/25", "192.0.2.127", false),
        ("192.0.2.128/25", "192.0.2.129", true), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("::1", "::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true), ("127.0.0.1", "127.0.0.2", false),
    ])
    func `a range holds what its bits say`(_ range: String, _ address: String, _ holds: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(IPAddress(address))) == holds)
    }
}
