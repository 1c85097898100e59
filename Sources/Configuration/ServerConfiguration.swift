public import NetworkAddress

/// What the `server` object of `config.json` says, every value filled in.
public struct ServerConfiguration: Hashable, Sendable {
    /// Where the server listens.
    public var listen: ListenAddress
    /// The certificate chain in PEM form, an absolute path; nil for none.
    public var tlsCertificate: String?
    /// The certificate's key in PEM form, an absolute path; there exactly when ``tlsCertificate`` is.
    public var tlsKey: String?
    /// Whether the server makes a certificate of its own, for a try-out.
    public var isSelfSigned: Bool
    /// Whether it may listen without TLS on an address that other machines reach.
    public var allowsPlainHTTP: Bool
    /// Whose `X-Forwarded-` fields are believed.
    public var trustedProxies: [AddressRange]
    /// The address that people use, when it is not the one listened on; without `/` at its end.
    public var publicURL: String?
    /// A session that is not used for so long ends.
    public var sessionIdle: Duration
    /// A session ends after so long in any case.
    public var sessionMaximum: Duration
    /// The most connections in total.
    public var connections: Int
    /// The most connections of one address.
    public var connectionsPerAddress: Int
    /// How many requests are answered before some are refused with 429, in percent of the usual.
    public var rateLimitPercent: Int
    /// A client that sends nothing, or takes nothing, for so long is cut off.
    public var requestTimeout: Duration
    /// The folder of the pages, an absolute path; nil when it is the one beside the program.
    public var webFolder: String?

    /// Every value as it is when nothing is configured.
    public init() {
        listen = ListenAddress(host: "127.0.0.1", port: 8443)
        (tlsCertificate, tlsKey, isSelfSigned, allowsPlainHTTP) = (nil, nil, false, false)
        (trustedProxies, publicURL) = ([], nil)
        (sessionIdle, sessionMaximum) = (.seconds(30 * 60), .seconds(12 * 3_600))
        (connections, connectionsPerAddress, requestTimeout) = (2_000, 200, .seconds(30))
        (rateLimitPercent, webFolder) = (100, nil)
    }

    /// Whether connections are encrypted.
    public var usesTLS: Bool { tlsCertificate != nil || isSelfSigned }
}

/// Reads the `server` object.
struct ServerReader {
    private var reader: ObjectReader
    private let folder: String

    /// - Parameter folder: what relative paths are relative to.
    init(_ reader: ObjectReader, folder: String) { (self.reader, self.folder) = (reader, folder) }

    mutating func read() -> (server: ServerConfiguration, problems: [ConfigurationProblem]) {
        var server = ServerConfiguration()
        server.listen = readListen() ?? server.listen
        readTLS(into: &server)
        server.allowsPlainHTTP = reader.boolean("allow_plain_http") ?? server.allowsPlainHTTP
        server.trustedProxies = readProxies()
        server.publicURL = readPublicURL()
        readSessions(into: &server)
        readLimits(into: &server)
        server.webFolder = path("web_folder")
        reader.finish()
        return (server, reader.problems)
    }

    private mutating func readListen() -> ListenAddress? {
        guard let text = reader.string("listen") else { return nil }
        guard let address = ListenAddress(text) else {
            reader.report("listen", "must be an IP address or localhost, and a port, such as \"127.0.0.1:8443\" or \"[::]:443\"")
            return nil
        }
        return address
    }

    private mutating func readTLS(into server: inout ServerConfiguration) {
        server.tlsCertificate = path("tls_certificate")
        server.tlsKey = path("tls_key")
        server.isSelfSigned = reader.boolean("self_signed") ?? server.isSelfSigned
        if reader.has("tls_certificate"), !reader.has("tls_key") { reader.report("tls_certificate", "needs tls_key beside it") }
        if reader.has("tls_key"), !reader.has("tls_certificate") { reader.report("tls_key", "needs tls_certificate beside it") }
        if server.isSelfSigned, reader.has("tls_certificate") {
            reader.report("self_signed", "must not be true beside tls_certificate; give one of them")
        }
    }

    private mutating func readProxies() -> [AddressRange] {
        var ranges: [AddressRange] = []
        for text in reader.strings("trusted_proxies") ?? [] {
            if let range = AddressRange(text) {
                ranges.append(range)
            } else {
                reader.report(
                    "trusted_proxies", "must list IP addresses or networks such as \"10.0.0.7\" or \"10.1.0.0/16\"; found \"\(text)\"")
            }
        }
        return ranges
    }

    private mutating func readPublicURL() -> String? {
        guard let text = reader.string("public_url") else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
        let authority = rest.map { $0.hasSuffix("/") ? $0.dropLast() : $0 }
        guard let authority, !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else {
            reader.report("public_url", "must be the address that people type, without a path, such as \"https://fileroom.example\"")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private mutating func readSessions(into server: inout ServerConfiguration) {
        let idle = reader.integer("session_idle_minutes", in: 1...1_440)
        let most = reader.integer("session_max_hours", in: 1...720)
        if let idle { server.sessionIdle = .seconds(idle * 60) }
        if let most { server.sessionMaximum = .seconds(most * 3_600) }
        if server.sessionIdle > server.sessionMaximum {
            reader.report("session_idle_minutes", "must not be longer than session_max_hours")
        }
    }

    private mutating func readLimits(into server: inout ServerConfiguration) {
        server.connections = reader.integer("connections", in: 16...100_000) ?? server.connections
        let perAddress = reader.integer("connections_per_address", in: 4...100_000)
        if let perAddress, perAddress > server.connections {
            reader.report("connections_per_address", "must not be greater than connections, which is \(server.connections)")
        }
        server.connectionsPerAddress = perAddress ?? min(server.connectionsPerAddress, server.connections)
        server.rateLimitPercent = reader.integer("rate_limit_percent", in: 10...100_000) ?? server.rateLimitPercent
        server.requestTimeout = reader.seconds("request_timeout_seconds", in: 1...3_600) ?? server.requestTimeout
    }

    private mutating func path(_ key: String) -> String? {
        reader.string(key).map { SourceAddress.absolute($0, workingDirectory: folder) }
    }
}
