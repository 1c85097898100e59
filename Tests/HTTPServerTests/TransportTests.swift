import Foundation
import HTTPServer
import Testing

@Suite struct TransportTests {
    @Test func `a request is answered and the connection kept for the next`() async throws {
        let echo = Handler { Response(contentType: "text/plain", bytes: Array("\($0.method) \($0.segments) \($0.query.items)".utf8)) }
        try await serving(echo) { _, port in
            let client = try RawClient(port: port)
            try await client.send("GET /a%20b/c?x=1&y HTTP/1.1\r\nHost: h\r\n\r\n")
            let first = try await client.receive(until: "\"\")]")
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(!first.contains("Connection: close"))
            try await client.send("GET /second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let second = try await client.receiveAll()
            #expect(second.hasSuffix(#"GET ["second"] []"#), "\(second)")
        }
    }

    @Test(
        arguments: [
            ("GET", HTTPStatus.notModified, nil), ("GET", .notModified, 10), ("GET", .noContent, nil), ("HEAD", .ok, 10),
        ] as [(String, HTTPStatus, Int?)])
    func `after a response without body comes the next, and nothing between`(_ method: String, _ status: HTTPStatus, _ length: Int?)
        async throws
    {
        let app = Handler { request in
            guard request.rawPath == "/empty" else { return Response(contentType: "text/plain", bytes: Array("next".utf8)) }
            return Response(status, body: .stream(length: length) { try await $0.write([UInt8](repeating: 0x61, count: length ?? 5)) })
        }
        try await serving(app) { _, port in
            let client = try RawClient(port: port)
            try await client.send("\(method) /empty HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let answers = try await client.receiveAll().components(separatedBy: "\r\n\r\n")
            #expect(answers.count == 3 && answers[1].hasPrefix("HTTP/1.1 200") && answers[2] == "next", "\(answers)")
        }
    }

    @Test func `HEAD of a stream without length has no chunks`() async throws {
        let app = Handler { _ in Response(body: .stream(length: nil) { try await $0.write([0x61]) }) }
        try await serving(app) { _, port in
            let answer = try await exchange(port, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(
                answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("\r\n\r\n") && !answer.contains("chunked")
                    && !answer.contains("0\r\n\r\n"))
        }
    }

    @Test func `a body streams in, then out`() async throws {
        let echo = Handler { request in
            var pieces: [[UInt8]] = []
            for try await piece in request.body { pieces.append(piece) }
            return Response(body: .stream(length: nil) { [pieces] writer in for piece in pieces { try await writer.write(piece) } })
        }
        try await serving(echo) { _, port in
            let client = try RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello")
            try await client.send("world")
            let answer = try await client.receiveAll()
            #expect(answer.contains("Transfer-Encoding: chunked") && answer.contains("hello") && answer.contains("world"), "\(answer)")
        }
    }

    @Test func `a socket file in a long path answers its owner as local`() async throws {
        let folder = try ScratchFolder()
        let path = folder.path + "control.sock"
        let server = try await HTTPServer.start(
            listening: [.unix(path: path)], responder: Handler { Response(contentType: "text/plain", bytes: Array($0.peer.text.utf8)) })
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let client = try RawClient(path: path)
        try await client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try await client.receiveAll().hasSuffix("local"))
        await server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `TLS shows the certificate, and another one once it is reloaded`() async throws {
        let first = try SelfSignedCertificate.make(names: ["first.test"], notBefore: Int(Date().timeIntervalSince1970) - 60)
        let second = try SelfSignedCertificate.make(names: ["second.test"], notBefore: Int(Date().timeIntervalSince1970) - 60)
        let credentials = try TLSCredentials(certificatePEM: first.certificatePEM, keyPEM: first.keyPEM)
        let isSecure = Handler { Response(contentType: "text/plain", bytes: Array("secure: \($0.isSecure)".utf8)) }
        try await serving(isSecure, tls: credentials) { _, port in
            #expect(try await curl(port, "first.test", trusting: first) == "secure: true")
            #expect(try await curl(port, "second.test", trusting: second) == nil)
            try credentials.reload(certificatePEM: second.certificatePEM, keyPEM: second.keyPEM)
            #expect(try await curl(port, "second.test", trusting: second) == "secure: true")
            #expect(throws: ServerError.self) { try credentials.reload(certificatePEM: first.certificatePEM, keyPEM: second.keyPEM) }
        }
    }

    @Test func `a certificate that vouches for itself is known for one, and another is not taken for it`() async throws {
        let own = try SelfSignedCertificate.make(notBefore: Int(Date().timeIntervalSince1970) - 60)
        #expect(try TLSCredentials(certificatePEM: own.certificatePEM, keyPEM: own.keyPEM).isSelfSigned)
        let folder = try ScratchFolder()
        func content(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + name))) }
        for (name, issuer) in [("issuer", []), ("server", ["-CA", folder.path + "issuer.pem", "-CAkey", folder.path + "issuer.key"])] {
            let output = ["-keyout", folder.path + name + ".key", "-out", folder.path + name + ".pem", "-subj", "/CN=" + name]
            _ = try await run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"] + output
                    + issuer)
        }
        #expect(try TLSCredentials(certificatePEM: content("issuer.pem"), keyPEM: content("issuer.key")).isSelfSigned)
        #expect(try !TLSCredentials(certificatePEM: content("server.pem"), keyPEM: content("server.key")).isSelfSigned)
    }

    /// What curl gets from a host that it verifies; nil when it refuses.
    private func curl(_ port: Int, _ host: String, trusting certificate: SelfSignedCertificate) async throws -> String? {
        let folder = try ScratchFolder()
        try Data(certificate.certificatePEM).write(to: URL(fileURLWithPath: folder.path + "ca.pem"))
        return try await run([
            "curl", "-sS", "--cacert", folder.path + "ca.pem", "--resolve", "\(host):\(port):127.0.0.1", "https://\(host):\(port)/",
        ])
    }
}
