internal import Cryptography
internal import SQLite

/// Signing in with a password.
extension Ledger {
    /// A user whose password was right.
    struct Verified: Sendable {
        var user: User
        /// The password's hash at the present cost, when the kept one has another.
        var newHash: String?
    }

    /// Starts a session, with a token that nobody had before.
    ///
    /// - Throws: ``LedgerError``: signInRefused, tooManyFailures, busy.
    public func startSession(name: String, password: String, ipAddress: String, userAgent: String) async throws -> NewSession {
        let entry = AuditEntry(
            "session.start", object: nil, by: AuditOrigin(actor: "-", method: "password", ipAddress: ipAddress))
        return try await signIn(name, password: password, entry: entry) { [policy, now] rows, user in
            try rows.startSession(of: user, policy: policy, now: now(), ipAddress: ipAddress, userAgent: userAgent)
        }
    }

    /// Signs a token for software.
    ///
    /// - Throws: ``LedgerError``: signInRefused, tooManyFailures, busy.
    public func issueToken(name: String, password: String, ipAddress: String) async throws -> IssuedToken {
        let entry = AuditEntry("token.issue", object: nil, by: AuditOrigin(actor: "-", method: "password", ipAddress: ipAddress))
        return try await signIn(name, password: password, entry: entry) { [policy, key, now] rows, user in
            try rows.issueToken(to: user, policy: policy, key: key, now: now())
        }
    }

    private func signIn<Grant: Sendable>(
        _ name: String, password: String, entry: AuditEntry, grant: @escaping @Sendable (LedgerRows, User) throws -> Grant
    ) async throws -> Grant {
        let verified = try await verify(name, password: password, refusal: entry)
        var entry = entry
        entry.origin.actor = verified.user.name
        let (subjects, time) = (SignInSubjects(name: name, ipAddress: entry.origin.ipAddress, key: key), now())
        return try await change(entry) { [policy] rows in
            // Disabled, or given another password, while the old one was checked.
            let user = try rows.knownUser(name)
            guard !user.isDisabled, user.generation == verified.user.generation else { throw LedgerError.signInRefused }
            try rows.forgetFailures(of: subjects, limits: policy.signIn)
            try rows.run(
                "UPDATE user SET last_sign_in_at = ?, password_hash = coalesce(?, password_hash) WHERE id = ?", .real(time),
                .text(verified.newHash), .integer(user.id))
            return try grant(rows, user)
        }
    }

    /// Checks a password: at the same cost and with the same words whether there is such a user or not.
    ///
    /// - Parameter refusal: what to keep in the audit trail otherwise.
    /// - Throws: ``LedgerError``: signInRefused, tooManyFailures, busy.
    func verify(_ name: String, password: String, refusal: AuditEntry) async throws -> Verified {
        var refusal = refusal
        let found = try await reader.read { rows in
            try rows.first("SELECT \(LedgerRows.userColumns), password_hash FROM user WHERE name = ?", .text(name)) { row in
                (user: try LedgerRows.user(row), hash: row.text(7))
            }
        }
        // Nobody's name is kept unless it is somebody's: people type passwords into the wrong field.
        if let found { refusal.origin.actor = found.user.name }
        let (subjects, time) = (SignInSubjects(name: name, ipAddress: refusal.origin.ipAddress, key: key), now())
        do {
            try await commit { [policy] rows in (try rows.beginAttempt(subjects, limits: policy.signIn, now: time), nil) }
            let hash = found.flatMap { PasswordHash($0.hash) }
            let isRight = try await matches(password, hash, on: passwords)
            guard let found, isRight, !found.user.isDisabled else { throw LedgerError.signInRefused }
            let newHash = hash?.cost == passwords.cost ? nil : try await self.hash(password)
            return Verified(user: found.user, newHash: newHash)
        } catch let error as LedgerError where !error.isOfFile {
            refusal.outcome = error.code.rawValue
            try await record(refusal)
            throw error
        }
    }

    func matches(_ password: String, _ hash: PasswordHash?, on passwords: PasswordThreads) async throws -> Bool {
        do {
            return try await passwords.matches(password, hash)
        } catch is PasswordThreads.Busy {
            throw LedgerError.busy
        }
    }
}
