/// What the `shares` object of `config.json` says, every value filled in.
public struct ShareConfiguration: Hashable, Sendable {
    /// A share for which nothing else is said ends after so long.
    public var defaultExpiry: Duration
    /// A share ends at most so long after it was made or extended.
    public var maximumExpiry: Duration
    /// Whether every share must have a password.
    public var requiresPassword: Bool
    /// So many wrong passwords for one share from one network, and it is locked for that network for a day.
    public var passwordAttempts: Int
    /// So many for one share in total, and it is locked until its creator unlocks it.
    public var passwordAttemptsInTotal: Int
    /// A download that has begun may be resumed for so long after its share has expired or was used up.
    public var resume: Duration
    /// Whether the recipient's page names the patient, unless a share says otherwise.
    public var showsPatient: Bool
    /// The most downloads that send at a time.
    public var concurrentDownloads: Int
    /// How long a download waits for its turn before it is refused.
    public var queue: Duration
    /// The most that one download gets; nil for no limit.
    public var bytesPerSecond: Int?
    /// The most that all downloads get together; nil for no limit.
    public var totalBytesPerSecond: Int?
    /// The memory in which all downloads together read ahead.
    public var readAheadBytes: Int

    /// Every value as it is when nothing is configured.
    public init() {
        (defaultExpiry, maximumExpiry, resume) = (.seconds(24 * 3_600), .seconds(720 * 3_600), .seconds(24 * 3_600))
        (requiresPassword, passwordAttempts, passwordAttemptsInTotal) = (false, 10, 100)
        (showsPatient, concurrentDownloads, queue) = (false, 100, .seconds(20))
        (bytesPerSecond, totalBytesPerSecond, readAheadBytes) = (nil, nil, 12 << 20)
    }
}

/// Reads the `shares` object.
struct ShareReader {
    private var reader: ObjectReader

    init(_ reader: ObjectReader) { self.reader = reader }

    mutating func read() -> (shares: ShareConfiguration, problems: [ConfigurationProblem]) {
        var shares = ShareConfiguration()
        readExpiry(into: &shares)
        readPasswords(into: &shares)
        shares.showsPatient = reader.boolean("show_patient") ?? shares.showsPatient
        readLimits(into: &shares)
        reader.finish()
        return (shares, reader.problems)
    }

    private mutating func readExpiry(into shares: inout ShareConfiguration) {
        let usual = hours("default_expiry_hours", from: 1)
        let most = hours("max_expiry_hours", from: 1)
        shares.maximumExpiry = most ?? shares.maximumExpiry
        // Where only the maximum is given, the usual time follows it.
        shares.defaultExpiry = usual ?? min(shares.defaultExpiry, shares.maximumExpiry)
        if shares.defaultExpiry > shares.maximumExpiry {
            reader.report("default_expiry_hours", "must not be longer than max_expiry_hours")
        }
        shares.resume = hours("resume_hours", from: 0) ?? shares.resume
    }

    private mutating func readPasswords(into shares: inout ShareConfiguration) {
        shares.requiresPassword = reader.boolean("require_password") ?? shares.requiresPassword
        let attempts = reader.integer("password_attempts", in: 1...1_000)
        let total = reader.integer("password_attempts_total", in: 1...100_000)
        shares.passwordAttemptsInTotal = total ?? max(shares.passwordAttemptsInTotal, attempts ?? 0)
        shares.passwordAttempts = attempts ?? min(shares.passwordAttempts, shares.passwordAttemptsInTotal)
        if shares.passwordAttempts > shares.passwordAttemptsInTotal {
            reader.report("password_attempts", "must not be greater than password_attempts_total")
        }
    }

    private mutating func readLimits(into shares: inout ShareConfiguration) {
        shares.concurrentDownloads = reader.integer("concurrent_downloads", in: 1...10_000) ?? shares.concurrentDownloads
        shares.queue = reader.seconds("queue_seconds", in: 0...300) ?? shares.queue
        shares.bytesPerSecond = megabits("mbit_per_second")
        shares.totalBytesPerSecond = megabits("total_mbit_per_second")
        if let one = shares.bytesPerSecond, let all = shares.totalBytesPerSecond, one > all {
            reader.report("mbit_per_second", "must not be greater than total_mbit_per_second")
        }
        shares.readAheadBytes = reader.integer("read_ahead_mib", in: 1...4_096).map { $0 << 20 } ?? shares.readAheadBytes
    }

    private mutating func hours(_ key: String, from least: Int) -> Duration? {
        reader.integer(key, in: least...87_600).map { .seconds($0 * 3_600) }
    }

    private mutating func megabits(_ key: String) -> Int? { reader.integer(key, in: 1...100_000).map { $0 * 125_000 } }
}
