/// Something that the server has to say to its operator. Holds no query strings, no header values and nothing of a body.
public struct ServerEvent: Sendable {
    public enum Level: String, Sendable { case info, warning, error }

    public var level: Level
    public var message: String
    /// The request that it is about; nil when it is about none.
    public var requestID: String?

    public init(_ level: Level, _ message: String, requestID: String? = nil) {
        (self.level, self.message, self.requestID) = (level, message, requestID)
    }
}

/// Takes what the server has to say. Called from any thread; must not block.
public typealias EventSink = @Sendable (ServerEvent) -> Void

/// Why a server could not be started, in words for its operator.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
