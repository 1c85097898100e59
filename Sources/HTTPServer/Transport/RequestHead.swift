/// A request's head, checked more strictly than libmicrohttpd does: whatever two readers could understand differently is refused, because that
/// is how requests are smuggled past a proxy.
///
/// Source: RFC 9112 §2.2, §3, §5, §6.
struct RequestHead {
    var method: HTTPMethod
    var target: RequestTarget
    var headers: HeaderFields
    /// Host and port as the client names them; empty for an HTTP/1.0 client that does not.
    var authority: String
    var body: Framing
    /// Whether the client waits for leave before it sends the body.
    var expectsContinue: Bool
    /// HTTP/1.0 clients know no chunks.
    var isHTTP10: Bool

    enum Framing: Hashable {
        case none
        case length(Int)
        case chunked
    }

    /// - Parameter lines: the request line's three parts and the header fields as they came, each name up to the colon and each value with the
    ///   white space around it.
    /// - Throws: ``Problem``.
    init(method: String, target: String, version: String, fields: [HeaderFields.Field], limits: Limits) throws(Problem) {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Problem(505, "VERSION_NOT_SUPPORTED", "This server speaks HTTP/1.1.")
        }
        guard method.utf8.count <= 32, Self.isToken(method) else { throw Self.malformed("The method is malformed.") }
        guard target.utf8.count <= limits.targetBytes else {
            throw Problem(.uriTooLong, "ADDRESS_TOO_LONG", "An address may have \(limits.targetBytes) bytes at most.")
        }
        guard fields.count <= limits.headerFields else { throw Self.tooLarge("at most \(limits.headerFields) header fields") }
        isHTTP10 = version == "HTTP/1.0"
        self.method = HTTPMethod(rawValue: method)
        headers = HeaderFields()
        for field in fields {
            guard Self.isToken(field.name) else { throw Self.malformed("A header field's name is malformed.") }
            let value = Self.trimmed(field.value)
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw Self.malformed("A header field has a control character.")
            }
            headers.append(field.name, value)
        }
        let (path, named) = try Self.origin(target)
        self.target = try RequestTarget(path)
        let host = try Self.host(headers, isNeeded: !isHTTP10)
        authority = named ?? host
        body = try Self.framing(headers, isHTTP10: isHTTP10)
        switch headers["Expect"]?.lowercased() {
        case nil: expectsContinue = false
        case "100-continue": expectsContinue = body != .none && !isHTTP10
        default: throw Problem(417, "EXPECTATION_FAILED", "The only expectation that is met is 100-continue.")
        }
    }

    static func malformed(_ detail: String) -> Problem { Problem(.badRequest, "MALFORMED_REQUEST", detail) }

    static func tooLarge(_ limit: String) -> Problem {
        Problem(.requestHeaderFieldsTooLarge, "HEADERS_TOO_LARGE", "A request may have \(limit).")
    }

    /// The target's path and, when it is a whole URL, the authority that it names. Source: RFC 9112 §3.2.2.
    private static func origin(_ target: String) throws(Problem) -> (path: String, authority: String?) {
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.utf8.dropFirst(scheme.utf8.count)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard let authority = String(rest[..<end]), isAuthority(authority) else { throw malformed("The address names no proper host.") }
            let path = String(rest[end...]) ?? ""
            return (path.hasPrefix("/") ? path : "/" + path, authority)
        }
        return (target, nil)
    }

    private static func host(_ headers: HeaderFields, isNeeded: Bool) throws(Problem) -> String {
        let hosts = headers.values("Host")
        guard hosts.count <= 1, isNeeded ? hosts.count == 1 : true else { throw malformed("A request has exactly one Host header field.") }
        guard let host = hosts.first else { return "" }
        guard isAuthority(host) else { throw malformed("The Host header field is malformed.") }
        return host
    }

    /// A registered name or address with an optional port; nothing that could end up as markup, a path or a second header.
    static func isAuthority(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): true
                default: false
                }
            }
    }

    /// How long the body is. Source: RFC 9112 §6.3.
    private static func framing(_ headers: HeaderFields, isHTTP10: Bool) throws(Problem) -> Framing {
        let (lengths, codings) = (headers.values("Content-Length"), headers.values("Transfer-Encoding"))
        guard lengths.isEmpty || codings.isEmpty else { throw malformed("A request has Content-Length or Transfer-Encoding, never both.") }
        if let coding = codings.first {
            guard codings.count == 1, !isHTTP10 else { throw malformed("The Transfer-Encoding header field is malformed.") }
            guard coding.lowercased() == "chunked" else {
                throw Problem(501, "UNKNOWN_CODING", "The only transfer coding known is chunked.")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, !length.isEmpty, length.utf8.count <= 18,
            length.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let bytes = Int(length)
        else { throw malformed("The Content-Length header field is malformed.") }
        return bytes == 0 ? .none : .length(bytes)
    }

    /// Source: RFC 9110 §5.6.2.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !delimiters.contains($0) }
    }

    private static let delimiters = Set(#""(),/:;<=>?@[\]{}"#.utf8)

    private static func trimmed(_ value: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let first = value.utf8.firstIndex(where: { !isSpace($0) }), let last = value.utf8.lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(value[first...last])
    }
}
