import Testing

@testable import Ledger

@Suite struct `Downloading a share` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
    }

    private func start(_ plan: Plan, range: ClosedRange<UInt64>? = nil) async throws -> LedgerError.Code? {
        try await refusal { _ = try await ledger.startDownload(plan.id, range: range, visitor: Bench.visitor) }
    }

    private func share(_ created: CreatedShare) async throws -> Share { try await ledger.share(id: created.share.id) }

    @Test func `one plan is one download, however many ranges, and the recipient's last`() async throws {
        let made = try await ledger.share(bench.newShare(maxDownloads: 2))
        let entered = try await ledger.unlock(made)
        let plan = try await ledger.plan(for: entered.grant)
        #expect(try await share(made).downloadCount == 0, "a plan alone is none")
        for number in 0..<5 { #expect(try await start(plan, range: number == 0 ? nil : 5...9) == nil) }
        #expect(try await share(made).downloadCount == 1)
        #expect(try await ledger.grant(token: entered.token, of: made.share)?.lastPlan == plan.id)
        let second = try await ledger.plan(for: entered.grant, etag: "\"b\"")
        #expect(try await ledger.plans(of: entered.grant).map(\.layout.etag) == ["\"b\"", "\"a\""])
        #expect(try await start(second) == nil)
        #expect(try await share(made).state == .usedUp)
        #expect(try await start(ledger.plan(for: entered.grant)) == .shareEnded)
        #expect(try await start(plan) == nil, "what has begun goes on")
    }

    @Test func `of many who begin at once, no more do than may`() async throws {
        let made = try await ledger.share(bench.newShare(maxDownloads: 3))
        var plans: [Plan] = []
        for number in 0..<20 {
            let visitor = ShareVisitor(ipAddress: "198.51.100.\(number)", userAgent: "")
            plans.append(try await ledger.plan(for: ledger.unlock(made, from: visitor).grant))
        }
        let started = try await withThrowingTaskGroup(of: Bool.self) { group in
            for plan in plans { for _ in 0..<5 { group.addTask { try await start(plan) == nil } } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(started == 15, "each of three with all its ranges")
        #expect(try await share(made).downloadCount == 3)
        #expect(try bench.integer("SELECT count(*) FROM plan WHERE started_at IS NOT NULL") == 3)
    }

    @Test func `what has begun may be resumed for a day after the expiry, and nothing begins then`() async throws {
        let made = try await ledger.share(bench.newShare())
        let grant = try await ledger.unlock(made).grant
        let (begun, idle) = (try await ledger.plan(for: grant), try await ledger.plan(for: grant))
        #expect(try await start(begun) == nil)
        bench.advance(3_600 + 86_399)
        #expect(try await start(begun) == nil)
        #expect(try await start(idle) == .shareEnded)
        #expect(try await share(made).admitsResuming(now: bench.now))
        bench.advance(1)
        #expect(try await start(begun) == .shareEnded)
    }

    @Test func `what was used up may be resumed for a day, or until it allows more`() async throws {
        var new = bench.newShare(maxDownloads: 1)
        new.expiresAt = bench.now + 500_000
        let made = try await ledger.share(new)
        let plan = try await ledger.plan(for: ledger.unlock(made).grant)
        #expect(try await start(plan) == nil)
        bench.advance(86_400)
        #expect(try await start(plan) == .shareEnded)
        var change = ShareChange()
        change.maxDownloads = 2
        #expect(try await ledger.changeShare(made.share.id, change, by: Bench.admin).state == .active)
        #expect(try await start(plan) == nil)
        change.maxDownloads = 1
        #expect(try await ledger.changeShare(made.share.id, change, by: Bench.admin).state == .usedUp)
        change.maxDownloads = .some(nil)
        #expect(try await ledger.changeShare(made.share.id, change, by: Bench.admin).state == .active)
    }

    @Test(arguments: [true, false])
    func `nothing goes on once it was revoked or its creator may share no more`(isRevoked: Bool) async throws {
        let made = try await ledger.share(bench.newShare())
        let plan = try await ledger.plan(for: ledger.unlock(made).grant)
        #expect(try await start(plan) == nil)
        if isRevoked {
            try await ledger.revokeShare(made.share.id, by: Bench.admin)
        } else {
            _ = try await ledger.changeUser("ada", isDisabled: true, by: Bench.admin)
        }
        #expect(try await start(plan) == .shareEnded)
        #expect(try await share(made).endsDownloads)
        #expect(try await refusal { _ = try await ledger.unlock(made) } == .shareRefused)
    }

    @Test func `what was announced is the last plan of whoever has no bytes of another archive`() async throws {
        let made = try await ledger.share(bench.newShare())
        let entered = try await ledger.unlock(made)
        func last() async throws -> Plan.ID? { try await ledger.grant(token: entered.token, of: made.share)?.lastPlan }
        func announce(_ etag: String) async throws -> Plan {
            let plan = try await ledger.plan(for: entered.grant, etag: etag)
            try await ledger.setLastPlan(plan.id, of: entered.grant)
            return plan
        }
        let first = try await announce("\"a\"")
        #expect(try await last() == first.id)
        #expect(try await start(first) == nil)
        let same = try await announce("\"a\"")
        #expect(try await last() == same.id)
        #expect(try await start(first) == nil)
        for _ in 0..<2 {
            _ = try await announce("\"b\"")
            #expect(try await last() == nil)
        }
        _ = try await ledger.startDownload(same.id, range: nil, isContinuable: false, visitor: Bench.visitor)
        #expect(try await last() == nil)
        #expect(try await start(same) == nil)
        #expect(try await last() == same.id)
    }

    @Test func `a plan is complete when its end and as much as all of it was sent, in whatever order`() async throws {
        let made = try await ledger.share(bench.newShare())
        let plan = try await ledger.plan(for: ledger.unlock(made).grant)
        for (bytes, reachesEnd, isComplete) in [
            (plan.layout.length, false, false), (1, true, true), (1, false, true),
        ] {
            let access = try await ledger.startDownload(plan.id, range: nil, visitor: Bench.visitor)
            try await ledger.endDownload(access, bytes: Int64(bytes), code: "ok", reachesEnd: reachesEnd)
            #expect(try await (ledger.plan(plan.id).completedAt != nil) == isComplete)
        }
    }

    @Test func `a download that came to nothing because files changed is not counted`() async throws {
        let made = try await ledger.share(bench.newShare(maxDownloads: 1))
        let grant = try await ledger.unlock(made).grant
        let (changed, anew) = (try await ledger.plan(for: grant), try await ledger.plan(for: grant, etag: "\"b\""))
        #expect(try await start(changed) == nil)
        #expect(try await start(anew) == .shareEnded)
        for _ in 0..<2 { try await ledger.voidPlan(changed.id) }
        #expect(try await (share(made).downloadCount, share(made).state) == (0, .active))
        let access = try await ledger.startDownload(anew.id, range: nil, visitor: Bench.visitor)
        try await ledger.endDownload(access, bytes: 5_000_000_000, code: "ok", reachesEnd: true)
        try await ledger.voidPlan(anew.id)
        #expect(try await (share(made).downloadCount, share(made).state) == (1, .usedUp), "this one was had")
    }

    @Test func `a void plan gives no byte, nor does one whose recipient has to give a new password first`() async throws {
        let made = try await ledger.share(bench.newShare())
        let entered = try await ledger.unlock(made)
        let (changed, kept) = (try await ledger.plan(for: entered.grant), try await ledger.plan(for: entered.grant))
        #expect(try await start(changed) == nil)
        try await ledger.voidPlan(changed.id)
        #expect(try await start(changed) == .noSuchPlan)
        #expect(try await ledger.plan(changed.id).isVoid)
        #expect(try await ledger.grant(token: entered.token, of: made.share)?.lastPlan == nil)
        var change = ShareChange()
        change.password = Bench.sharePassword
        _ = try await ledger.changeShare(made.share.id, change, by: Bench.admin)
        #expect(try await start(kept) == .shareEnded)
    }

    @Test func `every access is in the share's log, in its figures and in the audit trail`() async throws {
        let made = try await ledger.share(bench.newShare())
        try await ledger.noteView(of: made.share, visitor: Bench.visitor)
        bench.advance(1)
        let plan = try await ledger.plan(for: ledger.unlock(made).grant)
        let first = try await ledger.startDownload(plan.id, range: nil, visitor: Bench.visitor)
        let running = try #require(try await ledger.shareLog(made.share.id, limit: 1).first)
        #expect((running.id, running.success, running.code, running.endedAt) == (first, nil, "", nil))
        bench.advance(9)
        try await ledger.endDownload(first, bytes: 1_000, code: "CLIENT_GONE")
        try await ledger.endDownload(first, bytes: 1_000, code: "twice")
        let second = try await ledger.startDownload(plan.id, range: 1_000...4_999, visitor: Bench.visitor)
        try await ledger.endDownload(second, bytes: 4_000, code: "ok")
        try await ledger.noteRefusedDownload(of: made.share, code: "BUSY", visitor: Bench.visitor)
        let log = try await ledger.shareLog(made.share.id, limit: 10)
        #expect(log.map(\.action) == [.download, .download, .download, .unlock, .view])
        #expect(log.map(\.code) == ["BUSY", "ok", "CLIENT_GONE", "ok", "ok"])
        #expect(log.map(\.bytes) == [0, 4_000, 1_000, 0, 0])
        #expect(log.map(\.range) == [nil, 1_000...4_999, nil, nil, nil])
        #expect(log.map(\.success) == [false, true, false, true, true])
        #expect(Set(log.map(\.userAgent)) == ["curl/8"] && Set(log.map(\.ipAddress)) == ["198.51.100.7"])
        #expect((log[2].accessedAt, log[2].endedAt) == (bench.now - 9, bench.now))
        #expect(try await ledger.shareLog(made.share.id, limit: 2, before: second).map(\.action) == [.download, .unlock])
        let share = try await share(made)
        #expect((share.accessCount, share.lastAccessed, share.bytesSent, share.downloadCount) == (4, bench.now, 5_000, 1))
        let actions = try await ledger.auditRows(AuditFilter(actor: "-"), limit: 20).map(\.entry.action)
        let download = ["share.download.end", "share.download"]
        #expect(actions == ["share.download"] + download + download + ["share.unlock", "share.view"])
        #expect(try await ledger.verifyAudit().isIntact)
        let all = try await ledger.shareStatistics()
        #expect((all.downloads, all.bytes, all.accessCount, all.failedPasswords) == (1, 5_000, 4, 0))
    }

    @Test func `a download that the server did not survive is ended when it is there again, and can be resumed`() async throws {
        let made = try await ledger.share(bench.newShare(maxDownloads: 1))
        let plan = try await ledger.plan(for: ledger.unlock(made).grant)
        _ = try await ledger.startDownload(plan.id, range: nil, visitor: Bench.visitor)
        bench.advance(5)
        let reopened = try bench.open()
        let row = try #require(try await reopened.shareLog(made.share.id, limit: 1).first)
        #expect((row.success, row.code, row.endedAt) == (false, "INTERRUPTED", bench.now))
        #expect(try await reopened.auditRows(limit: 1).map(\.entry.outcome) == ["INTERRUPTED"])
        #expect(try await reopened.verifyAudit().isIntact)
        _ = try await reopened.startDownload(plan.id, range: 5...9, visitor: Bench.visitor)
        #expect(try await reopened.share(id: made.share.id).downloadCount == 1)
    }
}
