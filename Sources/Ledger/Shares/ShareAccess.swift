/// Where a recipient's request comes from.
public struct ShareVisitor: Sendable, Hashable {
    public var ipAddress: String
    public var userAgent: String

    public init(ipAddress: String, userAgent: String) { (self.ipAddress, self.userAgent) = (ipAddress, userAgent) }
}

/// A recipient who has been let in: a browser with its cookie, or a script known by share, address and agent.
public struct ShareGrant: Sendable, Hashable {
    public var id: Int64
    /// The share's.
    public var shareID: String
    public var createdAt: Double
    /// What this recipient's last response came from, if that still is there.
    public var lastPlan: Int64?
}

/// A grant that has just been made.
public struct NewShareGrant: Sendable {
    /// For the cookie; kept nowhere.
    public var token: String
    public var grant: ShareGrant
    public var share: Share
}

/// A row of a share's access log.
public struct ShareAccess: Sendable, Hashable {
    public enum Action: String, Codable, CaseIterable, Sendable {
        /// The page was opened.
        case view
        /// A password was tried, or the download was asked for where there is none.
        case unlock
        case download
    }

    public var id: Int64
    public var accessedAt: Double
    /// Nil while a download runs.
    public var endedAt: Double?
    public var ipAddress: String
    public var userAgent: String
    public var action: Action
    /// Nil while a download runs.
    public var success: Bool?
    /// `ok`, or the code of the problem; empty while a download runs.
    public var code: String
    public var bytes: Int64
    /// First and last byte that were asked for; nil for the whole and for what is no download.
    public var range: ClosedRange<UInt64>?
}
