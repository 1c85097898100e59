internal import Cryptography

/// Who does something, and from where: what every change of the ledger is told.
public struct AuditOrigin: Sendable, Hashable {
    /// A user's name, `key:` and a key's, `local` for the command line, `-` for nobody that is known.
    public var actor: String
    /// How the actor was recognised: `session`, `token`, `key`, `local`, `password` or `none`.
    public var method: String
    public var ipAddress: String

    public init(actor: String, method: String, ipAddress: String) {
        (self.actor, self.method, self.ipAddress) = (actor, method, ipAddress)
    }

    /// The command line, on the data folder itself or over the control socket.
    public static let local = AuditOrigin(actor: "local", method: "local", ipAddress: "local")
}

/// Something that happened, to be kept in the audit trail [A3].
public struct AuditEntry: Sendable, Hashable {
    public var origin: AuditOrigin
    /// A name such as `user.create`.
    public var action: String
    /// What it was done to: a user's name, a study's UID.
    public var object: String?
    /// `ok`, or the code of the problem.
    public var outcome: String
    public var detail: String?

    public init(_ action: String, object: String? = nil, outcome: String = "ok", detail: String? = nil, by origin: AuditOrigin) {
        (self.action, self.object, self.outcome, self.detail) = (action, object, outcome, detail)
        self.origin = origin
    }
}

/// A row of the audit trail.
public struct AuditRow: Sendable, Hashable {
    /// 1, 2, 3, … without gaps.
    public var id: Int64
    public var timeUnixMilliseconds: Int64
    public var entry: AuditEntry
    /// SHA-256 over the previous row's hash and this row's content, see ``hash(after:)``.
    public var hash: [UInt8]

    /// The hash that stands before the first row: zeros.
    public static let beforeTheFirst = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// The hash that a row must have after one with `previous`: SHA-256 over that hash's 32 bytes, the text `fileroom-audit-1`, and then id, time in
    /// milliseconds, actor, method, address, action, object, outcome and detail, each written as its length in bytes, a colon, its UTF-8 bytes and
    /// a comma; an absent one is written `-,`. No two rows have the same content then.
    func hash(after previous: [UInt8]) -> [UInt8] {
        var content = previous + Array("fileroom-audit-1".utf8)
        let fields: [String?] = [
            String(id), String(timeUnixMilliseconds), entry.origin.actor, entry.origin.method, entry.origin.ipAddress, entry.action,
            entry.object, entry.outcome, entry.detail,
        ]
        for field in fields {
            if let field { content += "\(field.utf8.count):\(field),".utf8 } else { content += "-,".utf8 }
        }
        return SHA256.hash(content)
    }
}

/// What to look for in the audit trail.
public struct AuditFilter: Sendable, Hashable {
    /// Without regard to case.
    public var actor: String?
    public var action: String?
    public var outcome: String?
    /// From this time on, seconds since 1970 UTC.
    public var from: Double?
    /// Before this time.
    public var to: Double?
    /// Only rows before this one.
    public var before: Int64?

    public init(
        actor: String? = nil, action: String? = nil, outcome: String? = nil, from: Double? = nil, to: Double? = nil, before: Int64? = nil
    ) {
        (self.actor, self.action, self.outcome, self.from, self.to, self.before) = (actor, action, outcome, from, to, before)
    }
}

/// What looking through the whole audit trail found.
public struct AuditVerdict: Sendable, Hashable {
    public var isIntact: Bool
    /// How many rows were looked at.
    public var entries: Int64
    /// The first row that was changed, or the place of the first one that is missing.
    public var firstBroken: Int64?
}
