import Testing

@testable import Ledger

@Suite struct `Opening a share` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
    }

    private func locked() async throws -> CreatedShare { try await ledger.share(bench.newShare(password: Bench.sharePassword)) }

    private func attempt(_ share: CreatedShare, _ password: String? = "wrong password", from visitor: ShareVisitor = Bench.visitor)
        async throws -> LedgerError?
    {
        do {
            _ = try await ledger.unlock(share, password, from: visitor)
            return nil
        } catch let error as LedgerError {
            return error
        }
    }

    @Test func `the right password opens it for one browser, whose cookie works for this share only`() async throws {
        let (share, other) = (try await locked(), try await locked())
        let entered = try await ledger.unlock(share, Bench.sharePassword)
        #expect(try await ledger.grant(token: entered.token, of: share.share)?.id == entered.grant.id)
        #expect(try await ledger.grant(token: entered.token, of: other.share) == nil)
        #expect(try await ledger.grant(token: "x", of: share.share) == nil)
        #expect(try await ledger.unlock(share, Bench.sharePassword).grant.id != entered.grant.id)
    }

    @Test func `without a password set none is asked for, and with one nothing else opens it`() async throws {
        let open = try await ledger.share(bench.newShare())
        #expect(try await attempt(open, nil) == nil)
        #expect(try await attempt(open, "whatever") == nil)
        let share = try await locked()
        #expect(try await attempt(share, nil) == .shareRefused)
        #expect(try await ledger.share(id: share.share.id).failedPasswords == 0, "nothing was tried")
    }

    @Test func `a link that never was, one that has ended and a wrong password are refused alike, after the same work`() async throws {
        let share = try await locked()
        var ended = [try await locked(), try await locked(), try await locked()]
        try await ledger.revokeShare(ended[0].share.id, by: Bench.admin)
        try bench.tamper(
            """
            UPDATE share SET expires_at = 1 WHERE public_id = '\(ended[1].share.id)';
            UPDATE share SET used_up_at = 1 WHERE public_id = '\(ended[2].share.id)'
            """)
        ended.append(CreatedShare(share: share.share, token: "never"))
        #expect(try await attempt(share) == .shareRefused)
        for (number, share) in ended.enumerated() {
            #expect(try await attempt(share, Bench.sharePassword, from: Bench.visitor(number)) == .shareRefused)
            // What is counted is what was checked: the same scrypt, with nothing to match.
            #expect(try await attempt(share, nil) == .shareRefused)
        }
        #expect(try bench.integer("SELECT sum(failures) FROM share_failure WHERE share_id = 0") == 4)
        #expect(try bench.integer("SELECT sum(failures) FROM share_failure WHERE share_id <> 0") == 1)
        let again = ended[3]
        for _ in 0..<2 { #expect(try await attempt(again, from: Bench.visitor(3)) == .shareRefused) }
        #expect(try await attempt(again, from: Bench.visitor(3)) == .shareRefused)
        #expect(try await attempt(again, from: Bench.visitor(3))?.code == .tooManyFailures)
    }

    @Test func `the wait grows from the fourth wrong password on, and the tenth locks the share for that network for a day`() async throws {
        let share = try await locked()
        var waits: [Int] = []
        for number in 1...10 {
            #expect(try await attempt(share) == .shareRefused)
            guard number > 3 else { continue }
            let blocked = try #require(try await attempt(share, Bench.sharePassword), "also for the right one")
            #expect(blocked.code == .tooManyFailures)
            let wait = try #require(blocked.retryAfterSeconds)
            waits.append(wait)
            bench.advance(number < 10 ? Double(wait) : 0)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 86_400])
        #expect(try await attempt(share, Bench.sharePassword, from: Bench.visitor(9)) == nil, "others are not kept out")
        _ = try await ledger.changeShare(share.share.id, unlocking, by: Bench.admin)
        #expect(try await attempt(share, Bench.sharePassword) == nil, "the creator lets the network in again")
    }

    @Test func `guesses that are not even tried leave one row a minute in the logs, which counts the others`() async throws {
        let share = try await locked()
        for _ in 0..<4 { #expect(try await attempt(share) == .shareRefused) }
        for _ in 0..<50 { #expect(try await attempt(share)?.code == .tooManyFailures) }
        for _ in 0..<6 {
            bench.advance(60)
            while try await attempt(share) == .shareRefused {}
        }
        let refused = try await ledger.auditRows(AuditFilter(action: "share.unlock", outcome: "TOO_MANY_FAILURES"), limit: 100).map(
            \.entry.detail)
        #expect(refused.count == 7)
        #expect(refused.suffix(2) == ["and 49 more since the last", nil])
        #expect(try await ledger.shareLog(share.share.id, limit: 100).filter { $0.code == "TOO_MANY_FAILURES" }.count == 7)
    }

    private var unlocking: ShareChange {
        var change = ShareChange()
        change.unlocks = true
        return change
    }

    @Test func `a restart forgets no wrong password, a day does`() async throws {
        let long = bench.newShare(password: Bench.sharePassword)
        let share = try await ledger.share(
            {
                var new = long; new.expiresAt = bench.now + 200_000; return new
            }())
        for _ in 0..<4 { #expect(try await attempt(share) == .shareRefused) }
        try await ledger.close()
        let reopened = try bench.open()
        #expect(try await refusal { _ = try await reopened.unlock(share, Bench.sharePassword) } == .tooManyFailures)
        bench.advance(86_400)
        for _ in 0..<3 { #expect(try await attempt(share) == .shareRefused) }
        #expect(try await attempt(share) == .shareRefused)
        #expect(try await attempt(share)?.code == .tooManyFailures)
    }

    @Test func `the hundredth wrong password from anywhere locks it until its creator unlocks it; who is in stays in`() async throws {
        let share = try await locked()
        let cookie = try await ledger.unlock(share, Bench.sharePassword).token
        for number in 0..<100 { #expect(try await attempt(share, from: Bench.visitor(number)) == .shareRefused) }
        let state = try await ledger.share(id: share.share.id)
        #expect((state.state, state.failedPasswords, state.lockedAt) == (.locked, 100, bench.now))
        let fresh = ShareVisitor(ipAddress: "2001:db8::1", userAgent: "")
        #expect(try await attempt(share, Bench.sharePassword, from: fresh) == .shareLocked)
        let grant = try #require(try await ledger.grant(token: cookie, of: state))
        let plan = try await ledger.plan(for: grant)
        _ = try await ledger.startDownload(plan.id, range: nil, visitor: Bench.visitor)
        #expect(try await ledger.changeShare(share.share.id, unlocking, by: Bench.admin).state == .active)
        #expect(try await attempt(share, Bench.sharePassword, from: fresh) == nil)
        let rows = try await ledger.auditRows(AuditFilter(action: "share.unlock"), limit: 200)
        #expect(rows.count { $0.entry.outcome == "SHARE_REFUSED" } == 100)
        #expect(rows.filter { $0.entry.detail == "locked" }.count == 1)
    }

    /// How many of as many guesses at once, each from a network of its own, ended in what way.
    private func guess(_ share: CreatedShare, _ count: Int, right: Int? = nil) async throws -> [LedgerError.Code?: Int] {
        try await withThrowingTaskGroup(of: LedgerError.Code?.self) { group in
            for number in 0..<count {
                let visitor = ShareVisitor(ipAddress: "2001:db8:\(number)::1", userAgent: "bot")
                let password = number == right ? Bench.sharePassword : "guess \(number)"
                group.addTask { try await refusal { _ = try await ledger.unlock(share, password, from: visitor) } }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test func `thousands of guesses at once get no more tries than allowed, and then the right one is none`() async throws {
        let share = try await locked()
        var tries = 0
        var isLocked = false
        // Guesses that find too many others under way are not tried, and come again.
        while !isLocked {
            tries += try await guess(share, 500)[.shareRefused] ?? 0
            let state = try await ledger.share(id: share.share.id)
            #expect(state.failedPasswords == tries && tries <= 100)
            isLocked = state.state == .locked
        }
        #expect(tries == 100)
        #expect(try await guess(share, 2_000, right: 1_000) == [.shareLocked: 2_000])
    }

    @Test func `a server that dies in the middle of the last try leaves the share locked`() async throws {
        let share = try await locked()
        try bench.tamper("UPDATE share SET failed_passwords = 100")
        #expect(try await attempt(share, Bench.sharePassword) == .shareLocked)
        #expect(try await bench.open().share(id: share.share.id).state == .locked)
    }

    @Test func `of many at the last try one is tried, and whoever is not in before the lock is not in after it`() async throws {
        let share = try await locked()
        for number in 0..<99 { #expect(try await attempt(share, from: Bench.visitor(number)) == .shareRefused) }
        let outcomes = try await guess(share, 200, right: 0)
        let state = try await ledger.share(id: share.share.id)
        #expect(outcomes[nil] == 1 ? state.failedPasswords <= 100 : state.state == .locked)
        #expect(outcomes[nil] ?? 0 <= 1 && outcomes[.shareRefused] ?? 0 <= 1 + (outcomes[nil] ?? 0))
    }

    @Test func `a new password sends everybody back to the door, one that is taken away opens it`() async throws {
        let share = try await locked()
        let cookie = try await ledger.unlock(share, Bench.sharePassword).token
        func change(_ password: String?) async throws -> Share {
            var change = ShareChange()
            change.password = .some(password)
            return try await ledger.changeShare(share.share.id, change, by: Bench.admin)
        }
        #expect(try await ledger.grant(token: cookie, of: change("eight red herrings")) == nil)
        #expect(try await attempt(share, Bench.sharePassword) == .shareRefused)
        let later = try await ledger.unlock(share, "eight red herrings").token
        #expect(try await ledger.grant(token: later, of: change(nil)) != nil)
        #expect(try await attempt(share, nil) == nil)
    }

    @Test func `a script pays for its password once, and is the same recipient each time`() async throws {
        let share = try await locked()
        func enter(_ password: String?, from visitor: ShareVisitor = Bench.visitor) async throws -> Int64 {
            try await ledger.scriptGrant(token: share.token, password: password, visitor: visitor).grant.id
        }
        let first = try await enter(Bench.sharePassword)
        for _ in 0..<20 { #expect(try await enter(Bench.sharePassword) == first) }
        #expect(try await ledger.shareLog(share.share.id, limit: 50).count == 1, "it was checked once")
        #expect(try await refusal { _ = try await enter("wrong password") } == .shareRefused)
        #expect(try await refusal { _ = try await enter(nil) } == .shareRefused)
        #expect(try await enter(Bench.sharePassword, from: Bench.visitor(8)) != first)
        bench.advance(3_599)
        try bench.tamper("UPDATE share SET expires_at = expires_at + 7200")
        #expect(try await enter(Bench.sharePassword) == first)
        bench.advance(3_600)
        #expect(try await enter(Bench.sharePassword) == first)
        #expect(try await ledger.shareLog(share.share.id, limit: 50).map(\.code) == ["ok", "ok", "SHARE_REFUSED", "ok"])
    }

    @Test func `a script that has begun may come back to resume after the end, another may not`() async throws {
        let share = try await locked()
        let entered = try await ledger.scriptGrant(token: share.token, password: Bench.sharePassword, visitor: Bench.visitor)
        let plan = try await ledger.plan(for: entered.grant)
        bench.advance(3_600)
        func refused(_ visitor: ShareVisitor, _ password: String? = Bench.sharePassword) async throws -> LedgerError.Code? {
            let reopened = try bench.open()
            return try await refusal {
                _ = try await reopened.scriptGrant(token: share.token, password: password, visitor: visitor)
            }
        }
        #expect(try await refused(Bench.visitor) == .shareEnded, "it has not begun")
        try bench.tamper("UPDATE plan SET started_at = 1 WHERE id = \(plan.id)")
        #expect(try await refused(Bench.visitor) == nil)
        #expect(try await refused(Bench.visitor, nil) == .shareRefused)
        #expect(try await refused(Bench.visitor, "another") == .shareRefused)
        // Nobody else learns whether there is a link, or a password.
        for password in [Bench.sharePassword, "another", nil] { #expect(try await refused(Bench.visitor(8), password) == .shareEnded) }
        bench.advance(24 * 3_600)
        #expect(try await refused(Bench.visitor) == .shareEnded)
    }

    @Test func `guessing a share's password keeps nobody from signing in`() async throws {
        let share = try await locked()
        async let guesses = guess(share, 300)
        #expect(try await ledger.signIn("ada").signedIn.name == "ada")
        #expect(try await guesses[nil] == nil)
    }
}
