internal import Cryptography

/// Users. Every change takes who makes it and from where, for the audit trail.
extension Ledger {
    /// All users by name.
    ///
    /// - Throws: ``LedgerError``.
    public func users() async throws -> [User] {
        try await reader.read {
            try $0.all("SELECT \(LedgerRows.userColumns) FROM user ORDER BY name COLLATE NOCASE", element: LedgerRows.user)
        }
    }

    /// - Throws: ``LedgerError`` noSuchUser.
    public func user(named name: String) async throws -> User {
        try await reader.read { try $0.knownUser(name) }
    }

    /// Adds a user. The set-up link ends with the first one.
    ///
    /// - Throws: ``LedgerError``: badName, weakPassword, userExists, busy.
    public func addUser(_ name: String, role: Role, password: String, by origin: AuditOrigin) async throws -> User {
        try NameRule.check(name: name)
        try NameRule.check(password: password, of: name)
        let hash = try await hash(password)
        let time = now()
        return try await change(AuditEntry("user.create", object: name, detail: "role \(role.rawValue)", by: origin)) { rows in
            try rows.addUser(name, role: role, hash: hash, time: time)
        }
    }

    /// Changes what is given. A disabled user, and one with a new password, is signed out everywhere.
    ///
    /// - Throws: ``LedgerError``: noSuchUser, lastAdmin, weakPassword, busy.
    public func changeUser(
        _ name: String, role: Role? = nil, isDisabled: Bool? = nil, password: String? = nil, by origin: AuditOrigin
    ) async throws -> User {
        if let password { try NameRule.check(password: password, of: name) }
        var hash: String?
        if let password { hash = try await self.hash(password) }
        let details = [
            role.map { "role \($0.rawValue)" }, isDisabled.map { $0 ? "disabled" : "enabled" }, password.map { _ in "new password" },
        ]
        let detail = details.compactMap { $0 }.joined(separator: ", ")
        return try await change(AuditEntry("user.change", object: name, detail: detail, by: origin)) { [hash] rows in
            let user = try rows.knownUser(name)
            let wasActiveAdmin = user.role == .admin && !user.isDisabled
            try rows.run(
                "UPDATE user SET role = ?, is_disabled = ?, password_hash = coalesce(?, password_hash) WHERE id = ?",
                .text((role ?? user.role).rawValue), .integer((isDisabled ?? user.isDisabled) ? 1 : 0), .text(hash), .integer(user.id))
            if wasActiveAdmin { try rows.keepAnAdmin() }
            if isDisabled == true || hash != nil { try rows.endAccess(of: user) }
            return try rows.knownUser(name)
        }
    }

    /// Changes one's own password, and ends one's other sessions.
    ///
    /// - Parameter session: the one that stays.
    /// - Throws: ``LedgerError``: signInRefused when `current` is wrong, tooManyFailures, weakPassword, busy.
    public func changeOwnPassword(
        of name: String, from current: String, to new: String, keeping session: Int64?, by origin: AuditOrigin
    ) async throws {
        let entry = AuditEntry("user.password", object: name, by: origin)
        try NameRule.check(password: new, of: name)
        let verified = try await verify(name, password: current, refusal: entry)
        try await setPassword(of: verified, to: try await hash(new), keeping: session, entry: entry)
    }

    /// - Parameter hash: of the new password.
    func setPassword(of verified: Verified, to hash: String, keeping session: Int64?, entry: AuditEntry) async throws {
        try await change(entry) { [policy, key] rows in
            // Disabled, signed out or given another password by an admin, while the old one was checked: what the admin did stays.
            let user = try rows.knownUser(verified.user.name)
            guard !user.isDisabled, user.generation == verified.user.generation else { throw LedgerError.signInRefused }
            let subjects = SignInSubjects(name: user.name, ipAddress: entry.origin.ipAddress, key: key)
            try rows.forgetFailures(of: subjects, limits: policy.signIn)
            try rows.run("UPDATE user SET password_hash = ? WHERE id = ?", .text(hash), .integer(user.id))
            try rows.endAccess(of: user, except: session)
        }
    }

    func hash(_ password: String) async throws -> String {
        do {
            return try await passwords.hash(password).text
        } catch is PasswordThreads.Busy {
            throw LedgerError.busy
        }
    }
}

extension LedgerRows {
    func addUser(_ name: String, role: Role, hash: String, time: Double) throws -> User {
        guard try user(named: name) == nil else {
            throw LedgerError(.userExists, "There is a user of this name already", "Take another name; case makes no difference.")
        }
        try run(
            "INSERT INTO user(name, role, password_hash, created_at) VALUES (?, ?, ?, ?)", .text(name), .text(role.rawValue), .text(hash),
            .real(time))
        try set("setup_token", to: nil)
        return try knownUser(name)
    }
}

extension LedgerError {
    static let busy = LedgerError(
        .busy, "Too many passwords are being checked at the moment", "Try again in a few seconds.", retryAfterSeconds: 3)
}
