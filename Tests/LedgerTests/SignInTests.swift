import Testing

@testable import Ledger

@Suite struct `Signing in` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
    }

    private func attempt(_ name: String, _ password: String = "wrong password", from address: String = "192.0.2.7") async throws
        -> LedgerError?
    {
        do {
            _ = try await ledger.signIn(name, password, from: address)
            return nil
        } catch let error as LedgerError {
            return error
        }
    }

    @Test func `a refusal has the same words whoever is not let in`() async throws {
        _ = try await ledger.addUser("gone", role: .clinician, password: Bench.password, by: .local)
        _ = try await ledger.changeUser("gone", isDisabled: true, by: .local)
        let refusals = [
            try await attempt("ada"), try await attempt("nobody"), try await attempt("gone", Bench.password), try await attempt(""),
        ]
        #expect(Set(refusals) == [LedgerError.signInRefused])
    }

    @Test(arguments: ["ada", "nobody"])
    func `failures of an account make the wait grow, whether it exists or not`(_ name: String) async throws {
        // From everywhere, so that no address is slowed.
        for number in 0..<5 { #expect(try await attempt(name, from: "198.51.100.\(number)") == LedgerError.signInRefused) }
        var waits: [Int?] = []
        for number in 5..<10 {
            #expect(try await attempt(name, from: "198.51.100.\(number)") == LedgerError.signInRefused)
            let blocked = try #require(try await attempt(name, Bench.password))
            #expect(blocked.code == .tooManyFailures)
            waits.append(blocked.retryAfterSeconds)
            bench.advance(Double(blocked.retryAfterSeconds ?? 0))
        }
        #expect(waits == [1, 2, 4, 8, 16])
    }

    @Test func `the wait doubles up to a quarter of an hour`() {
        let limits = SignInLimits()
        #expect((4...9).map { limits.wait(failures: $0, free: 5) } == [0, 0, 1, 2, 4, 8])
        #expect(limits.wait(failures: 16, free: 5) == 900)
        #expect(limits.wait(failures: .max, free: 5) == 900)
    }

    @Test func `a restart forgets no failure, and a success forgets the account's`() async throws {
        for _ in 0..<6 { #expect(try await attempt("ada")?.code == .signInRefused) }
        try await ledger.close()
        let reopened = try bench.open()
        let blocked = try await refusal { _ = try await reopened.signIn("ada") }
        #expect(blocked == .tooManyFailures)
        bench.advance(1)
        #expect(try await reopened.signIn("ada").signedIn.name == "ada")
        for _ in 0..<5 { #expect(try await attempt("ada")?.code == .signInRefused) }
        #expect(try await attempt("ada", Bench.password) == nil)
    }

    @Test func `an address that tries one account after the other is slowed, and its neighbours in the same network with it`() async throws
    {
        for number in 0..<21 { #expect(try await attempt("user\(number)", from: "2001:db8::\(number)")?.code == .signInRefused) }
        #expect(try await attempt("ada", Bench.password, from: "2001:db8::ffff")?.code == .tooManyFailures)
        #expect(try await attempt("ada", Bench.password, from: "2001:db8:0:1::1") == nil)
    }

    @Test func `one's own account is no way to try others without end`() async throws {
        for number in 0..<21 {
            #expect(try await attempt("user\(number)")?.code == .signInRefused)
            if number < 20 { #expect(try await attempt("ada", Bench.password) == nil) }
        }
        #expect(try await attempt("ada", Bench.password)?.code == .tooManyFailures)
    }

    @Test func `many attempts at once are no way around the wait`() async throws {
        let refusals = try await withThrowingTaskGroup(of: LedgerError.Code?.self) { group in
            for _ in 0..<30 { group.addTask { try await self.attempt("ada")?.code } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.count { $0 == .signInRefused } == 6)
        #expect(refusals.count { $0 == .tooManyFailures } == 24)
    }

    @Test func `every sign-in is in the audit trail, with the name only where it is somebody's`() async throws {
        _ = try await attempt("ada", Bench.password)
        _ = try await attempt("ADA")
        _ = try await attempt("nobody")
        let rows = try await ledger.auditRows(AuditFilter(action: "session.start"), limit: 10)
        #expect(rows.map(\.entry.origin.actor) == ["-", "ada", "ada"])
        #expect(rows.map(\.entry.outcome) == ["SIGN_IN_REFUSED", "SIGN_IN_REFUSED", "ok"])
        #expect(Set(rows.map(\.entry.origin.ipAddress)) == ["192.0.2.7"])
    }
}

@Suite struct `Sessions and tokens` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
    }

    @Test func `a session ends when it is not used`() async throws {
        let session = try await ledger.signIn("ada")
        bench.advance(1_799)
        #expect(try await ledger.authenticate(sessionToken: session.token)?.expiresAt == bench.now + 1_800)
        try await ledger.close()
        bench.advance(1_799)
        #expect(try await ledger.authenticate(sessionToken: session.token) != nil)
        try await ledger.close()
        bench.advance(1_800)
        #expect(try await ledger.authenticate(sessionToken: session.token) == nil)
        #expect(try await ledger.sessions(of: "ada").isEmpty)
    }

    @Test func `what a page asks for by itself keeps no session from ending`() async throws {
        let session = try await ledger.signIn("ada")
        let end = bench.now + 1_800
        bench.advance(1_000)
        #expect(try await ledger.authenticate(sessionToken: session.token, isActivity: false)?.expiresAt == end)
        try await ledger.close()
        bench.advance(800)
        #expect(try await ledger.authenticate(sessionToken: session.token) == nil)
    }

    @Test func `a session ends after its longest time, however much it is used`() async throws {
        let session = try await ledger.signIn("ada")
        for _ in 0..<48 {
            #expect(try await ledger.authenticate(sessionToken: session.token) != nil)
            try await ledger.close()
            bench.advance(900)
        }
        #expect(try await ledger.authenticate(sessionToken: session.token) == nil)
    }

    @Test func `its last use is written at most once a minute`() async throws {
        let session = try await ledger.signIn("ada")
        let start = bench.now
        func lastUse(after seconds: Double) async throws -> Double? {
            bench.advance(seconds)
            _ = try await ledger.authenticate(sessionToken: session.token)
            try await ledger.close()
            return try await ledger.sessions(of: "ada").first.map { $0.lastUsedAt - start }
        }
        #expect(try await lastUse(after: 59) == 0)
        #expect(try await lastUse(after: 1) == 60)
        #expect(try await lastUse(after: 59) == 60)
    }

    @Test func `each session has a token and a CSRF token of its own, and ends by itself or with all`() async throws {
        let (one, two) = (try await ledger.signIn("ada"), try await ledger.signIn("ada"))
        #expect(one.token != two.token)
        #expect(one.signedIn.csrfToken != two.signedIn.csrfToken)
        #expect(try await ledger.authenticate(sessionToken: one.token)?.csrfToken == one.signedIn.csrfToken)
        let id = try #require(one.signedIn.id)
        #expect(try await refusal { try await ledger.endSession(id, of: "root", by: Bench.admin) } == .noSuchSession)
        try await ledger.endSession(id, of: "ada", by: Bench.admin)
        #expect(try await ledger.authenticate(sessionToken: one.token) == nil)
        #expect(try await ledger.sessions(of: "ADA").map(\.id) == [two.signedIn.id])
        let token = try await ledger.issueToken(name: "ada", password: Bench.password, ipAddress: "192.0.2.7")
        try await ledger.endAllSessions(of: "ada", by: Bench.admin)
        #expect(try await ledger.authenticate(sessionToken: two.token) == nil)
        #expect(try await ledger.authenticate(signedToken: token.token) == nil)
    }

    @Test func `the key that signs tokens rotates, and a token lives as long as it says`() async throws {
        func issue() async throws -> String {
            try await ledger.issueToken(name: "ada", password: Bench.password, ipAddress: "192.0.2.7").token
        }
        func isValid(_ token: String) async throws -> Bool { try await ledger.authenticate(signedToken: token) != nil }
        let first = try await issue()
        bench.advance(24 * 3_600 - 1)
        #expect(try await !isValid(first))
        let last = try await issue()
        bench.advance(1)
        let next = try await issue()
        #expect(try bench.integer("SELECT count(*) FROM signing_key") == 2)
        #expect(try await isValid(last))
        #expect(try await isValid(next))
        bench.advance(899)
        #expect(try await !isValid(last))
        #expect(try await isValid(next))
        bench.advance(1)
        _ = try await issue()
        #expect(try bench.integer("SELECT count(*) FROM signing_key") == 1)
    }
}
