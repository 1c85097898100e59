internal import Cryptography
internal import SQLite

/// A browser that is signed in.
public struct Session: Sendable, Hashable {
    public var id: Int64
    public var createdAt: Double
    /// To the minute.
    public var lastUsedAt: Double
    /// When it ends unless it is used before, and at the latest.
    public var expiresAt: Double
    public var ipAddress: String
    public var userAgent: String
}

/// A session that has just been started.
public struct NewSession: Sendable {
    /// For the cookie; kept nowhere.
    public var token: String
    public var signedIn: SignedIn
    /// After how long it ends, whatever is done.
    public var lifetimeSeconds: Int
}

/// Who a token, key or cookie belongs to.
public struct SignedIn: Sendable, Hashable {
    /// The user's name, or the key's.
    public var name: String
    public var role: Role
    /// The row of the session or key; nil for signed tokens.
    public var id: Int64?
    public var expiresAt: Double?
    /// What requests of a session that change something must repeat.
    public var csrfToken: String?
}

/// Random tokens of 256 bits, and what is kept of them.
enum Token {
    static func random() throws -> String { Base64.url.encode(try Randomness.bytes(32)) }

    static func hash(_ token: String) -> [UInt8] { SHA256.hash(Array(token.utf8)) }

    /// Follows from the session's token, which scripts cannot read, and tells nothing of it.
    static func csrf(of sessionToken: String) -> String {
        Base64.url.encode(HMACSHA256.code(for: Array("fileroom csrf".utf8), key: Array(sessionToken.utf8)))
    }
}

extension LedgerRows {
    func startSession(of user: User, policy: Ledger.Policy, now: Double, ipAddress: String, userAgent: String) throws -> NewSession {
        try run("DELETE FROM session WHERE expires_at <= ? OR last_used_at <= ?", .real(now), .real(now - policy.sessionIdle))
        let token = try Token.random()
        let end = now + policy.sessionLongest
        try run(
            """
            INSERT INTO session(token_hash, user_id, created_at, last_used_at, expires_at, ip_address, user_agent)
            VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)
            """, .blob(Token.hash(token)), .integer(user.id), .real(now), .real(end), .text(ipAddress), .text(String(userAgent.prefix(300)))
        )
        let signedIn = SignedIn(
            name: user.name, role: user.role, id: connection.lastInsertedRowID, expiresAt: min(now + policy.sessionIdle, end),
            csrfToken: Token.csrf(of: token))
        return NewSession(token: token, signedIn: signedIn, lifetimeSeconds: Int(policy.sessionLongest))
    }

    func sessions(of name: String, policy: Ledger.Policy, now: Double) throws -> [Session] {
        try all(
            """
            SELECT session.id, session.created_at, session.last_used_at, session.expires_at, ip_address, user_agent
            FROM session JOIN user ON user.id = user_id
            WHERE user.name = ? AND session.expires_at > ? AND session.last_used_at > ? ORDER BY session.last_used_at DESC, session.id DESC
            """, .text(name), .real(now), .real(now - policy.sessionIdle)
        ) {
            Session(
                id: $0.integer(0), createdAt: $0.double(1), lastUsedAt: $0.double(2),
                expiresAt: min($0.double(3), $0.double(2) + policy.sessionIdle), ipAddress: $0.text(4), userAgent: $0.text(5))
        }
    }

    /// Writes when sessions and keys were used last.
    func writeUse(of pending: AuditQueue.Pending) throws {
        for (id, time) in pending.sessionsUsed {
            try run("UPDATE session SET last_used_at = max(last_used_at, ?) WHERE id = ?", .real(time), .integer(id))
        }
        for (id, time) in pending.keysUsed { try run("UPDATE api_key SET last_used_at = ? WHERE id = ?", .real(time), .integer(id)) }
    }
}

/// Sessions.
extension Ledger {
    /// When a session or key was used is written at most this often, in seconds.
    static let useGranularity: Double = 60

    /// Whose session a cookie's token is; nil when it is none, has expired, or its user was disabled.
    ///
    /// - Parameter isActivity: whether it counts as used by this.
    /// - Throws: ``LedgerError``.
    public func authenticate(sessionToken token: String, isActivity: Bool = true) async throws -> SignedIn? {
        let (hash, time) = (Token.hash(token), now())
        let found = try await reader.read { rows in
            try rows.first(
                """
                SELECT \(LedgerRows.userColumns), session.id, session.last_used_at, session.expires_at
                FROM session JOIN user ON user.id = user_id WHERE token_hash = ?
                """, .blob(hash)
            ) { (user: try LedgerRows.user($0), id: $0.integer(7), lastUsed: $0.double(8), end: $0.double(9)) }
        }
        guard let found, !found.user.isDisabled, time < found.end, time - found.lastUsed < policy.sessionIdle else { return nil }
        if isActivity, time - found.lastUsed >= Self.useGranularity {
            queue.add { $0.sessionsUsed[found.id] = time }
            schedule(after: Self.grouping)
        }
        let used = isActivity ? time : found.lastUsed
        return SignedIn(
            name: found.user.name, role: found.user.role, id: found.id, expiresAt: min(used + policy.sessionIdle, found.end),
            csrfToken: Token.csrf(of: token))
    }

    /// A user's sessions that have not ended, the one used last first.
    ///
    /// - Throws: ``LedgerError``.
    public func sessions(of name: String) async throws -> [Session] {
        let time = now()
        return try await reader.read { [policy] in try $0.sessions(of: name, policy: policy, now: time) }
    }

    /// Ends one session of a user.
    ///
    /// - Throws: ``LedgerError`` noSuchSession.
    public func endSession(_ id: Int64, of name: String, by origin: AuditOrigin) async throws {
        try await change(AuditEntry("session.end", object: name, by: origin)) { rows in
            try rows.run("DELETE FROM session WHERE id = ? AND user_id = (SELECT id FROM user WHERE name = ?)", .integer(id), .text(name))
            guard rows.connection.changes > 0 else {
                throw LedgerError(.noSuchSession, "There is no such session", "It may have ended by itself.")
            }
        }
    }

    /// Signs a user out everywhere: ends all sessions and voids all signed tokens.
    ///
    /// - Throws: ``LedgerError`` noSuchUser.
    public func endAllSessions(of name: String, by origin: AuditOrigin) async throws {
        try await change(AuditEntry("session.end_all", object: name, by: origin)) { rows in
            try rows.endAccess(of: try rows.knownUser(name))
        }
    }
}
