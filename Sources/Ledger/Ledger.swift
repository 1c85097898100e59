public import Cryptography
internal import Glibc
internal import SQLite

/// What must never be lost: users, sessions, API keys, declared sources, shares and the audit trail, in `ledger.sqlite3` with the key `secret.key`
/// beside it.
///
/// One process may have a ledger open: the owner of the data folder. Every change is on the disk, together with its row of the audit trail, when its
/// function returns. Reading never waits for writing. Times are seconds since 1970 UTC throughout.
public final class Ledger: Sendable {
    /// How long things last, in seconds.
    public struct Policy: Sendable, Hashable {
        /// A session that is not used ends.
        public var sessionIdle: Double = 30 * 60
        /// A session ends, whatever is done.
        public var sessionLongest: Double = 12 * 3_600
        /// A signed token is valid.
        public var token: Double = 15 * 60
        /// A new key signs tokens; the one before stays valid for as long as tokens that it signed.
        public var signingKey: Double = 24 * 3_600
        public var signIn = SignInLimits()
        public var shares = ShareLimits()

        public init() {}
    }

    let policy: Policy
    let now: @Sendable () -> Double
    let passwords: PasswordThreads
    /// Recipients' are checked apart: whoever guesses them keeps nobody from signing in.
    let sharePasswords: PasswordThreads
    let turnstile = ShareTurnstile()
    let refusedTries = RefusedTries()
    let remembered: RememberedPasswords
    let checksums = ChecksumQueue()
    let key: SealingKey
    let auditKey: [UInt8]
    let path: String
    let queue = AuditQueue()
    private let writer: LedgerThread
    /// For what every request needs.
    let reader: LedgerThread
    /// For what may take long.
    let slowReader: LedgerThread
    /// For the files of downloads.
    let planReader: LedgerThread

    /// How long rows that nobody waits for may wait for others, and for the next try after a failure.
    static let grouping = Duration.milliseconds(5)
    static let pauseAfterFailure = Duration.seconds(1)

    /// Where the ledger of a data folder is.
    public static func path(in folder: String) -> String {
        folder + "/ledger.sqlite3"
    }

    /// Looks for what is wrong with the ledger of a data folder and with its key, whoever uses them. Changes nothing. Blocks.
    ///
    /// - Returns: whether there is a ledger.
    /// - Throws: as ``init(folder:policy:cost:now:)``.
    public static func check(folder: String) throws -> Bool {
        guard access(path(in: folder), F_OK) == 0 else { return false }
        try LedgerFile.check(path(in: folder), keyPath: keyPath(in: folder))
        return true
    }

    private static func keyPath(in folder: String) -> String {
        folder + "/secret.key"
    }

    /// Opens the ledger of a data folder; makes the ledger and the key when there is neither. Blocks.
    ///
    /// - Parameters:
    ///   - folder: the data folder, of which this process is the owner.
    ///   - cost: of new passwords' hashes.
    ///   - now: seconds since 1970 UTC.
    /// - Throws: ``LedgerError``, `KeyFileError`, `CryptographyError`.
    public init(
        folder: String, policy: Policy = Policy(), cost: PasswordHash.Cost = .standard, now: @escaping @Sendable () -> Double = wallClock
    ) throws {
        path = Self.path(in: folder)
        let opened = try LedgerFile.open(path, keyPath: Self.keyPath(in: folder))
        key = opened.key
        auditKey = key.derived(for: LedgerFile.auditSealing)
        (self.policy, self.now) = (policy, now)
        passwords = try PasswordThreads(cost: cost)
        sharePasswords = try PasswordThreads(cost: cost, threads: 1, queueLimit: ShareTurnstile.most)
        remembered = try RememberedPasswords()
        try Self.settleShares(opened.connection, limits: policy.shares, now: now(), sealKey: auditKey)
        writer = LedgerThread(opened.connection, label: "ledger writer")
        reader = LedgerThread(try LedgerFile.openForReading(path), label: "ledger reader")
        slowReader = LedgerThread(try LedgerFile.openForReading(path), label: "ledger slow reader")
        planReader = LedgerThread(try LedgerFile.openForReading(path), label: "ledger plan reader")
    }

    /// Brings to an end what a process that was killed left under way.
    private static func settleShares(_ connection: Connection, limits: ShareLimits, now: Double, sealKey: [UInt8]) throws {
        try LedgerError.translating {
            let rows = LedgerRows(connection)
            try connection.transaction {
                try rows.endInterruptedDownloads(now: now, sealKey: sealKey)
                try rows.lockExhaustedShares(limits: limits, now: now)
            }
        }
    }

    /// Writes what is still pending, and moves everything into the one file, so that it is whole without those beside it. To be called before
    /// the process ends.
    ///
    /// - Throws: ``LedgerError``.
    public func close() async throws {
        try await writeChecksums()
        try await flush()
        _ = try await writer.read { try $0.connection.integer("PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Copies the ledger, as it is now, into a new file while it is in use; without ``secret.key``, which must be kept with it.
    ///
    /// - Parameter path: of a file that is not there yet.
    /// - Throws: ``LedgerError``.
    public func backup(to path: String) async throws {
        try await flush()
        let thread = LedgerThread(try LedgerFile.openForReading(self.path), label: "ledger backup")
        try await thread.read { try $0.connection.backup(to: path) }
    }

    /// Answers when the ledger can be read and the last rows of the audit trail could be written.
    ///
    /// - Throws: ``LedgerError``.
    public func checkHealth() async throws {
        try await checkAudit()
        try await reader.read { _ = try $0.connection.integer("SELECT count(*) FROM audit_head") }
    }

    // MARK: Writing

    /// Makes a change and its row of the audit trail, both or neither. A refusal is kept in the trail as well.
    func change<Result: Sendable>(_ entry: AuditEntry?, _ body: @escaping @Sendable (LedgerRows) throws -> Result) async throws -> Result {
        do {
            return try await commit { rows in (try body(rows), entry) }
        } catch let refusal as LedgerError where !refusal.isOfFile {
            if var entry {
                entry.outcome = refusal.code.rawValue
                try await note(entry)
            }
            throw refusal
        }
    }

    /// Writes what is pending, and then what `body` changes with the row that it gives.
    func commit<Result: Sendable>(_ body: @escaping @Sendable (LedgerRows) throws -> (Result, AuditEntry?)) async throws -> Result {
        let time = milliseconds(now())
        do {
            return try await writer.write { [queue, auditKey] rows in
                // Put back whatever fails, the end of the transaction too: with a full disk it is COMMIT that does.
                let pending = queue.take()
                do {
                    return try rows.connection.transaction {
                        try rows.writeUse(of: pending)
                        for access in pending.accesses { try rows.insert(access) }
                        try rows.append(pending.entries, sealKey: auditKey)
                        let (result, entry) = try body(rows)
                        try rows.append(entry.map { [.init(entry: $0, timeUnixMilliseconds: time)] } ?? [], sealKey: auditKey)
                        return result
                    }
                } catch {
                    queue.putBack(pending, becauseOfFailure: Self.isFailure(error))
                    throw error
                }
            }
        } catch {
            if queue.hasPending { schedule(after: Self.isFailure(error) ? Self.pauseAfterFailure : Self.grouping) }
            throw error
        }
    }

    private static func isFailure(_ error: any Error) -> Bool { error is SQLiteError || (error as? LedgerError)?.isOfFile == true }

    /// Writes what is pending.
    func flush() async throws {
        try await commit { _ in ((), nil) }
        queue.wasWritten()
    }

    func schedule(after delay: Duration) {
        guard queue.claimSchedule() else { return }
        Task { [weak self] in
            // Cannot be cancelled: nobody has this task.
            try? await Task.sleep(for: delay)
            // A failure is kept by the queue, and told to the next who wants something written.
            try? await self?.flush()
        }
    }
}

/// Seconds since 1970 UTC, of the system's clock.
///
/// Source: `clock_gettime(CLOCK_REALTIME)`.
@Sendable public func wallClock() -> Double { SystemClock.now() }
