internal import Ledger

/// The JSON of people, keys and the audit trail.
enum PeopleSchemas {
    static let role = Schema.string(allowed: Role.allCases.map(\.rawValue))
    static let time = Schema.string(format: "date-time")
    static let newName = Schema.string(pattern: NameRule.pattern, lengths: 1...64, words: NameRule.allowed)
    static let newPassword = Schema.string(lengths: NameRule.passwordLengths)
    /// What is typed to sign in: whatever it is, it is answered in the same way.
    static let givenName = Schema.string(lengths: 1...200)
    static let givenPassword = Schema.string(lengths: 1...1_000)

    static let components: [String: Schema] = [
        "Me": .object([
            .init("user", .nullable(.reference("Caller")), "Who is signed in; null for nobody."),
            .init("csrf_token", .nullable(.string()), "To be sent as `X-CSRF-Token` with requests that change something; sessions only."),
            .init("expires_at", .nullable(time), "When the session ends unless it is used, or the token or key does."),
            .init("setup_needed", .boolean, "Whether there is no user yet: the set-up link makes the first."),
            .init("version", .string(), "Of the server."),
        ]),
        "Caller": .object([
            .init("name", .string()), .init("role", role),
            .init("method", .string(allowed: [Caller.Means.session, .key, .token, .local].map(\.rawValue)), "How it was recognised."),
        ]),
        "AccessToken": .object([
            .init("access_token", .string()), .init("token_type", .string(allowed: ["Bearer"])),
            .init("expires_in", .integer(), "Seconds."), .init("role", role),
        ]),
        "Session": .object([
            .init("id", .integer()), .init("created_at", time), .init("last_used_at", time, "To the minute."),
            .init("expires_at", time, "When it ends unless it is used."), .init("ip_address", .string()), .init("user_agent", .string()),
            .init("is_current", .boolean, "Whether this request was made with it."),
        ]),
        "User": .object([
            .init("name", .string()), .init("role", role), .init("is_disabled", .boolean), .init("created_at", time),
            .init("last_sign_in_at", .nullable(time)),
        ]),
        "Key": .object(keyMembers),
        "NewKey": .object(keyMembers + [.init("key", .string(), "The key itself, shown this once.")]),
        "AuditEntry": .object([
            .init("id", .integer(), "1, 2, 3, … without gaps."), .init("time", time),
            .init("actor", .string(), "A user's name, `key:` and a key's, `local` for the command line, `-` for nobody that is known."),
            .init("method", .string(), "How the actor was recognised."), .init("ip_address", .string()),
            .init("action", .string(), "Such as `study.view`."), .init("object", .nullable(.string())),
            .init("outcome", .string(), "`ok`, or the code of the problem."), .init("detail", .nullable(.string())),
        ]),
        "AuditVerdict": .object([
            .init("is_intact", .boolean), .init("entries", .integer(), "How many were right."),
            .init("first_broken", .nullable(.integer()), "The first that was changed or is missing."),
        ]),
    ]

    private static let keyMembers: [Schema.Member] = [
        .init("id", .integer()), .init("name", .string()), .init("role", role), .init("created_by", .string()), .init("created_at", time),
        .init("expires_at", .nullable(time)), .init("last_used_at", .nullable(time), "To the minute."),
        .init("revoked_at", .nullable(time)),
    ]
}

extension JSON {
    static func of(_ user: User) -> JSON {
        [
            "name": .string(user.name), "role": .string(user.role.rawValue), "is_disabled": .boolean(user.isDisabled),
            "created_at": .time(user.createdAt), "last_sign_in_at": .time(user.lastSignInAt),
        ]
    }

    /// - Parameter secret: only when it has just been made.
    static func of(_ key: APIKey, secret: String? = nil) -> JSON {
        let members: [(String, JSON)] = [
            ("id", .integer(key.id)), ("name", .string(key.name)), ("role", .string(key.role.rawValue)),
            ("created_by", .string(key.createdBy)), ("created_at", .time(key.createdAt)), ("expires_at", .time(key.expiresAt)),
            ("last_used_at", .time(key.lastUsedAt)), ("revoked_at", .time(key.revokedAt)),
        ]
        return .object(members + (secret.map { [("key", .string($0))] } ?? []))
    }

    static func of(_ session: Session, current: Int64?) -> JSON {
        [
            "id": .integer(session.id), "created_at": .time(session.createdAt), "last_used_at": .time(session.lastUsedAt),
            "expires_at": .time(session.expiresAt), "ip_address": .string(session.ipAddress), "user_agent": .string(session.userAgent),
            "is_current": .boolean(session.id == current),
        ]
    }

    static func of(_ row: AuditRow) -> JSON { .object(members(of: row)) }

    /// A row for those who compute the hashes themselves.
    ///
    /// - Parameter previous: the hash of the row before.
    static func exported(_ row: AuditRow, previous: [UInt8]) -> JSON {
        let hashes: [(String, JSON)] = [
            ("time_ms", .integer(row.timeUnixMilliseconds)), ("previous_hash", .string(hexadecimal(previous))),
            ("hash", .string(hexadecimal(row.hash))),
        ]
        return .object(members(of: row) + hashes)
    }

    private static func members(of row: AuditRow) -> [(String, JSON)] {
        [
            ("id", .integer(row.id)), ("time", .time(Double(row.timeUnixMilliseconds) / 1_000)),
            ("actor", .string(row.entry.origin.actor)), ("method", .string(row.entry.origin.method)),
            ("ip_address", .string(row.entry.origin.ipAddress)), ("action", .string(row.entry.action)),
            ("object", .string(row.entry.object)), ("outcome", .string(row.entry.outcome)), ("detail", .string(row.entry.detail)),
        ]
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
