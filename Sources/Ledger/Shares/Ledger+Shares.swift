internal import Cryptography
internal import SQLite

/// Shares, as their creators have them.
extension Ledger {
    var limits: ShareLimits { policy.shares }

    /// Makes a share.
    ///
    /// - Throws: ``LedgerError``: badShare, expiryInPast, expiryTooLate, sharePasswordWeak, sharePasswordMissing, busy.
    public func createShare(_ share: NewShare, creator: ShareCreator, by origin: AuditOrigin) async throws -> CreatedShare {
        let time = now()
        try ShareRule.check(share, limits: limits, now: time)
        var hash: String?
        if let password = share.password { hash = try await self.hash(password) }
        let (id, token) = (try ShareID.random(), try Token.random())
        let entry = AuditEntry("share.create", object: id, detail: share.auditDetail, by: origin)
        return try await change(entry) { [limits, hash] rows in
            try rows.insert(share, id: id, token: token, passwordHash: hash, creator: creator, createdBy: origin.actor, now: time)
            return CreatedShare(share: try rows.knownShare(id, limits: limits, now: time), token: token)
        }
    }

    /// - Throws: ``LedgerError`` noSuchShare.
    public func share(id: String) async throws -> Share {
        let time = now()
        return try await reader.read { [limits] in try $0.knownShare(id, limits: limits, now: time) }
    }

    /// Whose link it is, in whatever state; nil for none. See ``Share/isPresentable``.
    ///
    /// - Throws: ``LedgerError``.
    public func share(token: String) async throws -> Share? {
        let (hash, time) = (Token.hash(token), now())
        return try await reader.read { [limits] in try $0.share(withHash: hash, limits: limits, now: time) }
    }

    /// Newest first.
    ///
    /// - Parameter after: the `id` of the last share of the page before.
    /// - Throws: ``LedgerError``.
    public func shares(_ filter: ShareFilter = ShareFilter(), limit: Int, after: String? = nil) async throws -> [Share] {
        let time = now()
        return try await slowReader.read { [limits] in
            try $0.shares(filter, limit: limit, after: after, limits: limits, now: time)
        }
    }

    /// - Throws: ``LedgerError``: noSuchShare, shareRevoked, and as ``createShare(_:creator:by:)``.
    public func changeShare(_ id: String, _ change: ShareChange, by origin: AuditOrigin) async throws -> Share {
        let time = now()
        try ShareRule.check(change, limits: limits, now: time)
        var hash: String?
        if case .some(.some(let password)) = change.password { hash = try await self.hash(password) }
        let entry = AuditEntry("share.change", object: id, detail: change.auditDetail, by: origin)
        return try await self.change(entry) { [limits, hash] rows in
            let share = try rows.knownShare(id, limits: limits, now: time)
            guard share.state != .revoked else {
                throw LedgerError(.shareRevoked, "The share was revoked", "Make a new one.")
            }
            try rows.apply(change, to: share, passwordHash: hash, now: time)
            return try rows.knownShare(id, limits: limits, now: time)
        }
    }

    /// Ends a share for good. Revoking it again changes nothing.
    ///
    /// - Throws: ``LedgerError`` noSuchShare.
    public func revokeShare(_ id: String, by origin: AuditOrigin) async throws {
        let time = now()
        try await change(AuditEntry("share.revoke", object: id, by: origin)) { [limits] rows in
            let share = try rows.knownShare(id, limits: limits, now: time)
            try rows.run(
                "UPDATE share SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL", .real(time), .text(origin.actor),
                .integer(share.rowID))
        }
    }

    /// Whether a share is this creator's own.
    ///
    /// - Throws: ``LedgerError`` noSuchShare.
    public func isShare(_ id: String, of creator: ShareCreator) async throws -> Bool {
        let time = now()
        return try await reader.read { [limits] rows in
            let share = try rows.knownShare(id, limits: limits, now: time)
            let (kind, creatorID) = try rows.creatorColumns(creator)
            return try rows.first(
                "SELECT 1 FROM share WHERE id = ? AND creator_kind = ? AND creator_id IS ?", .integer(share.rowID), .text(kind),
                .integer(creatorID)
            ) { _ in true } ?? false
        }
    }

    /// Totals over the shares of one, or over all.
    ///
    /// - Throws: ``LedgerError``.
    public func shareStatistics(of creator: ShareCreator? = nil) async throws -> ShareStatistics {
        let time = now()
        return try await slowReader.read { try $0.statistics(of: creator, now: time) }
    }

    /// Newest first.
    ///
    /// - Parameter before: the `id` of the last row of the page before.
    /// - Throws: ``LedgerError`` noSuchShare.
    public func shareLog(_ id: String, limit: Int, before: ShareAccess.ID? = nil) async throws -> [ShareAccess] {
        let time = now()
        try await flush()
        return try await slowReader.read { [limits] rows in
            let share = try rows.knownShare(id, limits: limits, now: time)
            return try rows.accesses(to: share, limit: limit, before: before)
        }
    }
}

/// Names of shares: 60 random bits in base32.
///
/// Source: RFC 4648 §6.
enum ShareID {
    static func random() throws -> String {
        let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String(try Randomness.bytes(12).map { digits[Int($0 & 31)] })
    }
}

extension NewShare {
    /// What is shared, for the audit trail.
    fileprivate var auditDetail: String {
        var parts = [items.map { "\($0.type.rawValue) \($0.uid)" }.joined(separator: ", ")]
        if password != nil { parts.append("with a password") }
        if let maxDownloads { parts.append("\(maxDownloads) downloads") }
        if isConflictConfirmed { parts.append("conflict confirmed") }
        return parts.joined(separator: "; ")
    }
}

extension ShareChange {
    /// What is changed, for the audit trail.
    fileprivate var auditDetail: String {
        let parts: [String?] = [
            expiresAt.map { _ in "expiry" }, maxDownloads.map { $0.map { "\($0) downloads" } ?? "any number of downloads" },
            note.map { _ in "note" }, password.map { $0 == nil ? "no password" : "new password" }, language.map { _ in "language" },
            policy.map { "policy \($0.rawValue)" }, showsPatient.map { $0 ? "patient shown" : "patient not shown" },
            unlocks ? "unlocked" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}

/// Writing shares.
extension LedgerRows {
    fileprivate func insert(
        _ share: NewShare, id: String, token: String, passwordHash: String?, creator: ShareCreator, createdBy: String, now: Double
    ) throws {
        let (kind, creatorID) = try creatorColumns(creator)
        try run(
            """
            INSERT INTO share(public_id, token_hash, kind, items, summary, created_by, creator_kind, creator_id, created_at, expires_at,
                password_hash, max_downloads, note, policy, language, shows_patient, is_conflict_confirmed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .text(id), .blob(Token.hash(token)), .text(share.kind.rawValue), .text(try Self.json(share.items)),
            .text(try Self.json(share.summary)), .text(createdBy), .text(kind), .integer(creatorID), .real(now), .real(share.expiresAt),
            .text(passwordHash), .integer(share.maxDownloads.map(Int64.init)), .text(share.note), .text(share.policy.rawValue),
            .text(share.language?.rawValue), .integer(share.showsPatient ? 1 : 0), .integer(share.isConflictConfirmed ? 1 : 0))
    }

    fileprivate func apply(_ change: ShareChange, to share: Share, passwordHash: String?, now: Double) throws {
        func set(_ assignment: String, _ values: Value...) throws {
            try run("UPDATE share SET \(assignment) WHERE id = ?\(values.count + 1)", values + [.integer(share.rowID)])
        }
        if let expiresAt = change.expiresAt { try set("expires_at = ?1", .real(expiresAt)) }
        if let most = change.maxDownloads {
            try set(
                """
                max_downloads = ?1, used_up_at = CASE WHEN download_count >= ?1 THEN coalesce(used_up_at, ?2) END
                """, .integer(most.map(Int64.init)), .real(now))
        }
        if let note = change.note { try set("note = ?1", .text(note)) }
        if let language = change.language { try set("language = ?1", .text(language?.rawValue)) }
        if let policy = change.policy { try set("policy = ?1", .text(policy.rawValue)) }
        if let showsPatient = change.showsPatient { try set("shows_patient = ?1", .integer(showsPatient ? 1 : 0)) }
        if change.password != nil {
            try set("password_hash = ?1, generation = generation + ?2", .text(passwordHash), .integer(passwordHash == nil ? 0 : 1))
        }
        if change.unlocks || change.password != nil {
            try set("failed_passwords = 0, locked_at = NULL")
            try run("DELETE FROM share_failure WHERE share_id = ?", .integer(share.rowID))
        }
    }
}
