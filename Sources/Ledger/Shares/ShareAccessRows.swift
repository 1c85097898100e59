internal import Cryptography
internal import SQLite

extension ShareVisitor {
    /// Browsers' are shorter.
    static let longestAgent = 300

    var agent: String { String(userAgent.prefix(Self.longestAgent)) }
    /// Whoever has the link: nobody that is known.
    var origin: AuditOrigin { AuditOrigin(actor: "-", method: "share", ipAddress: ipAddress) }
}

/// The access log and the recipients.
extension LedgerRows {
    /// An access that is over when it is written.
    struct NewAccess: Sendable {
        var share: Int64
        var action: ShareAccess.Action
        var code: String
        var visitor: ShareVisitor
        var time: Double
    }

    func insert(_ access: NewAccess) throws {
        let isSuccess = access.code == "ok"
        try run(
            """
            INSERT INTO share_access_log(share_id, accessed_at, ended_at, ip_address, user_agent, action, success, code, bytes)
            VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, 0)
            """, .integer(access.share), .real(access.time), .text(access.visitor.ipAddress), .text(access.visitor.agent),
            .text(access.action.rawValue), .integer(isSuccess ? 1 : 0), .text(access.code))
        if isSuccess { try countAccess(to: access.share, at: access.time) }
    }

    func countAccess(to share: Int64, at time: Double) throws {
        try run(
            "UPDATE share SET access_count = access_count + 1, last_accessed = max(coalesce(last_accessed, 0), ?) WHERE id = ?",
            .real(time), .integer(share))
    }

    func accesses(to share: Share, limit: Int, before: ShareAccess.ID?) throws -> [ShareAccess] {
        try all(
            """
            SELECT id, accessed_at, ended_at, ip_address, user_agent, action, success, code, bytes, range_first, range_last
            FROM share_access_log WHERE share_id = ? AND id < ? ORDER BY id DESC LIMIT ?
            """, .integer(share.rowID), .integer(before ?? .max), .integer(Int64(limit))
        ) { row in
            let range = row.optionalInteger(9).map { UInt64(bitPattern: $0)...UInt64(bitPattern: row.integer(10)) }
            return ShareAccess(
                id: row.integer(0), accessedAt: row.double(1), endedAt: row.optionalDouble(2), ipAddress: row.text(3),
                userAgent: row.text(4), action: ShareAccess.Action(rawValue: row.text(5)) ?? .view,
                success: row.optionalInteger(6).map { $0 != 0 }, code: row.text(7), bytes: row.integer(8), range: range)
        }
    }

    /// Ends the accesses of a process that did not: nobody knows how many bytes they sent.
    func endInterruptedDownloads(now: Double, sealKey: [UInt8]) throws {
        let interrupted = try all(
            """
            SELECT share.public_id, log.ip_address FROM share_access_log AS log JOIN share ON share.id = log.share_id
            WHERE log.ended_at IS NULL ORDER BY log.id
            """
        ) { (share: $0.text(0), address: $0.text(1)) }
        try run(
            "UPDATE share_access_log SET ended_at = ?, success = 0, code = ? WHERE ended_at IS NULL", .real(now),
            .text(ShareAccess.interrupted))
        let entries = interrupted.map {
            AuditEntry(
                "share.download.end", object: $0.share, outcome: ShareAccess.interrupted, detail: "the server ended",
                by: AuditOrigin(actor: "-", method: "share", ipAddress: $0.address))
        }
        try append(entries.map { .init(entry: $0, timeUnixMilliseconds: milliseconds(now)) }, sealKey: sealKey)
    }

    // MARK: Recipients

    /// How many of a share are kept that have no plan.
    private static let mostIdleGrants: Int64 = 1_000

    private static let grantColumns = """
        share_grant.id, share_grant.created_at,
        (SELECT plan.id FROM plan WHERE plan.id = share_grant.last_plan AND plan.is_frozen = 1 AND plan.is_void = 0)
        """

    func grant(_ subject: [UInt8], of share: Share) throws -> ShareGrant? {
        try first(
            "SELECT \(Self.grantColumns) FROM share_grant WHERE subject = ? AND share_id = ? AND generation = ?", .blob(subject),
            .integer(share.rowID), .integer(share.generation)
        ) { ShareGrant(id: $0.integer(0), shareID: share.id, createdAt: $0.double(1), lastPlan: $0.optionalInteger(2)) }
    }

    /// Makes a plan that was only announced a recipient's last, unless bytes that he has may be those of another archive.
    func announce(_ plan: Plan.ID, to grant: ShareGrant) throws {
        try run(
            """
            UPDATE share_grant SET last_plan = CASE WHEN last_plan IS NULL OR EXISTS (
                    SELECT 1 FROM plan AS last JOIN plan AS new ON new.id = ?1
                    WHERE last.id = last_plan AND (last.started_at IS NULL OR last.etag = new.etag))
                THEN ?1 ELSE 0 END WHERE id = ?2
            """, .integer(plan), .integer(grant.id))
    }

    /// Lets a recipient in; one that is known already stays the same.
    func letIn(_ subject: [UInt8], to share: Share, now: Double) throws -> ShareGrant {
        try run(
            """
            INSERT INTO share_grant(share_id, subject, generation, created_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT(subject) DO UPDATE SET generation = ?3
            """, .integer(share.rowID), .blob(subject), .integer(share.generation), .real(now))
        try run(
            """
            DELETE FROM share_grant WHERE id NOT IN (SELECT grant_id FROM plan WHERE share_id = ?1) AND id IN (
                SELECT id FROM share_grant WHERE share_id = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)
            """, .integer(share.rowID), .integer(Self.mostIdleGrants))
        guard let grant = try grant(subject, of: share) else { throw LedgerError.damaged("a recipient is not there") }
        return grant
    }
}

extension ShareAccess {
    public typealias ID = Int64

    /// The code of a download during which the server ended.
    public static let interrupted = "INTERRUPTED"
}
