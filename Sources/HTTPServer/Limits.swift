public import NetworkAddress

/// What a server grants its clients. Everything that a client could make grow or last has a bound here.
public struct Limits: Sendable {
    /// Connections at a time over all listeners; further ones wait in the kernel's queue.
    public var connections = 2000
    /// Connections at a time from one address; further ones are closed at once. The Unix socket has no such limit.
    public var connectionsPerAddress = 200
    /// Addresses that many clients come through, and to which ``connectionsPerAddress`` therefore does not apply.
    public var trustedProxies: [AddressRange] = []
    /// The request line and all header fields together, in bytes; larger ones are answered 431.
    public var headBytes = 16 << 10
    /// The target of a request, in bytes; longer ones are answered 414.
    public var targetBytes = 8 << 10
    /// Header fields of a request; more are answered 431.
    public var headerFields = 100
    /// From a connection's begin, or the end of the response before, until a request's head is there.
    public var headDuration: Duration = .seconds(20)
    /// How long a connection may be without any byte in either direction while one is due.
    public var inactivity: Duration = .seconds(30)
    /// Bytes a second that a client must move, as the mean over ``rateWindow``, while it sends a body or takes a response.
    public var bytesPerSecond = 512
    public var rateWindow: Duration = .seconds(20)
    /// How much of a body that its handler did not want is read and thrown away so that the connection can be kept, in bytes.
    public var discardedBytes = 256 << 10
    /// How much of a streamed response waits for a slow client, in bytes; a handler that wrote more waits, with a larger piece until half of it is
    /// gone.
    public var streamBuffer = 64 << 10
    /// Threads that move bytes. Handlers do not run on them.
    public var threads = 2

    public init() {}

    /// How often slow clients are looked for.
    var sweepInterval: Duration { max(.milliseconds(20), min(.seconds(1), min(headDuration, rateWindow) / 8)) }
}
