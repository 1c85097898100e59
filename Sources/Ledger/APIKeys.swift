internal import SQLite

/// A key for a service. The key itself is kept nowhere.
public struct APIKey: Sendable, Hashable {
    public var id: Int64
    public var name: String
    public var role: Role
    /// The name of who made it.
    public var createdBy: String
    public var createdAt: Double
    public var expiresAt: Double?
    /// To the minute.
    public var lastUsedAt: Double?
    public var revokedAt: Double?

    /// What every key begins with, so that it is known for one wherever it turns up.
    public static let prefix = "frk_"
}

/// A key that has just been made.
public struct NewAPIKey: Sendable {
    /// To be shown once.
    public var secret: String
    public var key: APIKey
}

extension LedgerRows {
    private static let keyColumns = "id, name, role, created_by, created_at, expires_at, last_used_at, revoked_at"

    private func key(_ row: Statement) throws -> APIKey {
        APIKey(
            id: row.integer(0), name: row.text(1), role: try Self.role(row.text(2)), createdBy: row.text(3), createdAt: row.double(4),
            expiresAt: row.optionalDouble(5), lastUsedAt: row.optionalDouble(6), revokedAt: row.optionalDouble(7))
    }

    func keys() throws -> [APIKey] { try all("SELECT \(Self.keyColumns) FROM api_key ORDER BY id", element: key) }

    func key(_ id: Int64) throws -> APIKey? {
        try first("SELECT \(Self.keyColumns) FROM api_key WHERE id = ?", .integer(id), element: key)
    }

    func key(withHash hash: [UInt8]) throws -> APIKey? {
        try first("SELECT \(Self.keyColumns) FROM api_key WHERE token_hash = ?", .blob(hash), element: key)
    }
}

/// API keys.
extension Ledger {
    /// All keys, also expired and revoked ones, oldest first.
    ///
    /// - Throws: ``LedgerError``.
    public func keys() async throws -> [APIKey] { try await reader.read { try $0.keys() } }

    /// Makes a key.
    ///
    /// - Parameter expiresAt: seconds since 1970 UTC; nil for a key that is valid until it is revoked.
    /// - Throws: ``LedgerError``: badName, keyExists, expiryInPast.
    public func createKey(_ name: String, role: Role, expiresAt: Double? = nil, by origin: AuditOrigin) async throws -> NewAPIKey {
        try NameRule.check(name: name)
        let time = now()
        if let expiresAt, expiresAt <= time {
            throw LedgerError(.expiryInPast, "The key would have expired already", "Give a time in the future, or none.")
        }
        let secret = APIKey.prefix + (try Token.random())
        return try await change(AuditEntry("key.create", object: name, detail: "role \(role.rawValue)", by: origin)) { rows in
            let isTaken = try rows.first(
                "SELECT 1 FROM api_key WHERE name = ? COLLATE NOCASE AND revoked_at IS NULL", .text(name), element: { _ in true })
            guard isTaken == nil else {
                throw LedgerError(.keyExists, "There is a key of this name already", "Take another name, or revoke that key first.")
            }
            try rows.run(
                "INSERT INTO api_key(name, token_hash, role, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)", .text(name),
                .blob(Token.hash(secret)), .text(role.rawValue), .text(origin.actor), .real(time), .real(expiresAt))
            let key = APIKey(
                id: rows.connection.lastInsertedRowID, name: name, role: role, createdBy: origin.actor, createdAt: time,
                expiresAt: expiresAt)
            return NewAPIKey(secret: secret, key: key)
        }
    }

    /// Ends a key for good; once revoked it stays so.
    ///
    /// - Throws: ``LedgerError`` noSuchKey.
    public func revokeKey(_ id: Int64, by origin: AuditOrigin) async throws {
        let time = now()
        let name = try await reader.read { try $0.key(id)?.name }
        try await change(AuditEntry("key.revoke", object: name ?? String(id), by: origin)) { rows in
            guard try rows.key(id) != nil else {
                throw LedgerError(.noSuchKey, "There is no such key", "`fileroom key list` shows those that there are.")
            }
            try rows.run("UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", .real(time), .integer(id))
        }
    }

    /// Whose key it is; nil when it is none, has expired or was revoked.
    ///
    /// - Throws: ``LedgerError``.
    public func authenticate(key secret: String) async throws -> SignedIn? {
        let (hash, time) = (Token.hash(secret), now())
        guard secret.hasPrefix(APIKey.prefix), let key = try await reader.read({ try $0.key(withHash: hash) }), key.revokedAt == nil,
            key.expiresAt.map({ time < $0 }) ?? true
        else { return nil }
        if time - (key.lastUsedAt ?? -.infinity) >= Self.useGranularity {
            queue.add { $0.keysUsed[key.id] = time }
            schedule(after: Self.grouping)
        }
        return SignedIn(name: key.name, role: key.role, id: key.id, expiresAt: key.expiresAt)
    }
}
