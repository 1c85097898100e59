import Configuration
import Testing

@Suite struct ServerConfigurationTests {
    private func read(_ server: String) throws -> ServerConfiguration {
        try FileroomConfiguration(json: Array(#"{"server": \#(server)}"#.utf8), folder: "/etc/fileroom").server
    }

    @Test func `without a word the server listens on this machine only and encrypts nothing`() throws {
        let server = try read("{}")
        #expect(server == ServerConfiguration())
        #expect(server.listen.isLoopback && !server.usesTLS)
    }

    @Test func `every key is taken`() throws {
        let server = try read(
            """
            {"listen": "[::]:443", "tls_certificate": "a.pem", "tls_key": "/k.pem", "allow_plain_http": true,
             "trusted_proxies": ["10.1.0.0/16", "::1"], "public_url": "https://room.example/", "session_idle_minutes": 5,
             "session_max_hours": 2, "connections": 100, "connections_per_address": 50, "rate_limit_percent": 300, "request_timeout_seconds": 2.5, "web_folder": "web"}
            """)
        #expect(server.listen == ListenAddress(host: "::", port: 443) && !server.listen.isLoopback)
        #expect(server.tlsCertificate == "/etc/fileroom/a.pem" && server.tlsKey == "/k.pem" && server.usesTLS)
        #expect(server.trustedProxies.map(\.description) == ["10.1.0.0/16", "::1"])
        #expect(server.trustedProxies.count == 2)
        #expect(server.publicURL == "https://room.example" && server.webFolder == "/etc/fileroom/web")
        #expect(server.sessionIdle == .seconds(300) && server.sessionMaximum == .seconds(7_200))
        #expect((server.connections, server.connectionsPerAddress, server.requestTimeout) == (100, 50, .seconds(2.5)))
        #expect(server.rateLimitPercent == 300)
    }

    @Test(arguments: [
        (#"{"listen": "8443"}"#, "server.listen"), (#"{"listen": "example.org:1"}"#, "server.listen"),
        (#"{"listen": "::1:80"}"#, "server.listen"), (#"{"listen": "1.2.3.4:65536"}"#, "server.listen"),
        (#"{"tls_certificate": "a"}"#, "server.tls_certificate"), (#"{"tls_key": "a"}"#, "server.tls_key"),
        (#"{"self_signed": true, "tls_certificate": "a", "tls_key": "b"}"#, "server.self_signed"),
        (#"{"trusted_proxies": ["10.1.2.3/16"]}"#, "server.trusted_proxies"),
        (#"{"trusted_proxies": ["nas"]}"#, "server.trusted_proxies"),
        (#"{"public_url": "room.example"}"#, "server.public_url"), (#"{"public_url": "https://a/b"}"#, "server.public_url"),
        (#"{"session_idle_minutes": 600, "session_max_hours": 1}"#, "server.session_idle_minutes"),
        (#"{"connections": 20, "connections_per_address": 30}"#, "server.connections_per_address"),
        (#"{"conections": 20}"#, "server.conections"), (#""yes""#, "server"),
    ])
    func `what is wrong is told with its path`(server: String, path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(server) }
        #expect(error?.problems.map(\.path) == [path])
    }

    @Test func `a source's schedule is checked like everything else`() throws {
        let source = #""name": "a", "type": "local", "path": "/a", "watch": true, "schedule""#
        let good = try FileroomConfiguration(json: Array(#"{"sources": [{\#(source): "0  2 * * *"}]}"#.utf8), folder: "/")
        #expect(good.sources[0].schedule?.description == "0 2 * * *" && good.sources[0].isWatched)
        let error = #expect(throws: ConfigurationError.self) {
            try FileroomConfiguration(json: Array(#"{"sources": [{\#(source): "0 25 * * *"}]}"#.utf8), folder: "/")
        }
        #expect(error?.problems.map(\.path) == ["sources[0].schedule"])
    }
}
