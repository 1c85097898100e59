internal import Cryptography

/// The first start: a link that lets whoever has it make the first admin.
extension Ledger {
    /// Whether there is no user yet.
    ///
    /// - Throws: ``LedgerError``.
    public func needsSetup() async throws -> Bool { try await reader.read { try !$0.hasUsers() } }

    /// Makes a new token for the set-up link; one made before is void then.
    ///
    /// - Returns: nil when there are users.
    /// - Throws: ``LedgerError``.
    public func makeSetupToken() async throws -> String? {
        let token = try Token.random()
        return try await commit { rows in
            guard try !rows.hasUsers() else { return (nil, nil) }
            try rows.set("setup_token", to: Token.hash(token))
            return (token, nil)
        }
    }

    /// Makes the first user, an admin, and signs it in.
    ///
    /// - Throws: ``LedgerError``: setupDone, setupTokenWrong, badName, weakPassword, busy.
    public func setUp(token: String, name: String, password: String, ipAddress: String, userAgent: String) async throws -> NewSession {
        let origin = AuditOrigin(actor: "-", method: "setup", ipAddress: ipAddress)
        // Looked at before the password is hashed, which is dear, and again when it counts.
        do {
            try await reader.read { try $0.checkSetup(token: token) }
        } catch let refusal as LedgerError where !refusal.isOfFile {
            try await record(AuditEntry("setup", outcome: refusal.code.rawValue, by: origin))
            throw refusal
        }
        try NameRule.check(name: name)
        try NameRule.check(password: password, of: name)
        let hash = try await hash(password)
        let time = now()
        return try await change(AuditEntry("user.create", object: name, detail: "role admin, by the set-up link", by: origin)) {
            [policy] rows in
            try rows.checkSetup(token: token)
            let user = try rows.addUser(name, role: .admin, hash: hash, time: time)
            try rows.run("UPDATE user SET last_sign_in_at = ? WHERE id = ?", .real(time), .integer(user.id))
            return try rows.startSession(of: user, policy: policy, now: time, ipAddress: ipAddress, userAgent: userAgent)
        }
    }
}

extension LedgerRows {
    func checkSetup(token: String) throws {
        guard try !hasUsers() else { throw LedgerError(.setupDone, "Fileroom has been set up already", "Sign in.") }
        guard let known = try setting("setup_token"), ConstantTime.areEqual(known, Token.hash(token)) else {
            throw LedgerError(
                .setupTokenWrong, "This set-up link is not valid",
                "Use the link that the server printed when it was started last; every start makes a new one.")
        }
    }
}
