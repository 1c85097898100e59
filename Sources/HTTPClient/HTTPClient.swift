internal import CCurl
internal import Dispatch
internal import Glibc

/// Asks one server, over a Unix socket or a URL, on libcurl.
///
/// Requests of one client run one after the other, on a thread that may wait; the caller's thread never does. An answer's status is not judged:
/// what throws is a request that came to no answer. Redirections are not followed.
public final class HTTPClient: Sendable {
    private let target: HTTPTarget
    private let queue = DispatchQueue(label: "http client")
    private let transfers: Transfers

    /// - Throws: ``HTTPClientError`` when a URL cannot be asked; see ``HTTPTarget``.
    public init(_ target: HTTPTarget) throws(HTTPClientError) {
        try target.check()
        (self.target, transfers) = (target, Transfers())
    }

    /// Sends a request and gives the whole answer, of at most 64 MiB.
    ///
    /// - Throws: ``HTTPClientError``.
    public func send(_ request: ClientRequest) async throws(HTTPClientError) -> ClientResponse {
        try await run(request, nil)
    }

    /// Sends a request and hands over its answer piece by piece. What carries an error status, or none, is collected as ``send(_:)`` does.
    ///
    /// - Parameter receive: is called on the client's thread and may wait; the server then waits too. What it throws ends the request.
    /// - Throws: ``HTTPClientError``; what `receive` threw is its ``HTTPClientError/underlying``.
    public func download(
        _ request: ClientRequest, receive: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws(HTTPClientError) -> ClientResponse {
        try await run(request, receive)
    }

    private func run(_ request: ClientRequest, _ receive: Transfer.Receiver?) async throws(HTTPClientError) -> ClientResponse {
        let cancellation = Cancellation(transfers)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                queue.async { [target, transfers] in
                    done.resume(returning: transfers.run(request, to: target, receive, cancellation))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}

/// Where a server is to be asked.
public struct HTTPTarget: Sendable, Hashable {
    enum Place: Hashable {
        case socket(folder: String, name: String)
        case url(String, certificateAuthority: String?)
    }
    let place: Place

    /// A Unix socket in a folder, whose path may be longer than a socket's address.
    public static func socket(in folder: String, named name: String) -> HTTPTarget {
        HTTPTarget(place: .socket(folder: folder, name: name))
    }

    /// A server on the network. Its certificate is always verified.
    ///
    /// - Parameters:
    ///   - url: such as `https://fileroom.example:8443`, without a path; plain `http` only of this machine, because keys and patients' names pass.
    ///   - certificateAuthority: a PEM file of the certificates that may have signed the server's, in place of the system's.
    public static func url(_ url: String, certificateAuthority: String? = nil) -> HTTPTarget {
        HTTPTarget(place: .url(url, certificateAuthority: certificateAuthority))
    }
}

public struct ClientRequest: Sendable {
    public var method: String
    /// The path with the query, percent-encoded.
    public var path: String
    public var headers: [(name: String, value: String)]
    /// nil sends none.
    public var body: [UInt8]?
    /// How long it may take; nil for as long as it takes.
    public var timeout: Duration?
    /// Keeps the body back until the server asks for it, so that a connection that ends sooner is known to have done nothing: it is then
    /// ``HTTPClientError/Code/notBegun`` rather than ``HTTPClientError/Code/cut``. For servers that give that leave; another would never get the body.
    ///
    /// Source: RFC 9110 §10.1.1, `Expect: 100-continue`.
    public var awaitsLeave = false

    public init(
        _ method: String, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration? = .seconds(60)
    ) {
        (self.method, self.path, self.headers, self.body, self.timeout) = (method, path, headers, body, timeout)
    }
}

public struct ClientResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    /// Empty when it was handed over while it came.
    public var body: [UInt8]

    /// The first header of a name, in whatever case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
