internal import Cryptography
internal import SQLite

/// A signed token for software.
public struct IssuedToken: Sendable {
    public var token: String
    public var role: Role
    /// How long it is valid.
    public var lifetimeSeconds: Int
}

extension LedgerRows {
    static let audience = "fileroom-api"

    func issueToken(to user: User, policy: Ledger.Policy, key: SealingKey, now: Double) throws -> IssuedToken {
        let claims = JSONWebToken.Claims(
            subject: user.name, audience: Self.audience, generation: user.generation, issuedAtUnixSeconds: Int64(now),
            expiresAtUnixSeconds: Int64(now + policy.token))
        let token = try JSONWebToken.sign(claims, with: signingKey(policy: policy, key: key, now: now))
        return IssuedToken(token: token, role: user.role, lifetimeSeconds: Int(policy.token))
    }

    /// The key that signs now: a new one when the last is old enough, and those are removed whose tokens have all expired.
    private func signingKey(policy: Ledger.Policy, key: SealingKey, now: Double) throws -> JSONWebToken.Key {
        try run("DELETE FROM signing_key WHERE created_at <= ?", .real(now - policy.signingKey - policy.token))
        let known = try first(
            "SELECT id FROM signing_key WHERE created_at > ? AND created_at <= ? ORDER BY created_at DESC LIMIT 1",
            .real(now - policy.signingKey), .real(now)
        ) { $0.text(0) }
        if let known, let usable = try verificationKey(known, policy: policy, key: key, now: now) { return usable }
        let (id, secret) = (Base64.url.encode(try Randomness.bytes(12)), try Randomness.bytes(32))
        try run(
            "INSERT INTO signing_key(id, secret, created_at) VALUES (?, ?, ?)", .text(id),
            .blob(try key.seal(secret, context: "signing_key:\(id)")), .real(now))
        return JSONWebToken.Key(id: id, secret: secret)
    }

    /// A key for as long as there may be tokens that it signed.
    func verificationKey(_ id: String, policy: Ledger.Policy, key: SealingKey, now: Double) throws -> JSONWebToken.Key? {
        let sealed = try first(
            "SELECT secret FROM signing_key WHERE id = ? AND created_at > ?", .text(id), .real(now - policy.signingKey - policy.token)
        ) { $0.bytes(0) }
        return sealed.flatMap { key.open($0, context: "signing_key:\(id)") }.map { JSONWebToken.Key(id: id, secret: $0) }
    }
}

extension Ledger {
    /// Whose signed token it is; nil when it is none of ours, has expired, or its user was disabled, signed out everywhere or given a new password
    /// since. The role is the one that the user has now.
    ///
    /// - Throws: ``LedgerError``.
    public func authenticate(signedToken token: String) async throws -> SignedIn? {
        guard let id = JSONWebToken.keyID(of: token) else { return nil }
        let time = now()
        return try await reader.read { [policy, key] rows in
            guard let signing = try rows.verificationKey(id, policy: policy, key: key, now: time),
                let claims = JSONWebToken.verify(token, with: signing, audience: LedgerRows.audience, nowUnixSeconds: time),
                let user = try rows.user(named: claims.subject), !user.isDisabled, user.generation == claims.generation
            else { return nil }
            return SignedIn(name: user.name, role: user.role, expiresAt: Double(claims.expiresAtUnixSeconds))
        }
    }
}
