import Testing

@testable import Ledger

@Suite struct `Download plans` {
    private let bench: Bench
    private let ledger: Ledger
    private let made: CreatedShare
    private let grant: ShareGrant

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
        made = try await ledger.share(bench.newShare())
        grant = try await ledger.unlock(made).grant
    }

    /// A browser of its own.
    private func another(_ number: Int) async throws -> ShareGrant { try await ledger.unlock(made, from: Bench.visitor(number)).grant }

    @Test func `a plan is read as it was written, also by a later process`() async throws {
        let plan = try await ledger.plan(for: grant, files: 25)
        let layout = Ledger.layout()
        #expect((plan.layout, plan.entryCount, plan.shareID, plan.grantID) == (layout, 25, made.share.id, grant.id))
        try await ledger.close()
        let reopened = try bench.open()
        #expect(try await reopened.plan(plan.id) == plan)
        #expect(try await reopened.planEntries(plan.id, from: 0, count: 100) == Ledger.entries(25))
        #expect(try await reopened.planEntries(plan.id, from: 7, count: 3) == Ledger.entries(7..<10))
        #expect(try await reopened.planEntries(plan.id, from: 25, count: 3).isEmpty)
    }

    @Test func `an offset leads to the entry that lies there`() async throws {
        let plan = try await ledger.plan(for: grant, files: 25)
        for (offset, number) in [(0, 0), (199, 0), (200, 1), (4_799, 23), (4_800, 24), (9_000_000_000, 24)] {
            #expect(try await ledger.planEntry(plan.id, at: UInt64(offset)) == number)
        }
        #expect(try await ledger.planEntry(plan.id, at: .max) == 24)
        #expect(try await ledger.planEntry(ledger.plan(for: grant, files: 0).id, at: 5) == nil)
    }

    @Test func `70,000 entries are written in parts, between which others write too, and are read from any place`() async throws {
        let id = try await ledger.createPlan(for: grant)
        async let others: Void = { for _ in 0..<20 { try await ledger.record(AuditEntry("meanwhile", by: .local)) } }()
        for start in stride(from: 0, to: 70_000, by: 10_000) {
            try await ledger.addEntries(Ledger.entries(start..<start + 10_000), to: id)
        }
        try await others
        #expect(try await ledger.freezePlan(id, Ledger.layout()).entryCount == 70_000)
        #expect(try await ledger.planEntry(id, at: 69_999 * 200 + 1) == 69_999)
        #expect(try await ledger.planEntries(id, from: 69_998, count: 10) == Ledger.entries(69_998..<70_000))
        // Both by an index, not by walking the plan.
        for sql in [
            "SELECT number FROM plan_entry WHERE plan_id = 1 AND offset <= 5 ORDER BY offset DESC, number DESC LIMIT 1",
            "SELECT path FROM plan_entry WHERE plan_id = 1 AND number >= 5 ORDER BY number LIMIT 1",
        ] {
            #expect(try bench.queryPlan(sql).allSatisfy { $0.hasPrefix("SEARCH plan_entry USING") }, "\(sql)")
        }
    }

    @Test func `a generated document is written in pieces of any size and read from any place`() async throws {
        let id = try await ledger.createPlan(for: grant)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for range in [0..<1, 1..<100_000, 100_000..<100_000, 100_000..<300_000] {
            try await ledger.append(Array(bytes[range]), toDocument: 0, of: id)
            try await ledger.append([7], toDocument: 1, of: id)
        }
        for (offset, count) in [(0, 1), (0, 300_000), (65_530, 10), (1, 65_536), (299_999, 5), (123_456, 100_000), (300_000, 5), (50, 0)] {
            let expected = Array(bytes[offset..<min(offset + count, 300_000)])
            #expect(try await ledger.planDocument(id, 0, from: UInt64(offset), count: count) == expected, "\(offset) \(count)")
        }
        #expect(try await ledger.planDocument(id, 1, from: 0, count: 9) == [7, 7, 7, 7])
        #expect(try await ledger.planDocument(id, 2, from: 0, count: 9).isEmpty)
    }

    @Test func `once frozen it takes nothing more, and before that it is none`() async throws {
        let id = try await ledger.createPlan(for: grant)
        #expect(try await refusal { _ = try await ledger.plan(id) } == .noSuchPlan)
        #expect(
            try await refusal { _ = try await ledger.startDownload(id, range: nil, visitor: Bench.visitor) } == .noSuchPlan)
        #expect(try await ledger.plans(of: grant).isEmpty)
        _ = try await ledger.freezePlan(id, Ledger.layout())
        #expect(try await refusal { try await ledger.addEntries(Ledger.entries(1), to: id) } == .noSuchPlan)
        #expect(try await refusal { try await ledger.append([1], toDocument: 0, of: id) } == .noSuchPlan)
        #expect(try await refusal { _ = try await ledger.freezePlan(id, Ledger.layout()) } == .noSuchPlan)
    }

    @Test func `a checksum is known to every later plan of the same file, and forgotten when its size or time differ`() async throws {
        let plan = try await ledger.plan(for: grant, files: 12)
        for number in 0..<12 { ledger.remember(crc: UInt32.max - UInt32(number), ofEntry: number, in: plan.id) }
        ledger.remember(crc: 1, ofEntry: 99, in: plan.id)
        try await ledger.writeChecksums()
        func crcs(_ plan: Plan.ID) async throws -> [UInt32?] { try await ledger.planEntries(plan, from: 0, count: 12).map(\.crc) }
        let all = (0..<12).map { UInt32.max - UInt32($0) as UInt32? }
        #expect(try await crcs(plan.id) == all)
        var entries = Ledger.entries(12)
        entries[3].size += 1
        if case .file(var file) = entries[4].origin {
            file.modifiedNanoseconds += 100
            entries[4].origin = .file(file)
        }
        if case .file(var file) = entries[5].origin {
            file.sourceURL = "smb://other/radiology"
            entries[5].origin = .file(file)
        }
        let later = try await ledger.createPlan(for: grant)
        try await ledger.addEntries(entries, to: later)
        var expected = all
        for number in [3, 4, 5, 9] { expected[number] = nil }
        #expect(try await crcs(later) == expected, "a document's belongs to its plan")
        ledger.remember(crc: 7, ofEntry: 3, in: later)
        try await ledger.writeChecksums()
        #expect(try await crcs(later)[3] == 7)
        #expect(try await crcs(plan.id)[3] == nil, "the file is not any more what this plan says")
    }

    @Test func `checksums that nobody waits for are written when the ledger is closed`() async throws {
        let plan = try await ledger.plan(for: grant)
        ledger.remember(crc: 5, ofEntry: 1, in: plan.id)
        try await ledger.close()
        #expect(try await bench.open().planEntries(plan.id, from: 1, count: 1).first?.crc == 5)
    }

    @Test func `plans go when nobody can resume them, and no sooner`() async throws {
        func kept() async throws -> [Plan.ID] {
            _ = try await ledger.removeOldPlans()
            return try bench.integers("SELECT id FROM plan ORDER BY id")
        }
        func start(_ plan: Plan) async throws -> ShareAccess.ID {
            try await ledger.startDownload(plan.id, range: nil, visitor: Bench.visitor)
        }
        try bench.tamper("UPDATE share SET expires_at = expires_at + 1000000")
        let (idle, begun) = (try await ledger.plan(for: another(1), files: 5_000), try await ledger.plan(for: another(2)))
        let (running, complete) = (try await ledger.plan(for: another(3)), try await ledger.plan(for: another(4)))
        try await ledger.append([1, 2, 3], toDocument: 0, of: ledger.createPlan(for: another(5)))
        try await ledger.endDownload(start(begun), bytes: 5, code: "CLIENT_GONE")
        let access = try await start(running)
        try await ledger.endDownload(start(complete), bytes: 5_000_000_000, code: "ok", reachesEnd: true)
        #expect(try await kept().count == 5)
        bench.advance(3_601)
        #expect(try await kept() == [begun.id, running.id, complete.id])
        #expect(try bench.integer("SELECT count(*) FROM plan_entry WHERE plan_id = \(idle.id)") == 0)
        bench.advance(86_400)
        #expect(try await kept() == [begun.id, running.id])
        bench.advance(7 * 86_400)
        #expect(try await kept() == [running.id])
        try await ledger.revokeShare(made.share.id, by: Bench.admin)
        #expect(try await kept() == [running.id], "someone still sends from it")
        try await ledger.endDownload(access, bytes: 5, code: "REVOKED")
        #expect(try await kept().isEmpty)
        #expect(try bench.integer("SELECT count(*) FROM share_grant") == 0)
        #expect(try bench.integer("SELECT count(*) FROM plan_document") == 0)
        #expect(try bench.integer("SELECT count(*) FROM share_access_log WHERE action = 'download'") == 3, "what happened stays known")
    }

    @Test func `asking without end fills no disk`() async throws {
        for number in 0..<40 { _ = try await ledger.plan(for: another(number)) }
        #expect(try bench.integer("SELECT count(*) FROM plan WHERE is_void = 0") == 32)
        _ = try await ledger.removeOldPlans()
        #expect(try bench.integer("SELECT count(*) FROM plan") == 32)
        try bench.tamper(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
            INSERT INTO share_grant(share_id, subject, generation, created_at) SELECT 1, randomblob(32), 1, 0 FROM n
            """)
        _ = try await another(1)
        #expect(try bench.integer("SELECT count(*) FROM share_grant WHERE id NOT IN (SELECT grant_id FROM plan)") == 1_000)
    }
}
