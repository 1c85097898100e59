internal import Cryptography

/// The audit trail: append-only, each row bound to the one before.
extension Ledger {
    /// Keeps something that happened, and returns before it is on the disk: rows are written in groups a few milliseconds apart. While writing
    /// fails, nothing is taken: who may not see without leaving a trace must not see then.
    ///
    /// - Throws: ``LedgerError`` when the trail cannot be written.
    public func note(_ entry: AuditEntry) async throws {
        try await checkAudit()
        let time = milliseconds(now())
        queue.add { $0.entries.append(.init(entry: entry, timeUnixMilliseconds: time)) }
        schedule(after: Self.grouping)
    }

    /// Tries again what could not be written the last time, if anything.
    ///
    /// - Throws: ``LedgerError`` when the trail cannot be written.
    public func checkAudit() async throws {
        guard queue.hasFailed else { return }
        try await proveAudit()
        queue.wasWritten()
    }

    /// Finds out by writing whether a row can be written: before something is done that must leave one, and cannot be undone.
    ///
    /// - Throws: ``LedgerError`` when the trail cannot be written.
    public func proveAudit() async throws {
        try await commit { rows in (try rows.tryAudit(), nil) }
    }

    /// Keeps something that happened, and returns when it is on the disk.
    ///
    /// - Throws: ``LedgerError`` when the trail cannot be written.
    public func record(_ entry: AuditEntry) async throws {
        try await commit { _ in ((), entry) }
    }

    /// The newest rows that a filter takes.
    ///
    /// - Throws: ``LedgerError``.
    public func auditRows(_ filter: AuditFilter = AuditFilter(), limit: Int) async throws -> [AuditRow] {
        try await flush()
        return try await slowReader.read { try $0.auditRows(filter, limit: limit) }
    }

    /// Hands over the whole trail, oldest first, in groups of up to 500 rows; what is added meanwhile may be among them.
    ///
    /// - Throws: ``LedgerError``, or what `group` throws.
    public func exportAudit(_ group: ([AuditRow]) async throws -> Void) async throws {
        try await flush()
        var last: Int64 = 0
        while true {
            let rows = try await slowReader.read { [last] in try $0.auditRows(after: last, limit: 500) }
            guard let end = rows.last?.id else { return }
            try await group(rows)
            last = end
        }
    }

    /// Computes every row's hash again and compares: finds rows that were changed, removed from anywhere or added behind the program's back, and an
    /// end that was cut off. Does not find that the whole data folder was put back to an earlier state.
    ///
    /// - Throws: ``LedgerError``.
    public func verifyAudit() async throws -> AuditVerdict {
        try await flush()
        let walked = try await walkAudit()
        guard walked.isIntact else { return walked.verdict(firstBroken: walked.count + 1) }
        let end = try await slowReader.read { rows in
            (head: try rows.auditHead(), isLast: try rows.auditRows(after: walked.count, limit: 1).isEmpty)
        }
        guard let head = end.head, ConstantTime.areEqual(head.seal, head.expectedSeal(auditKey)) else {
            return walked.verdict(firstBroken: walked.count + 1)
        }
        // What was added since the walk ended is bound to what was looked at by the next verification.
        let isWhole = end.isLast ? head.entries == walked.count && head.hash == walked.hash : head.entries > walked.count
        return walked.verdict(firstBroken: isWhole ? nil : min(head.entries, walked.count) + 1)
    }

    private struct Walk: Sendable {
        /// Of the last row that was right.
        var hash = AuditRow.beforeTheFirst
        var count: Int64 = 0
        var isIntact = true

        func verdict(firstBroken: Int64?) -> AuditVerdict {
            AuditVerdict(isIntact: firstBroken == nil, entries: count, firstBroken: firstBroken)
        }
    }

    /// Goes through the rows up to the first that is not what it must be.
    private func walkAudit() async throws -> Walk {
        var walk = Walk()
        while true {
            let rows = try await slowReader.read { [walk] in try $0.auditRows(after: walk.count, limit: 500) }
            if rows.isEmpty { return walk }
            for row in rows {
                walk.isIntact = row.id == walk.count + 1 && row.hash == row.hash(after: walk.hash)
                guard walk.isIntact else { return walk }
                (walk.hash, walk.count) = (row.hash, row.id)
            }
        }
    }
}
