import SQLite
import Testing

@testable import Ledger

@Suite struct `The audit trail` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try bench.open()
        for number in 1...5 {
            try await ledger.record(AuditEntry("study.view", object: "1.2.\(number)", detail: number == 3 ? nil : "d", by: Bench.admin))
        }
    }

    private let unlocked = "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order;"

    @Test func `is intact as it was written, also when it is opened again`() async throws {
        #expect(try await ledger.verifyAudit() == AuditVerdict(isIntact: true, entries: 5, firstBroken: nil))
        try await ledger.close()
        #expect(try await bench.open().verifyAudit().isIntact)
        #expect(try await Bench().open().verifyAudit() == AuditVerdict(isIntact: true, entries: 0, firstBroken: nil))
    }

    @Test(arguments: [
        "UPDATE audit SET actor = 'x' WHERE id = 3", "DELETE FROM audit WHERE id = 5", "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT id, time_ms, 'x', method, ip_address, action, object, outcome, detail, hash FROM audit WHERE id = 2",
        "INSERT INTO audit SELECT 9, time_ms, 'x', method, ip_address, action, object, outcome, detail, hash FROM audit WHERE id = 2",
    ])
    func `takes no change through SQL`(_ sql: String) async throws {
        #expect(throws: SQLiteError.self) { try bench.tamper(sql) }
        #expect(try await ledger.verifyAudit().isIntact)
    }

    @Test(arguments: [
        ("UPDATE audit SET actor = 'x' WHERE id = 3", 3), ("UPDATE audit SET time_ms = time_ms + 1 WHERE id = 1", 1),
        ("UPDATE audit SET detail = '' WHERE id = 3", 3), ("UPDATE audit SET object = object || action, action = '' WHERE id = 5", 5),
        ("UPDATE audit SET hash = zeroblob(32) WHERE id = 4", 4), ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 3", 3), ("DELETE FROM audit WHERE id = 3; UPDATE audit SET id = id - 1 WHERE id > 3", 3),
        ("DELETE FROM audit WHERE id = 5", 5), ("DELETE FROM audit WHERE id > 2", 3), ("DELETE FROM audit", 1),
        ("DELETE FROM audit; DELETE FROM audit_head", 1), ("DELETE FROM audit_head", 6),
        ("DELETE FROM audit WHERE id = 5; UPDATE audit_head SET entries = 4, hash = (SELECT hash FROM audit WHERE id = 4)", 5),
        (
            "UPDATE audit_head SET entries = 4; INSERT INTO audit SELECT 6, time_ms, actor, method, ip_address, action, object, outcome, "
                + "detail, hash FROM audit WHERE id = 5", 6
        ),
    ])
    func `shows whatever is done to the file`(_ sql: String, _ firstBroken: Int64) async throws {
        try bench.tamper(unlocked + sql)
        let verdict = try await ledger.verifyAudit()
        #expect(!verdict.isIntact)
        #expect(verdict.firstBroken == firstBroken)
        for _ in 0..<3 { try await ledger.record(AuditEntry("later", by: .local)) }
        #expect(try await !ledger.verifyAudit().isIntact, "what comes later mends nothing")
    }

    @Test func `a chain that was computed anew is betrayed by its seal`() async throws {
        var hash = AuditRow.beforeTheFirst
        var sql = unlocked
        for row in try await ledger.auditRows(limit: 10).reversed() where row.id < 5 {
            var forged = row
            forged.entry.origin.actor = "x"
            hash = forged.hash(after: hash)
            let text = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            sql += "UPDATE audit SET actor = 'x', hash = x'\(text)' WHERE id = \(row.id);"
        }
        try bench.tamper(
            sql + "DELETE FROM audit WHERE id = 5; UPDATE audit_head SET entries = 4, hash = (SELECT hash FROM audit WHERE id = 4)")
        #expect(try await !ledger.verifyAudit().isIntact)
    }

    @Test func `rows that nobody waits for come in their order, before a change that is made after them`() async throws {
        for number in 0..<100 { try await ledger.note(AuditEntry("view", object: String(number), by: Bench.admin)) }
        _ = try await ledger.addUser("root", role: .admin, password: Bench.password, by: .local)
        let rows = try await ledger.auditRows(limit: 101)
        #expect(rows.first?.entry.action == "user.create")
        #expect(rows.dropFirst().map(\.entry.object) == (0..<100).reversed().map { String($0) })
        #expect(try await ledger.verifyAudit() == AuditVerdict(isIntact: true, entries: 106, firstBroken: nil))
    }

    @Test func `a change and its row are both made or neither`() async throws {
        _ = try await ledger.addUser("root", role: .admin, password: Bench.password, by: .local)
        _ = try await refusal { _ = try await ledger.changeUser("root", role: .uploader, by: Bench.admin) }
        let rows = try await ledger.auditRows(AuditFilter(actor: "ROOT"), limit: 1)
        #expect(rows.first?.entry.outcome == "LAST_ADMIN")
        try bench.tamper("ALTER TABLE audit_head RENAME TO away")
        #expect(try await refusal { _ = try await ledger.changeUser("root", password: "something else", by: Bench.admin) } == .failed)
        try bench.tamper("ALTER TABLE away RENAME TO audit_head")
        #expect(try await ledger.signIn("root").signedIn.name == "root")
    }

    @Test func `while it cannot be written nothing more is taken, and what was taken is kept`() async throws {
        try bench.tamper("ALTER TABLE audit_head RENAME TO away")
        try await ledger.note(AuditEntry("view", object: "kept", by: Bench.admin))
        #expect(try await refusal { try await ledger.close() } == .failed)
        #expect(try await refusal { try await ledger.note(AuditEntry("view", object: "refused", by: Bench.admin)) } == .failed)
        #expect(try await refusal { try await ledger.checkHealth() } == .failed)
        try bench.tamper("ALTER TABLE away RENAME TO audit_head")
        try await ledger.checkHealth()
        #expect(try await ledger.auditRows(limit: 1).map(\.entry.object) == ["kept"])
        #expect(try await ledger.verifyAudit().isIntact)
    }

    @Test func `what was taken is kept when a transaction fails at its very end, as it does on a full disk`() async throws {
        try await ledger.note(AuditEntry("view", object: "kept", by: Bench.admin))
        let failed = try await refusal {
            try await ledger.commit { rows in
                // Found out by COMMIT only.
                try rows.connection.execute("PRAGMA defer_foreign_keys = ON")
                try rows.run(
                    "INSERT INTO session(token_hash, user_id, created_at, last_used_at, expires_at, ip_address, user_agent) "
                        + "VALUES (x'00', 99, 0, 0, 0, '', '')")
                return ((), nil)
            }
        }
        #expect(failed == .failed)
        #expect(try await ledger.auditRows(limit: 1).map(\.entry.object) == ["kept"])
        #expect(try await ledger.verifyAudit().isIntact)
    }

    @Test func `is searched by who, what, outcome and time, newest first`() async throws {
        bench.advance(10)
        let later = bench.now
        try await ledger.record(AuditEntry("key.create", outcome: "KEY_EXISTS", by: .local))
        func found(_ filter: AuditFilter, limit: Int = 10) async throws -> [Int64] {
            try await ledger.auditRows(filter, limit: limit).map(\.id)
        }
        #expect(try await found(AuditFilter()) == [6, 5, 4, 3, 2, 1])
        #expect(try await found(AuditFilter(actor: "ROOT"), limit: 2) == [5, 4])
        #expect(try await found(AuditFilter(actor: "root", before: 4)) == [3, 2, 1])
        #expect(try await found(AuditFilter(action: "key.create")) == [6])
        #expect(try await found(AuditFilter(outcome: "ok", from: later)) == [])
        #expect(try await found(AuditFilter(from: later)) == [6])
        #expect(try await found(AuditFilter(to: later)) == [5, 4, 3, 2, 1])
    }

    @Test func `is exported whole, and anyone can compute its hashes`() async throws {
        for number in 0..<1_200 { try await ledger.note(AuditEntry("view", object: String(number), by: Bench.admin)) }
        var rows: [AuditRow] = []
        try await ledger.exportAudit { rows += $0 }
        #expect(rows.map(\.id) == Array(1...1_205))
        var hash = AuditRow.beforeTheFirst
        for row in rows {
            #expect(row.hash == row.hash(after: hash))
            hash = row.hash
        }
    }
}
