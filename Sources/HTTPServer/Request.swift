/// One request, as a handler sees it.
public struct Request: Sendable {
    public var method: HTTPMethod
    /// The path as sent, without the query; percent-encoded. Never for logs: it may name a patient's study, or hold a link's secret.
    public var rawPath: String
    /// The path's segments, each percent-decoded: `/api/studies/1.2` is `["api", "studies", "1.2"]`. A segment may hold `/`, never `.` or `..`.
    public var segments: [String]
    public var query: QueryParameters
    public var headers: HeaderFields
    public var body: RequestBody
    public var peer: Peer
    /// Whether the client's connection is encrypted: to us, or to a trusted proxy that says so.
    public var isSecure: Bool
    /// Host and port as the client knows them: `Host`, or what a trusted proxy says.
    public var authority: String
    /// Names this request in logs, answers and problems.
    public var id: String
    /// What the route's pattern found; see ``Router``.
    public internal(set) var parameters = PathParameters()
    /// The pattern of the route that was taken, such as `/api/studies/{uid}`: the name of the route in metrics. Nil before routing.
    public internal(set) var route: String?
    private var values: [ObjectIdentifier: any Sendable] = [:]

    public init(
        method: HTTPMethod, rawPath: String, segments: [String], query: QueryParameters, headers: HeaderFields, body: RequestBody,
        peer: Peer, isSecure: Bool, authority: String, id: String
    ) {
        (self.method, self.rawPath, self.segments, self.query) = (method, rawPath, segments, query)
        (self.headers, self.body, self.peer) = (headers, body, peer)
        (self.isSecure, self.authority, self.id) = (isSecure, authority, id)
    }

    /// What a middleware has found out, for those behind it.
    public subscript<Key: RequestKey>(key: Key.Type) -> Key.Value? {
        get { values[ObjectIdentifier(key)] as? Key.Value }
        set { values[ObjectIdentifier(key)] = newValue }
    }
}

/// Names a value that a middleware attaches to a request.
public protocol RequestKey {
    associatedtype Value: Sendable
}

/// Who is at the other end.
public enum Peer: Sendable, Hashable {
    /// A process of this machine over a Unix socket, whose permissions let only the data folder's owner in.
    case local
    /// An IP address without port: the connection's, or the one that a trusted proxy names.
    case address(String)

    /// For logs and the audit trail.
    public var text: String {
        switch self {
        case .local: "local"
        case .address(let address): address
        }
    }
}

/// The query's parameters, decoded, in their order.
public struct QueryParameters: Sendable, Hashable {
    public private(set) var items: [(name: String, value: String)]

    public init(_ items: [(name: String, value: String)] = []) { self.items = items }

    /// The first value of a name.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// Every value of a name.
    public func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// From `application/x-www-form-urlencoded`, as queries and forms have them; nil when the encoding is wrong, or what it encodes is not UTF-8.
    ///
    /// Source: the URL standard, "application/x-www-form-urlencoded parsing".
    init?(encoded text: some Collection<UInt8>) {
        items = []
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let sign = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = RequestTarget.decode(pair[..<sign], plusIsSpace: true),
                let value = RequestTarget.decode(pair[sign...].dropFirst(), plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
    }

    public static func == (one: Self, other: Self) -> Bool {
        one.items.count == other.items.count && zip(one.items, other.items).allSatisfy { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        for item in items {
            hasher.combine(item.name)
            hasher.combine(item.value)
        }
    }
}

/// A request's body, which streams in: nothing is read from the client faster than the handler takes it.
///
/// To be read once, by one task.
public struct RequestBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    /// Gives the next piece; nil at the end.
    public typealias Source = @Sendable () async throws -> [UInt8]?

    /// The length that the client announced, in bytes; nil when it is chunked.
    public var announcedLength: Int?
    private let next: Source

    public init(announcedLength: Int?, next: @escaping Source) {
        (self.announcedLength, self.next) = (announcedLength, next)
    }

    /// A body that is there already, as tests and in-process calls have it.
    public init(_ bytes: [UInt8] = []) {
        let once = OnePiece(bytes)
        self.init(announcedLength: bytes.count) { await once.take() }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: Source
        public mutating func next() async throws -> [UInt8]? { try await source() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: next) }

    /// The whole body.
    ///
    /// - Throws: ``Problem`` 413 when it is longer than `limit` bytes.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        if let announcedLength, announcedLength > limit { throw Problem.tooLarge(limit) }
        var whole: [UInt8] = []
        for try await piece in self {
            guard whole.count + piece.count <= limit else { throw Problem.tooLarge(limit) }
            whole += piece
        }
        return whole
    }

    private actor OnePiece {
        private var bytes: [UInt8]?
        init(_ bytes: [UInt8]) { self.bytes = bytes.isEmpty ? nil : bytes }
        func take() -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}
