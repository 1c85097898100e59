/// One response.
public struct Response: Sendable {
    public var status: HTTPStatus
    public var headers: HeaderFields
    public var body: ResponseBody

    public init(_ status: HTTPStatus = .ok, headers: HeaderFields = [:], body: ResponseBody = .none) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// Bytes of a kind; `contentType` as it is to be sent.
    public init(_ status: HTTPStatus = .ok, contentType: String, bytes: [UInt8]) {
        self.init(status, headers: ["Content-Type": contentType], body: .bytes(bytes))
    }
}

/// What a response carries.
public enum ResponseBody: Sendable {
    case none
    case bytes([UInt8])
    /// Bytes that are produced while they are sent. `length` in bytes; nil sends them chunked. Runs after the headers are decided; an error, or
    /// too few bytes, cuts the connection, so that a part never looks like the whole.
    case stream(length: Int?, @Sendable (any ResponseBodyWriter) async throws -> Void)
    /// A part of an open file, which the server closes.
    case file(FileBody)
}

/// Takes a streamed body.
public protocol ResponseBodyWriter: Sendable {
    /// Hands over a piece and waits until there is room for more.
    ///
    /// - Throws: `CancellationError` when the client went away.
    func write(_ bytes: [UInt8]) async throws
}

/// A part of a file.
public final class FileBody: Sendable {
    /// Closed when this is let go of.
    public let descriptor: Int32
    public let offset: Int
    public let length: Int
    private let close: @Sendable (Int32) -> Void

    public init(descriptor: Int32, offset: Int, length: Int, close: @escaping @Sendable (Int32) -> Void) {
        (self.descriptor, self.offset, self.length, self.close) = (descriptor, offset, length, close)
    }

    deinit { close(descriptor) }
}
