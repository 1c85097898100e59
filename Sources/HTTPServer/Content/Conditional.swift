/// Names a version of something. Source: RFC 9110 §8.8.3.
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// Without the quotes.
    public var value: String
    /// Equal in meaning only, not byte for byte.
    public var isWeak: Bool

    public init(_ value: String, isWeak: Bool = false) { (self.value, self.isWeak) = (value, isWeak) }

    public var description: String { (isWeak ? "W/" : "") + "\"\(value)\"" }

    /// As a header field has it; nil when it is malformed.
    init?(header: String) {
        guard let tag = EntityTag.list(header), tag.count == 1 else { return nil }
        self = tag[0]
    }

    /// A list as `If-Match` has it; nil when it is malformed.
    static func list(_ header: String) -> [EntityTag]? {
        var tags: [EntityTag] = []
        var rest = header.utf8[...]
        func skip(_ bytes: String) { rest = rest.drop { bytes.utf8.contains($0) } }
        skip(" \t,")
        while !rest.isEmpty {
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\"") else { return nil }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")), let value = String(rest[..<end]) else { return nil }
            tags.append(EntityTag(value, isWeak: isWeak))
            rest = rest[rest.index(after: end)...]
            skip(" \t")
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            skip(" \t,")
        }
        return tags.isEmpty ? nil : tags
    }
}

extension Request {
    /// Looks at `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the standard's order.
    ///
    /// - Parameters:
    ///   - tag: of what is there now; nil when nothing is.
    ///   - modified: seconds since 1970 UTC.
    /// - Returns: whether the client has it already, so that 304 is the answer.
    /// - Throws: ``Problem`` 412 when the client's precondition does not hold.
    ///
    /// Source: RFC 9110 §13.2.2.
    public func isUnchanged(tag: EntityTag?, modified: Int? = nil) throws -> Bool {
        let failed = Problem(.preconditionFailed, "PRECONDITION_FAILED", "It was changed meanwhile: read it again.")
        if let header = combined("If-Match") {
            guard let tag else { throw failed }
            // Only equal byte for byte will do.
            let isMatch = header == "*" || (EntityTag.list(header) ?? []).contains { $0 == tag && !$0.isWeak }
            guard isMatch else { throw failed }
        } else if let header = headers["If-Unmodified-Since"], let time = HTTPDate.parse(header), let modified {
            guard modified <= time else { throw failed }
        }
        if let header = combined("If-None-Match") {
            guard let tag, header == "*" || (EntityTag.list(header) ?? []).contains(where: { $0.value == tag.value }) else { return false }
            guard method == .get || method == .head else { throw failed }
            return true
        }
        guard method == .get || method == .head, let header = headers["If-Modified-Since"], let time = HTTPDate.parse(header), let modified
        else {
            return false
        }
        return modified <= time
    }

    private func combined(_ name: String) -> String? {
        let values = headers.values(name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

/// Answers 304 when a handler's response says by its `ETag` that the client has it already. The handler's work is done all the same; what is spared
/// is the way to the client.
public struct ConditionalMiddleware: Middleware {
    public init() {}

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let response = try await next.respond(to: request)
        guard request.method == .get || request.method == .head, response.status == .ok,
            let tag = response.headers["ETag"].flatMap(EntityTag.init(header:)), try request.isUnchanged(tag: tag)
        else { return response }
        return response.notModified
    }
}

extension Response {
    /// This response for a client that has it already. Its body is left out by the transport, which tells its length. Source: RFC 9110 §15.4.5.
    var notModified: Response {
        var headers = HeaderFields()
        for field in self.headers.fields where !["content-type", "content-encoding", "content-range"].contains(field.name.lowercased()) {
            headers.append(field.name, field.value)
        }
        return Response(.notModified, headers: headers, body: body)
    }
}
