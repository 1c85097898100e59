internal import SQLite

extension Ledger {
    /// In seconds: how long a plan is kept that nobody began or fills, and one that is begun but not asked for.
    private static let idlePlan: Double = 3_600
    private static let forgottenPlan: Double = 7 * 24 * 3_600
    private static let checksumLifetime: Double = 90 * 24 * 3_600
    /// Rows that one transaction removes, so that nobody's change waits long.
    private static let removedAtOnce: Int64 = 2_000

    /// Removes plans that cannot be resumed any more, those that were never started, recipients of shares that have ended, and checksums that have not
    /// been needed for long.
    ///
    /// - Returns: how many plans.
    /// - Throws: ``LedgerError``.
    public func removeOldPlans() async throws -> Int {
        let time = now()
        let old = try await slowReader.read { [limits] rows in
            try rows.oldPlans(
                resume: limits.resume, idleSince: time - Self.idlePlan, forgottenSince: time - Self.forgottenPlan, now: time)
        }
        for plan in old {
            while try await commit({ rows in (try rows.removePart(of: plan, count: Self.removedAtOnce), nil) }) {}
        }
        try await commit { [limits] rows in
            try rows.removeOldGrants(resume: limits.resume, now: time)
            try rows.removeChecksums(before: time - Self.checksumLifetime, count: Self.removedAtOnce)
            return ((), nil)
        }
        return old.count
    }
}

extension LedgerRows {
    private static let hasEnded = "(share.revoked_at IS NOT NULL OR \(shareEnd) + ?1 <= ?2)"

    /// Those from which nobody is sending, and nobody will.
    fileprivate func oldPlans(resume: Double, idleSince idle: Double, forgottenSince forgotten: Double, now: Double) throws -> [Plan.ID] {
        try all(
            """
            SELECT plan.id FROM plan JOIN share ON share.id = plan.share_id
            WHERE NOT EXISTS (SELECT 1 FROM share_access_log AS log WHERE log.plan_id = plan.id AND log.ended_at IS NULL) AND (
                is_void = 1 OR \(Self.hasEnded) OR used_at < ?4 OR (started_at IS NULL AND used_at < ?3)
                OR (completed_at IS NOT NULL AND used_at < ?2 - ?1))
            ORDER BY plan.id
            """, .real(resume), .real(now), .real(idle), .real(forgotten)
        ) { $0.integer(0) }
    }

    /// - Returns: whether there is more.
    fileprivate func removePart(of plan: Plan.ID, count: Int64) throws -> Bool {
        // Void at once, so that nobody begins to send what is half removed.
        try run("UPDATE plan SET is_void = 1 WHERE id = ?", .integer(plan))
        try run(
            "DELETE FROM plan_entry WHERE plan_id = ?1 AND number IN (SELECT number FROM plan_entry WHERE plan_id = ?1 LIMIT ?2)",
            .integer(plan), .integer(count))
        if connection.changes > 0 { return true }
        // Pieces are as large as some hundred entries.
        try run(
            "DELETE FROM plan_document WHERE id IN (SELECT id FROM plan_document WHERE plan_id = ? LIMIT ?)", .integer(plan),
            .integer(max(1, count / 200)))
        if connection.changes > 0 { return true }
        try run("DELETE FROM plan WHERE id = ?", .integer(plan))
        return false
    }

    fileprivate func removeOldGrants(resume: Double, now: Double) throws {
        try run(
            """
            DELETE FROM share_grant WHERE id NOT IN (SELECT grant_id FROM plan)
            AND share_id IN (SELECT share.id FROM share WHERE \(Self.hasEnded))
            """, .real(resume), .real(now))
    }

    fileprivate func removeChecksums(before time: Double, count: Int64) throws {
        try run(
            """
            DELETE FROM file_checksum WHERE (source_id, path) IN (
                SELECT source_id, path FROM file_checksum WHERE computed_at < ? ORDER BY computed_at LIMIT ?)
            """, .real(time), .integer(count))
    }
}
