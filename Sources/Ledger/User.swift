internal import SQLite

/// Someone who may sign in.
public struct User: Sendable, Hashable {
    public var name: String
    public var role: Role
    public var isDisabled: Bool
    /// Seconds since 1970 UTC, as all times here.
    public var createdAt: Double
    public var lastSignInAt: Double?
    let id: Int64
    let generation: Int64
}

/// What names and passwords may be.
public enum NameRule {
    /// Of users and keys. ASCII, so that no two names look the same but for case, in which no two may differ.
    public static let pattern = "^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
    public static let passwordLengths = 12...256
    /// What a name may be, in words that complete "take …".
    public static let allowed =
        "1 to 64 of the letters A to Z, digits, \".\", \"_\", \"@\" and \"-\", beginning with a letter or digit; but not \"local\""
    /// What a password may be, in words that complete "take …".
    public static let allowedPasswords =
        "\(passwordLengths.lowerBound) to \(passwordLengths.upperBound) characters, without the user's name; several words are good"

    /// - Throws: ``LedgerError`` badName.
    static func check(name: String) throws(LedgerError) {
        let isAllowed = name.utf8.allSatisfy { (0x30...0x39).contains($0) || isLetter($0) || Array("._@-".utf8).contains($0) }
        let beginsRight = name.utf8.first.map { (0x30...0x39).contains($0) || isLetter($0) } ?? false
        guard isAllowed, beginsRight, name.utf8.count <= 64, name.lowercased() != AuditOrigin.local.actor else {
            throw LedgerError(
                .badName, "The name cannot be used", "Take \(allowed).")
        }
    }

    /// - Throws: ``LedgerError`` weakPassword.
    static func check(password: String, of name: String) throws(LedgerError) {
        let isTooSimple = password.lowercased().contains(name.lowercased()) || Set(password).count < 4
        guard passwordLengths.contains(password.unicodeScalars.count), !isTooSimple else {
            throw LedgerError(
                .weakPassword, "The password is too easy to guess",
                "Take \(allowedPasswords)."
            )
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}

extension LedgerRows {
    static let userColumns = "user.id, user.name, user.role, user.is_disabled, user.created_at, user.last_sign_in_at, user.generation"

    /// A user from the first seven columns of a row, in the order of ``userColumns``.
    static func user(_ row: Statement) throws -> User {
        User(
            name: row.text(1), role: try role(row.text(2)), isDisabled: row.integer(3) != 0, createdAt: row.double(4),
            lastSignInAt: row.optionalDouble(5), id: row.integer(0), generation: row.integer(6))
    }

    static func role(_ text: String) throws(LedgerError) -> Role {
        guard let role = Role(rawValue: text) else {
            throw LedgerError(.corrupt, "The ledger holds an unknown role", "Restore it from a backup with `fileroom restore`.")
        }
        return role
    }

    func user(named name: String) throws -> User? {
        try first("SELECT \(Self.userColumns) FROM user WHERE name = ?", .text(name), element: Self.user)
    }

    /// - Throws: ``LedgerError`` noSuchUser.
    func knownUser(_ name: String) throws -> User {
        guard let user = try user(named: name) else {
            throw LedgerError(.noSuchUser, "There is no such user", "`fileroom user list` shows those that there are.")
        }
        return user
    }

    func hasUsers() throws -> Bool { try first("SELECT 1 FROM user LIMIT 1") { _ in true } ?? false }

    /// Refuses a change after which nobody could administer.
    func keepAnAdmin() throws {
        guard try first("SELECT 1 FROM user WHERE role = 'admin' AND is_disabled = 0 LIMIT 1", element: { _ in true }) ?? false else {
            throw LedgerError(.lastAdmin, "This is the last admin", "Make another user an admin first.")
        }
    }

    /// Ends a user's sessions and voids signed tokens.
    ///
    /// - Parameter kept: a session that stays.
    func endAccess(of user: User, except kept: Int64? = nil) throws {
        try run("DELETE FROM session WHERE user_id = ? AND id <> ?", .integer(user.id), .integer(kept ?? -1))
        try run("UPDATE user SET generation = generation + 1 WHERE id = ?", .integer(user.id))
    }
}
