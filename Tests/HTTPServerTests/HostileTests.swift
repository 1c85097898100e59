import Foundation
import HTTPServer
import Testing

/// Requests as nobody honest sends them.
@Suite struct HostileTests {
    /// Each is refused, and what follows it on the connection is never taken for a request.
    static let shapes = [
        // Two ways to say how long a body is.
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        // Lines that do not end as they should, or go on.
        "GET / HTTP/1.1\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: y\n\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\n folded\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX\0Y: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\0: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\u{7F}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX(y): z\r\n\r\n",
        // Hosts.
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \"><script>\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n",
        // Request lines.
        "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET / http/1.1\r\nHost: h\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
        // Paths.
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /. HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%2e%2E/b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET //b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%5cb HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%0Ab HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%ffb HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a% HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /ä HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /#a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /?a=%ff HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nExpect: a miracle\r\n\r\n",
    ]

    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: shapes)
    func `a doubtful request is refused, and nothing behind it is believed`(_ shape: String) async throws {
        let recorder = Recorder()
        try await serving(recorder) { _, port in
            let answer = try Answered(Array(try await exchange(port, shape + Self.smuggled).utf8))
            #expect((400...599).contains(answer.status) && answer.status != 500)
            #expect(answer.headers["Connection"] == "close")
        }
        #expect(recorder.paths.all.isEmpty)
    }

    @Test func `it is refused over TLS as well`() async throws {
        let made = try SelfSignedCertificate.make(notBefore: Int(Date().timeIntervalSince1970) - 60)
        let credentials = try TLSCredentials(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        let recorder = Recorder()
        try await serving(recorder, tls: credentials) { _, port in
            for shape in Self.shapes {
                let command = ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
                let answer = try Answered(try await runForBytes(command, input: shape + Self.smuggled) ?? [])
                #expect((400...599).contains(answer.status) && answer.status != 500, "\(shape)")
            }
        }
        #expect(recorder.paths.all.isEmpty)
    }

    @Test func `nothing behind a chunked body is believed, since chunks are read leniently`() async throws {
        let recorder = Recorder()
        try await serving(recorder) { _, port in
            let chunks = "POST /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            let answer = try await exchange(port, chunks + Self.smuggled)
            #expect(answer.hasSuffix("answer to /first"))
        }
        #expect(recorder.paths.all == ["/first"])
    }

    @Test(arguments: ["x\r\n", "-5\r\nhello\r\n", "ffffffffffffffffff\r\n", "5\r\nhelloworld\r\n0\r\n\r\n", "\r\n\r\n"])
    func `a malformed chunk ends the connection`(_ chunk: String) async throws {
        let recorder = Recorder()
        try await serving(recorder) { _, port in
            let request = "POST /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            let answer = try await exchange(port, request + chunk + Self.smuggled)
            #expect(!answer.contains("200 OK"))
        }
        #expect(!recorder.paths.all.contains("/smuggled"))
    }

    @Test(arguments: [
        ("/" + String(repeating: "a", count: 9000), "X: y", 414),
        ("/", "X: " + String(repeating: "a", count: 17_000), 431),
        ("/", "X: " + String(repeating: "a", count: 200_000), 431),
        ("/", (0..<150).map { "X\($0): y" }.joined(separator: "\r\n"), 431),
    ])
    func `what is too large is refused`(_ target: String, _ field: String, _ status: Int) async throws {
        let recorder = Recorder()
        try await serving(recorder) { _, port in
            let client = try RawClient(port: port)
            // The server may refuse before it has everything.
            try? await client.send("GET \(target) HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
            #expect(try await client.receive(until: "\r\n").hasPrefix("HTTP/1.1 \(status) "))
        }
        #expect(recorder.paths.all.isEmpty)
    }

    @Test func `a connection may be cut at any byte`() async throws {
        let recorder = Recorder()
        let request = Array("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n0123456789".utf8)
        try await serving(recorder) { server, port in
            for length in 0...request.count {
                let client = try RawClient(port: port)
                try await client.send(Array(request[..<length]))
                client.close()
            }
            // Nothing is left of them, and the server still serves.
            await server.waitUntilIdle()
            #expect(try await exchange(port, "GET /alive HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").hasSuffix("answer to /alive"))
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: h\r\nX: ",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
    ])
    func `a client that sends a byte now and then is cut off`(_ begin: String) async throws {
        var limits = Limits()
        limits.headDuration = .milliseconds(300)
        limits.rateWindow = .milliseconds(300)
        let recorder = Recorder()
        try await serving(recorder, limits: limits) { server, port in
            let slow = try RawClient(port: port)
            try await slow.send(begin)
            let others = try (0..<20).map { _ in try RawClient(port: port) }
            #expect(try await exchange(port, "GET /fast HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").hasSuffix("answer to /fast"))
            while try await !slow.isClosed(within: 20) { try? await slow.send("x") }
            for other in others { #expect(try await other.receiveAll().isEmpty) }
            await server.waitUntilIdle()
        }
    }

    @Test func `an address has so many connections and no more`() async throws {
        var limits = Limits()
        limits.connectionsPerAddress = 2
        limits.threads = 1
        try await serving(Recorder(), limits: limits) { _, port in
            let clients = try (0..<2).map { _ in try RawClient(port: port) }
            for client in clients {
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.receive(until: "answer to /").hasPrefix("HTTP/1.1 200"))
            }
            let third = try RawClient(port: port)
            #expect(try await third.receiveAll().isEmpty)
        }
    }
}
