import CommandLineInterface
import Foundation
import HTTPClient
import Synchronization

/// One call of the API.
struct APICall: Sendable {
    var method: String
    /// Percent-encoded, with the query.
    var target: String
    var body: Data?
    /// Whether the answer is waited for however long it takes: reaching a share, removing a million files, copying a database.
    var mayTakeLong = false
    /// Whether it does no harm to ask again when the answer was lost.
    var isRepeatable: Bool

    /// - Parameter path: its segments, which may hold any character.
    init(_ method: String, _ path: [String], query: [(name: String, value: String?)] = [], body: (any Encodable & Sendable)? = nil) throws {
        self.method = method
        let items = query.compactMap { item in item.value.map { "\(item.name)=\(Self.encoded($0))" } }
        target = "/" + path.map(Self.encoded).joined(separator: "/") + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
        self.body = try body.map { try Self.encoder.encode($0) }
        isRepeatable = method != "POST"
    }

    /// Everything but RFC 3986's unreserved characters.
    private static func encoded(_ text: String) -> String {
        let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }
}

/// What a call came to: a status below 400, with its JSON.
struct APIAnswer: Sendable {
    let body: Data

    /// - Throws: ``Failure`` when it is not of that form.
    func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Value.self, from: body)
        } catch {
            throw Failure("The server's answer is not understood: are both of the same version? \(error)")
        }
    }

    /// The answer's objects as they came: of a list, each.
    ///
    /// - Throws: ``Failure`` when it is no JSON.
    func json() throws -> [String: Any] {
        guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            throw Failure("The server's answer is not understood: are both of the same version?")
        }
        return object
    }
}

/// The process that was asked ended, or is about to, or is not there yet: somebody else must do it.
struct OwnerGone: Error {
    /// It is there, and takes no more orders.
    var isEnding = false
}

/// The API of a server, however it is reached.
protocol APIClient: Sendable {
    /// - Throws: ``Failure`` in the words of the problem; ``OwnerGone``.
    func answer(_ call: APICall) async throws -> APIAnswer
    /// Hands the answer over while it comes.
    ///
    /// - Parameter receive: may wait, and is never called on the cooperative pool.
    /// - Throws: ``Failure``; ``OwnerGone``; what `receive` throws.
    func download(_ call: APICall, _ receive: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) async throws
}

extension APIClient {
    func get<Value: Decodable>(_ path: String..., query: [(name: String, value: String?)] = []) async throws -> Value {
        try await answer(APICall("GET", path, query: query)).decoded()
    }
}

/// Asks over HTTP: the owner of a data folder on its socket, or a server on the network.
struct HTTPAPIClient: APIClient {
    private let client: HTTPClient
    private let key: String?
    /// Whether the server is the owner of our data folder, whose work another may take over.
    private let isOwner: Bool

    /// The process that owns the data folder.
    init(owner folder: String) throws {
        client = try HTTPClient(.socket(in: folder, named: "control.sock"))
        (key, isOwner) = (nil, true)
    }

    /// A server on the network.
    init(url: String, certificateAuthority: String?, key: String) throws {
        client = try HTTPClient(.url(url, certificateAuthority: certificateAuthority))
        (self.key, isOwner) = (key, false)
    }

    func answer(_ call: APICall) async throws -> APIAnswer {
        try await run(call) { try await client.send($0) }
    }

    func download(_ call: APICall, _ receive: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) async throws {
        let isBegun = Atomic<Bool>(false)
        do {
            _ = try await run(call) { request in
                try await client.download(request) { piece in
                    isBegun.store(true, ordering: .relaxed)
                    try receive(piece)
                }
            }
        } catch is OwnerGone where isBegun.load(ordering: .relaxed) {
            // What another process gave would follow what is there already.
            throw Failure("The process that owns the data folder ended in the middle of its answer. Ask again.")
        }
    }

    private func run(_ call: APICall, _ send: (ClientRequest) async throws -> ClientResponse) async throws -> APIAnswer {
        var request = ClientRequest(call.method, call.target, headers: [("Accept", "application/json")], body: call.body.map(Array.init))
        if call.body != nil { request.headers.append(("Content-Type", "application/json")) }
        if let key { request.headers.append(("Authorization", "Bearer \(key)")) }
        if call.mayTakeLong { request.timeout = nil }
        request.awaitsLeave = isOwner && !call.isRepeatable
        let response: ClientResponse
        do {
            response = try await send(request)
        } catch let error as HTTPClientError {
            throw meaning(of: error, call)
        }
        let problem = APIProblem(status: response.status, body: Data(response.body))
        if isOwner, let problem, problem.isEnding { throw OwnerGone(isEnding: true) }
        if let problem { throw Failure(problem) }
        return APIAnswer(body: Data(response.body))
    }

    private func meaning(of error: HTTPClientError, _ call: APICall) -> any Error {
        switch error.code {
        case .refusedByReceiver: error.underlying ?? error
        case .cancelled: CancellationError()
        case .nobodyListens, .notBegun: OwnerGone()
        case .cut where isOwner && call.isRepeatable: OwnerGone()
        case .cut where isOwner:
            Failure("The process that owns the data folder ended while it was asked; what was asked may have been done or not.")
        default: Failure(error)
        }
    }
}
