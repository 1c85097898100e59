internal import SQLite

/// What recipients do, kept in the share's log and in the audit trail.
extension Ledger {
    /// Keeps that a share's page was opened, and returns before it is on the disk.
    ///
    /// - Parameter code: `ok`, or the code of the problem.
    /// - Throws: ``LedgerError`` when the audit trail cannot be written.
    public func noteView(of share: Share, code: String = "ok", visitor: ShareVisitor) async throws {
        try await noteAccess(.view, of: share, code: code, visitor: visitor)
    }

    /// Keeps that a download was refused, and returns before it is on the disk.
    ///
    /// - Throws: ``LedgerError`` when the audit trail cannot be written.
    public func noteRefusedDownload(of share: Share, code: String, visitor: ShareVisitor) async throws {
        try await noteAccess(.download, of: share, code: code, visitor: visitor)
    }

    func noteAccess(_ action: ShareAccess.Action, of share: Share?, code: String, visitor: ShareVisitor) async throws {
        try await checkAudit()
        let time = now()
        let entry = AuditEntry("share.\(action.rawValue)", object: share?.id, outcome: code, by: visitor.origin)
        queue.add { pending in
            pending.entries.append(.init(entry: entry, timeUnixMilliseconds: milliseconds(time)))
            guard let share else { return }
            pending.accesses.append(.init(share: share.rowID, action: action, code: code, visitor: visitor, time: time))
        }
        schedule(after: Self.grouping)
    }

    /// Begins to send bytes of a plan: to be called before the first. Counts the plan as a download, once, and never more of them than the share
    /// allows; keeps the access; makes the plan the recipient's last.
    ///
    /// - Parameter isContinuable: false for the whole in answer to a range that is not of this plan: who keeps what he had of another archive must
    ///   not continue that with this one.
    /// - Returns: the access, for ``endDownload(_:bytes:code:reachesEnd:)``.
    /// - Throws: ``LedgerError``: noSuchPlan (removed or void), shareEnded (revoked, creator gone, or expired or used up and not to be resumed any more).
    public func startDownload(
        _ plan: Plan.ID, range: ClosedRange<UInt64>?, isContinuable: Bool = true, visitor: ShareVisitor
    ) async throws -> ShareAccess.ID {
        let time = now()
        let share = try await reader.read { [limits] in try $0.share(ofPlan: plan, limits: limits, now: time) }
        do {
            return try await commit { [limits] rows in
                let share = try rows.share(ofPlan: plan, limits: limits, now: time)
                try rows.start(plan, of: share, isContinuable: isContinuable, now: time)
                let access = try rows.insertDownload(plan, of: share, range: range, visitor: visitor, now: time)
                let extent = range.map { "bytes \($0.lowerBound)-\($0.upperBound)" } ?? "whole"
                let entry = AuditEntry(
                    "share.download", object: share.id, detail: "plan \(plan), access \(access), \(extent)", by: visitor.origin)
                return (access, entry)
            }
        } catch let error as LedgerError where !error.isOfFile {
            try await noteRefusedDownload(of: share, code: error.code.rawValue, visitor: visitor)
            throw error
        }
    }

    /// Keeps how a download, or one range of it, ended.
    ///
    /// - Parameters:
    ///   - bytes: that were sent.
    ///   - code: `ok`, or the code of the problem.
    ///   - reachesEnd: whether the archive's last byte was among them.
    /// - Throws: ``LedgerError``.
    public func endDownload(_ access: ShareAccess.ID, bytes: Int64, code: String, reachesEnd: Bool = false) async throws {
        let time = now()
        try await commit { rows in
            guard let running = try rows.runningDownload(access) else { return ((), nil) }
            try rows.run(
                "UPDATE share_access_log SET ended_at = ?, success = ?, code = ?, bytes = ? WHERE id = ?", .real(time),
                .integer(code == "ok" ? 1 : 0), .text(code), .integer(bytes), .integer(access))
            try rows.run("UPDATE share SET bytes_sent = bytes_sent + ? WHERE id = ?", .integer(bytes), .integer(running.share))
            try rows.addSent(bytes, reachesEnd: reachesEnd, to: running.plan, now: time)
            let entry = AuditEntry(
                "share.download.end", object: running.name, outcome: code, detail: "access \(access), \(bytes) bytes",
                by: AuditOrigin(actor: "-", method: "share", ipAddress: running.ipAddress))
            return ((), entry)
        }
    }
}

extension LedgerError {
    static let shareEnded = LedgerError(.shareEnded, "The link is not valid any more", "Ask whoever sent it for a new one.")
    static let noSuchPlan = LedgerError(.noSuchPlan, "This download has ended", "Begin it again.")
}

extension LedgerRows {
    struct RunningDownload {
        var share, plan: Int64
        var name, ipAddress: String
    }

    /// - Throws: ``LedgerError`` noSuchPlan.
    fileprivate func share(ofPlan plan: Plan.ID, limits: ShareLimits, now: Double) throws -> Share {
        let isOfPlan = "share.id = (SELECT plan.share_id FROM plan WHERE plan.id = ?2)"
        guard let share = try shares(where: isOfPlan, [.integer(plan)], limits: limits, now: now).first else {
            throw LedgerError.noSuchPlan
        }
        return share
    }

    /// Counts a plan when it is sent from for the first time.
    ///
    /// - Throws: ``LedgerError``: noSuchPlan, shareEnded.
    fileprivate func start(_ plan: Plan.ID, of share: Share, isContinuable: Bool, now: Double) throws {
        let known = try first(
            """
            SELECT plan.started_at IS NOT NULL, share_grant.generation, share_grant.id
            FROM plan JOIN share_grant ON share_grant.id = grant_id WHERE plan.id = ? AND is_frozen = 1 AND is_void = 0
            """, .integer(plan)
        ) { (isStarted: $0.integer(0) != 0, generation: $0.integer(1), grant: $0.integer(2)) }
        guard let known else { throw LedgerError.noSuchPlan }
        let isAdmitted = known.isStarted ? share.admitsResuming(now: now) : share.admitsNewDownloads
        guard isAdmitted, known.generation == share.generation else { throw LedgerError.shareEnded }
        try run("UPDATE plan SET used_at = ?1, started_at = coalesce(started_at, ?1) WHERE id = ?2", .real(now), .integer(plan))
        try run("UPDATE share_grant SET last_plan = ? WHERE id = ?", .integer(isContinuable ? plan : 0), .integer(known.grant))
        guard !known.isStarted else { return }
        try run(
            """
            UPDATE share SET download_count = download_count + 1,
                used_up_at = CASE WHEN download_count + 1 >= max_downloads THEN coalesce(used_up_at, ?1) END WHERE id = ?2
            """, .real(now), .integer(share.rowID))
    }

    /// A plan is complete when its end was sent, before or after the rest: by ranges of which several may be under way.
    fileprivate func addSent(_ bytes: Int64, reachesEnd: Bool, to plan: Plan.ID, now: Double) throws {
        try run(
            "UPDATE plan SET used_at = ?, bytes_sent = bytes_sent + ?, is_end_sent = max(is_end_sent, ?) WHERE id = ?", .real(now),
            .integer(bytes), .integer(reachesEnd ? 1 : 0), .integer(plan))
        try run(
            "UPDATE plan SET completed_at = ? WHERE id = ? AND completed_at IS NULL AND is_end_sent = 1 AND bytes_sent >= length",
            .real(now),
            .integer(plan))
    }

    fileprivate func insertDownload(
        _ plan: Plan.ID, of share: Share, range: ClosedRange<UInt64>?, visitor: ShareVisitor, now: Double
    ) throws -> ShareAccess.ID {
        try run(
            """
            INSERT INTO share_access_log(share_id, plan_id, accessed_at, ip_address, user_agent, action, code, bytes, range_first, range_last)
            VALUES (?, ?, ?, ?, ?, ?, '', 0, ?, ?)
            """, .integer(share.rowID), .integer(plan), .real(now), .text(visitor.ipAddress), .text(visitor.agent),
            .text(ShareAccess.Action.download.rawValue), .integer(range.map { Int64(bitPattern: $0.lowerBound) }),
            .integer(range.map { Int64(bitPattern: $0.upperBound) }))
        let access = connection.lastInsertedRowID
        try countAccess(to: share.rowID, at: now)
        return access
    }

    fileprivate func runningDownload(_ access: ShareAccess.ID) throws -> RunningDownload? {
        try first(
            """
            SELECT share.id, log.plan_id, share.public_id, log.ip_address FROM share_access_log AS log JOIN share ON share.id = log.share_id
            WHERE log.id = ? AND log.ended_at IS NULL
            """, .integer(access)
        ) { RunningDownload(share: $0.integer(0), plan: $0.integer(1), name: $0.text(2), ipAddress: $0.text(3)) }
    }
}
