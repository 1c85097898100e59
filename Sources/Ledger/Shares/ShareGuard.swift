internal import Cryptography
internal import SQLite
internal import Synchronization

extension ShareLimits {
    /// The longest wait before the lock, in seconds.
    private static let longestWait: Double = 900

    /// The wait in seconds after so many wrong passwords for one share from one network.
    func wait(failures: Int) -> Double {
        if failures >= attempts { return networkLock }
        let beyond = failures - freeAttempts
        return beyond <= 0 ? 0 : beyond > 40 ? Self.longestWait : min(Self.longestWait, Double(1 << (beyond - 1)))
    }
}

/// What a password is tried for, and from where: what tries are counted by.
struct ShareAttempt: Sendable {
    /// The share's row; 0 for links that never were or have ended, so that nothing tells them apart by how they are counted.
    let share: Int64
    let network: String

    /// How many of these are remembered at most.
    static let largestMemory: Int64 = 50_000

    init(share: Share?, visitor: ShareVisitor) { (self.share, network) = (share?.rowID ?? 0, NetworkBlock.of(visitor.ipAddress)) }
}

extension LedgerRows {
    /// - Returns: wrong passwords that still count.
    /// - Throws: ``LedgerError``: tooManyFailures, shareLocked.
    func checkAttempt(_ attempt: ShareAttempt, limits: ShareLimits, now: Double) throws -> Int {
        let total = try first("SELECT failed_passwords, locked_at IS NOT NULL FROM share WHERE id = ?", .integer(attempt.share)) {
            (failed: Int($0.integer(0)), isLocked: $0.integer(1) != 0)
        }
        if let total, total.isLocked || total.failed >= limits.attemptsInTotal { throw LedgerError.shareLocked }
        let known = try first(
            "SELECT failures, last_at, blocked_until FROM share_failure WHERE share_id = ? AND network = ?", .integer(attempt.share),
            .text(attempt.network)
        ) { (failures: Int($0.integer(0)), last: $0.double(1), until: $0.double(2)) }
        // A clock that was set back must not make the wait longer than it can be.
        let wait = min((known?.until ?? 0) - now, limits.networkLock)
        if wait > 0 { throw LedgerError.tooManyPasswords(wait) }
        return known.flatMap { now - $0.last < limits.networkLock ? $0.failures : nil } ?? 0
    }

    /// Counts a try as a wrong one before it is made, so that many at once cannot slip through.
    ///
    /// - Throws: as ``checkAttempt(_:limits:now:)``.
    func beginAttempt(_ attempt: ShareAttempt, limits: ShareLimits, now: Double) throws {
        let failures = try checkAttempt(attempt, limits: limits, now: now) + 1
        try run(
            """
            INSERT INTO share_failure(share_id, network, failures, last_at, blocked_until) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(share_id, network) DO UPDATE SET failures = ?3, last_at = ?4, blocked_until = ?5
            """, .integer(attempt.share), .text(attempt.network), .integer(Int64(failures)), .real(now),
            .real(now + limits.wait(failures: failures)))
        try run("UPDATE share SET failed_passwords = failed_passwords + 1 WHERE id = ?", .integer(attempt.share))
        try run("DELETE FROM share_failure WHERE last_at < ?", .real(now - limits.networkLock))
        try run(
            """
            DELETE FROM share_failure WHERE (share_id, network) IN (
                SELECT share_id, network FROM share_failure ORDER BY last_at DESC LIMIT -1 OFFSET ?)
            """, .integer(ShareAttempt.largestMemory))
    }

    /// After a wrong password.
    ///
    /// - Returns: whether it was the one that locked the share.
    func attemptFailed(_ attempt: ShareAttempt, limits: ShareLimits, now: Double) throws -> Bool {
        try run(
            "UPDATE share SET locked_at = ? WHERE id = ? AND locked_at IS NULL AND failed_passwords >= ?", .real(now),
            .integer(attempt.share), .integer(Int64(limits.attemptsInTotal)))
        return connection.changes > 0
    }

    /// Locks what has no try left though no try is under way: the process ended in the middle of the last.
    func lockExhaustedShares(limits: ShareLimits, now: Double) throws {
        try run(
            "UPDATE share SET locked_at = ? WHERE locked_at IS NULL AND failed_passwords >= ?", .real(now),
            .integer(Int64(limits.attemptsInTotal)))
    }

    /// After the right password: the network starts anew; in total only this try is taken back, so that guesses go on counting.
    func attemptSucceeded(_ attempt: ShareAttempt) throws {
        try run("DELETE FROM share_failure WHERE share_id = ? AND network = ?", .integer(attempt.share), .text(attempt.network))
        try run("UPDATE share SET failed_passwords = max(0, failed_passwords - 1) WHERE id = ?", .integer(attempt.share))
    }
}

/// How many passwords of shares are checked at a time: a few of each share, so that whoever guesses one keeps nobody from opening another. Asked before
/// anything is written, so that a flood costs no more than reading.
final class ShareTurnstile: Sendable {
    /// As many as may be checked or wait for it.
    static let most = 32
    private static let mostOfOne = 8

    private let underWay = Mutex<[Int64: Int]>([:])

    /// - Throws: ``LedgerError`` busy.
    func enter(_ share: Int64) throws {
        try underWay.withLock { underWay in
            let ofThis = underWay[share] ?? 0
            guard ofThis < Self.mostOfOne, underWay.values.reduce(0, +) < Self.most else { throw LedgerError.busy }
            underWay[share] = ofThis + 1
        }
    }

    func leave(_ share: Int64) {
        underWay.withLock { underWay in
            let others = (underWay[share] ?? 1) - 1
            underWay[share] = others > 0 ? others : nil
        }
    }
}

/// Passwords of scripts that were right, remembered as keyed hashes in memory, so that each range of a download need not pay for scrypt.
final class RememberedPasswords: Sendable {
    private static let lifetime: Double = 3_600
    private static let most = 10_000

    private let key: [UInt8]
    private let known = Mutex<[[UInt8]: Double]>([:])

    /// - Throws: `CryptographyError`.
    init() throws { key = try Randomness.bytes(32) }

    func contains(_ password: String, of subject: [UInt8], generation: Int64, now: Double) -> Bool {
        let code = code(password, subject, generation)
        return known.withLock { known in
            // Also where the clock was set back.
            guard let last = known[code], abs(now - last) < Self.lifetime else { return false }
            known[code] = now
            return true
        }
    }

    func insert(_ password: String, of subject: [UInt8], generation: Int64, now: Double) {
        let code = code(password, subject, generation)
        known.withLock { known in
            if known.count >= Self.most { known = known.filter { abs(now - $0.value) < Self.lifetime } }
            if known.count >= Self.most { known.removeAll() }
            known[code] = now
        }
    }

    private func code(_ password: String, _ subject: [UInt8], _ generation: Int64) -> [UInt8] {
        HMACSHA256.code(for: subject + Array("\(generation):\(password)".utf8), key: key)
    }
}

extension LedgerError {
    static func tooManyPasswords(_ wait: Double) -> LedgerError {
        let seconds = Int(wait.rounded(.up))
        let words = seconds < 7_200 ? "\(seconds) seconds" : "\((seconds + 3_599) / 3_600) hours"
        return LedgerError(
            .tooManyFailures, "Too many wrong passwords", "Wait \(words) and try again.", retryAfterSeconds: seconds)
    }

    static let shareRefused = LedgerError(
        .shareRefused, "The link is not valid any more, or the password is wrong", "Check both, or ask whoever sent the link.")
    static let shareLocked = LedgerError(
        .shareLocked, "Too many wrong passwords were tried for this link", "Ask whoever sent the link to unlock it.")
}
