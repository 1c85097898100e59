/// What shares are held to, in seconds and counts.
public struct ShareLimits: Sendable, Hashable {
    /// A share ends at most so long after it was made or changed.
    public var longestValidity: Double = 720 * 3_600
    public var requiresPassword = false
    /// So many wrong passwords for one share from one network, and it is locked for that network.
    public var attempts = 10
    /// How long it is.
    public var networkLock: Double = 24 * 3_600
    /// So many in total, and the share takes no password until its creator unlocks it.
    public var attemptsInTotal = 100
    /// Wrong passwords for one share from one network after which each further one doubles the wait, which begins with a second.
    public var freeAttempts = 3
    /// Downloads that have begun may be resumed for so long after the share has expired or was used up.
    public var resume: Double = 24 * 3_600

    public init() {}
}
