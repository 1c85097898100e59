internal import Cryptography
internal import SQLite

/// The rows of the audit trail, and the head that says how many there are.
extension LedgerRows {
    struct AuditHead: Sendable {
        var entries: Int64
        /// The last row's.
        var hash: [UInt8]
        var seal: [UInt8] = []

        /// Of a trail without rows; without a valid seal unless there is a key.
        static func none(sealedWith key: [UInt8]? = nil) -> AuditHead {
            var head = AuditHead(entries: 0, hash: AuditRow.beforeTheFirst)
            if let key { head.seal = head.expectedSeal(key) }
            return head
        }

        /// What its seal must be.
        func expectedSeal(_ key: [UInt8]) -> [UInt8] { HMACSHA256.code(for: Array("\(entries):".utf8) + hash, key: key) }
    }

    struct TimedEntry: Sendable {
        var entry: AuditEntry
        var timeUnixMilliseconds: Int64
    }

    /// There always is one, unless someone removed it.
    func auditHead() throws -> AuditHead? {
        try first("SELECT entries, hash, seal FROM audit_head") { AuditHead(entries: $0.integer(0), hash: $0.bytes(1), seal: $0.bytes(2)) }
    }

    /// Adds rows at the end, within the caller's transaction.
    ///
    /// Goes on where the trail was tampered with, so that nobody can stop the service that way, but never mends it: new rows follow the hash that the
    /// head remembers, and a head whose seal was broken gets no valid one again.
    func append(_ entries: [TimedEntry], sealKey: [UInt8]) throws {
        guard !entries.isEmpty else { return }
        var head = try auditHead() ?? .none()
        let isSealed = ConstantTime.areEqual(head.seal, head.expectedSeal(sealKey))
        head.entries = try connection.integer("SELECT max(id) FROM audit") ?? 0
        for entry in entries {
            var row = AuditRow(id: head.entries + 1, timeUnixMilliseconds: entry.timeUnixMilliseconds, entry: entry.entry, hash: [])
            row.hash = row.hash(after: head.hash)
            try insert(row)
            (head.entries, head.hash) = (row.id, row.hash)
        }
        head.seal = isSealed ? head.expectedSeal(sealKey) : []
        try setAuditHead(head)
    }

    /// Writes the head as it is: shows whether rows could be added.
    func tryAudit() throws { try setAuditHead(try auditHead() ?? .none()) }

    func setAuditHead(_ head: AuditHead) throws {
        try run(
            """
            INSERT INTO audit_head(id, entries, hash, seal) VALUES (1, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET entries = excluded.entries, hash = excluded.hash, seal = excluded.seal
            """, .integer(head.entries), .blob(head.hash), .blob(head.seal))
    }

    private func insert(_ row: AuditRow) throws {
        try run(
            """
            INSERT INTO audit(id, time_ms, actor, method, ip_address, action, object, outcome, detail, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .integer(row.id), .integer(row.timeUnixMilliseconds), .text(row.entry.origin.actor), .text(row.entry.origin.method),
            .text(row.entry.origin.ipAddress), .text(row.entry.action), .text(row.entry.object), .text(row.entry.outcome),
            .text(row.entry.detail), .blob(row.hash))
    }

    private static let auditColumns = "id, time_ms, actor, method, ip_address, action, object, outcome, detail, hash"

    private func auditRow(_ row: Statement) -> AuditRow {
        let origin = AuditOrigin(actor: row.text(2), method: row.text(3), ipAddress: row.text(4))
        let entry = AuditEntry(row.text(5), object: row.optionalText(6), outcome: row.text(7), detail: row.optionalText(8), by: origin)
        return AuditRow(id: row.integer(0), timeUnixMilliseconds: row.integer(1), entry: entry, hash: row.bytes(9))
    }

    /// The oldest rows after one.
    func auditRows(after id: Int64, limit: Int) throws -> [AuditRow] {
        try all(
            "SELECT \(Self.auditColumns) FROM audit WHERE id > ? ORDER BY id LIMIT ?", .integer(id), .integer(Int64(limit)),
            element: auditRow)
    }

    /// The newest rows that a filter takes.
    func auditRows(_ filter: AuditFilter, limit: Int) throws -> [AuditRow] {
        var conditions: [String] = []
        var values: [Value] = []
        func add(_ condition: String, _ value: Value?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(value)
        }
        add("actor = ? COLLATE NOCASE", filter.actor.map { .text($0) })
        add("action = ?", filter.action.map { .text($0) })
        add("outcome = ?", filter.outcome.map { .text($0) })
        add("time_ms >= ?", filter.from.map { .integer(milliseconds($0)) })
        add("time_ms < ?", filter.to.map { .integer(milliseconds($0)) })
        add("id < ?", filter.before.map { .integer($0) })
        let filtered = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try all(
            "SELECT \(Self.auditColumns) FROM audit \(filtered) ORDER BY id DESC LIMIT ?", values + [.integer(Int64(limit))],
            element: auditRow)
    }
}

/// Whole milliseconds, for a time in seconds that may come from outside.
func milliseconds(_ unixSeconds: Double) -> Int64 { Int64(exactly: (unixSeconds * 1_000).rounded()) ?? (unixSeconds < 0 ? .min : .max) }
