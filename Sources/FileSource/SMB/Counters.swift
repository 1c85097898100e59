/// What a source did since it was opened, and what it is doing now.
public struct SMBMetrics: Hashable, Sendable, Codable {
    /// Worker processes that run now.
    public var connections = 0
    /// Operations under way now.
    public var busy = 0
    /// Operations that wait for a worker.
    public var queued = 0
    /// How many workers the source wants now.
    public var workers = 0
    /// Folders listed, entries in them, files whose headers were read, and ranges read.
    public var folders = 0
    public var entries = 0
    public var headers = 0
    public var reads = 0
    /// Bytes of files that were read.
    public var bytes = 0
    /// Failures that were reported or tried again.
    public var errors = 0
    public var retries = 0
    /// Workers that were started, and those among them that crashed or were killed because they hung.
    public var started = 0
    public var lost = 0
    /// Logins that were tried.
    public var logins = 0
    /// What the latest connection is protected with; nil before the first.
    public var isEncrypted: Bool?
    public var isSigned: Bool?
    /// A request's round trip to the server, in microseconds; 0 while it was not measured.
    public var roundTripMicroseconds = 0.0
    /// Requests to the server per second, in the last measured stretch of time.
    public var requestsPerSecond = 0.0

    public init() {}
}

/// The counters behind ``SMBMetrics``.
final class Counters: Sendable {
    private let metrics = Monitor(SMBMetrics())

    func update(_ body: (inout SMBMetrics) -> Void) { metrics.with(body) }
    var snapshot: SMBMetrics { metrics.with { $0 } }
}
