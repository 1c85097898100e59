internal import Cryptography
internal import NetworkAddress
internal import SQLite

/// How failed sign-ins are slowed down.
public struct SignInLimits: Sendable, Hashable {
    /// Failures of one account after which each further one doubles the wait, which begins with a second.
    public var freeAccountFailures = 5
    /// The same for one address, from which several people may come.
    public var freeAddressFailures = 20
    /// The longest wait in seconds: an account is slowed, never locked.
    public var longestWait: Double = 900
    /// After this many seconds without a failure all is forgotten.
    public var memory: Double = 24 * 3_600
    /// How many accounts and addresses are remembered at most.
    public var largestMemory = 50_000

    public init() {}

    /// The wait in seconds after so many failures.
    func wait(failures: Int64, free: Int) -> Double {
        let beyond = failures - Int64(free)
        return beyond <= 0 ? 0 : beyond > 40 ? longestWait : min(longestWait, Double(1 << (beyond - 1)))
    }
}

/// Whose failures are counted: an account that may or may not exist, and a network. Kept as keyed hashes.
struct SignInSubjects: Sendable {
    let account, address: [UInt8]

    init(name: String, ipAddress: String, key: SealingKey) {
        let secret = key.derived(for: "fileroom sign-in failures")
        account = HMACSHA256.code(for: Array("account:\(name.lowercased())".utf8), key: secret)
        address = HMACSHA256.code(for: Array("address:\(NetworkBlock.of(ipAddress))".utf8), key: secret)
    }
}

/// Which network an address counts as: one household or host has a whole IPv6 /64.
public enum NetworkBlock {
    /// The address itself for IPv4, also where it comes over IPv6, and for whatever is no address; the first 64 bits for IPv6.
    public static func of(_ ipAddress: String) -> String {
        IPAddress(ipAddress)?.household ?? ipAddress
    }
}

extension LedgerRows {
    /// Counts an attempt as failed before it is made, so that many at once cannot slip through.
    ///
    /// - Throws: ``LedgerError`` tooManyFailures when one must wait.
    func beginAttempt(_ subjects: SignInSubjects, limits: SignInLimits, now: Double) throws {
        let both = [(subjects.account, limits.freeAccountFailures), (subjects.address, limits.freeAddressFailures)]
        var known: [Int64] = []
        for (subject, _) in both {
            let row = try first("SELECT failures, last_at, blocked_until FROM sign_in_failure WHERE subject = ?", .blob(subject)) {
                (failures: $0.integer(0), last: $0.double(1), until: $0.double(2))
            }
            // A clock that was set back must not make the wait longer than it can be.
            let wait = min((row?.until ?? 0) - now, limits.longestWait)
            if wait > 0 { throw LedgerError.tooManyFailures(wait) }
            known.append(row.flatMap { now - $0.last < limits.memory ? $0.failures : nil } ?? 0)
        }
        for ((subject, free), failures) in zip(both, known) {
            try run(
                """
                INSERT INTO sign_in_failure(subject, failures, last_at, blocked_until) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT(subject) DO UPDATE SET failures = ?2, last_at = ?3, blocked_until = ?4
                """, .blob(subject), .integer(failures + 1), .real(now), .real(now + limits.wait(failures: failures + 1, free: free)))
        }
        try run("DELETE FROM sign_in_failure WHERE last_at < ?", .real(now - limits.memory))
        try run(
            """
            DELETE FROM sign_in_failure WHERE subject IN (
                SELECT subject FROM sign_in_failure ORDER BY last_at DESC LIMIT -1 OFFSET ?)
            """, .integer(Int64(limits.largestMemory)))
    }

    /// After a success: the account starts anew; the address only takes this attempt back, so that one's own account is no way around the limit.
    func forgetFailures(of subjects: SignInSubjects, limits: SignInLimits) throws {
        try run("DELETE FROM sign_in_failure WHERE subject = ?", .blob(subjects.account))
        try run("UPDATE sign_in_failure SET failures = max(0, failures - 1), blocked_until = 0 WHERE subject = ?", .blob(subjects.address))
    }
}

extension LedgerError {
    static func tooManyFailures(_ wait: Double) -> LedgerError {
        let seconds = Int(wait.rounded(.up))
        return LedgerError(
            .tooManyFailures, "Too many sign-ins have failed", "Wait \(seconds) seconds and try again.", retryAfterSeconds: seconds)
    }

    static let signInRefused = LedgerError(
        .signInRefused, "The name or the password is wrong", "Check both; an admin can set a new password.")
}
