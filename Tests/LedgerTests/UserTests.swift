import Testing

@testable import Ledger

@Suite struct Users {
    @Test func `names differ by more than case`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        #expect(
            try await refusal { _ = try await ledger.addUser("ADA", role: .admin, password: Bench.password, by: .local) } == .userExists)
        #expect(try await ledger.user(named: "ADA").name == "ada")
        #expect(try await ledger.signIn("Ada").signedIn.name == "ada")
    }

    @Test(arguments: ["", "-x", ".x", "a b", "ä", "a/b", "local", "LOCAL", "a\u{0}b", "key:x", String(repeating: "a", count: 65)])
    func `a name that could be mistaken for something else is refused`(_ name: String) async throws {
        let ledger = try Bench().open()
        #expect(try await refusal { _ = try await ledger.addUser(name, role: .admin, password: Bench.password, by: .local) } == .badName)
    }

    @Test(arguments: ["short", "elf zeichen", "aaaaaaaaaaaa", "xx-ROOT-xx-yy", String(repeating: "abcd", count: 65)])
    func `a password that is easily guessed is refused`(_ password: String) async throws {
        let ledger = try Bench().open()
        #expect(try await refusal { _ = try await ledger.addUser("root", role: .admin, password: password, by: .local) } == .weakPassword)
    }

    @Test func `the last admin who can sign in stays one`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        #expect(try await refusal { _ = try await ledger.changeUser("root", role: .clinician, by: .local) } == .lastAdmin)
        #expect(try await refusal { _ = try await ledger.changeUser("root", isDisabled: true, by: .local) } == .lastAdmin)
        #expect(try await ledger.user(named: "root").isDisabled == false)
        _ = try await ledger.changeUser("ada", role: .admin, by: .local)
        _ = try await ledger.changeUser("root", isDisabled: true, by: .local)
        #expect(try await refusal { _ = try await ledger.changeUser("ada", role: .uploader, by: .local) } == .lastAdmin)
    }

    @Test func `who is disabled has no way in, and has to begin anew when enabled`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let session = try await ledger.signIn("ada")
        let token = try await ledger.issueToken(name: "ada", password: Bench.password, ipAddress: "192.0.2.7")
        #expect(try await ledger.authenticate(signedToken: token.token)?.role == .clinician)
        for isDisabled in [true, false] {
            _ = try await ledger.changeUser("ada", isDisabled: isDisabled, by: Bench.admin)
            #expect(try await ledger.authenticate(sessionToken: session.token) == nil)
            #expect(try await ledger.authenticate(signedToken: token.token) == nil)
            #expect(try await refusal { _ = try await ledger.signIn("ada") } == (isDisabled ? .signInRefused : nil))
        }
    }

    @Test func `a changed role counts at once, also for what was issued before`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let session = try await ledger.signIn("ada")
        let token = try await ledger.issueToken(name: "ada", password: Bench.password, ipAddress: "192.0.2.7")
        _ = try await ledger.changeUser("ada", role: .uploader, by: Bench.admin)
        #expect(try await ledger.authenticate(sessionToken: session.token)?.role == .uploader)
        #expect(try await ledger.authenticate(signedToken: token.token)?.role == .uploader)
    }

    @Test func `changing one's own password needs the old one and ends one's other sessions`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let (mine, other) = (try await ledger.signIn("ada"), try await ledger.signIn("ada"))
        let new = "another long enough"
        func change(from current: String) async throws {
            try await ledger.changeOwnPassword(of: "ada", from: current, to: new, keeping: mine.signedIn.id, by: Bench.admin)
        }
        #expect(try await refusal { try await change(from: "wrong password") } == .signInRefused)
        try await change(from: Bench.password)
        #expect(try await ledger.authenticate(sessionToken: mine.token) != nil)
        #expect(try await ledger.authenticate(sessionToken: other.token) == nil)
        #expect(try await refusal { _ = try await ledger.signIn("ada") } == .signInRefused)
        #expect(try await ledger.signIn("ada", new).signedIn.name == "ada")
    }

    @Test func `a password that an admin sets stays, also when the user is about to change it`() async throws {
        let ledger = try await Bench().openWithPeople()
        let entry = AuditEntry("user.password", object: "ada", by: Bench.admin)
        let verified = try await ledger.verify("ada", password: Bench.password, refusal: entry)
        let hash = try await ledger.hash("what the user wanted")
        _ = try await ledger.changeUser("ada", password: "what the admin set", by: Bench.admin)
        let refused = try await refusal { try await ledger.setPassword(of: verified, to: hash, keeping: nil, entry: entry) }
        #expect(refused == .signInRefused)
        #expect(try await ledger.signIn("ada", "what the admin set").signedIn.name == "ada")
    }

    @Test func `the set-up link works once, and not at all once there is a user`() async throws {
        let bench = try Bench()
        let ledger = try bench.open()
        let old = try #require(try await ledger.makeSetupToken())
        let token = try #require(try await ledger.makeSetupToken())
        func setUp(_ token: String) async throws -> NewSession {
            try await ledger.setUp(token: token, name: "root", password: Bench.password, ipAddress: "192.0.2.7", userAgent: "")
        }
        #expect(try await ledger.needsSetup())
        #expect(try await refusal { _ = try await setUp(old) } == .setupTokenWrong)
        #expect(try await ledger.authenticate(sessionToken: setUp(token).token)?.role == .admin)
        #expect(try await refusal { _ = try await setUp(token) } == .setupDone)
        #expect(try await !ledger.needsSetup())
        #expect(try await ledger.makeSetupToken() == nil)
    }

    @Test func `of two who use the set-up link at once, one becomes the admin`() async throws {
        let ledger = try Bench().open()
        let token = try #require(try await ledger.makeSetupToken())
        let outcomes = try await withThrowingTaskGroup(of: LedgerError.Code?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await refusal {
                        _ = try await ledger.setUp(
                            token: token, name: "root\(number)", password: Bench.password, ipAddress: "192.0.2.7", userAgent: "")
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(try await ledger.users().count == 1)
    }

    @Test func `a key works until it expires or is revoked, in its role`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let short = try await ledger.createKey("pacs", role: .clinician, expiresAt: bench.now + 60, by: Bench.admin)
        let long = try await ledger.createKey("backup", role: .admin, by: Bench.admin)
        #expect(short.secret.hasPrefix("frk_") && short.secret.utf8.count == 47)
        #expect(try await ledger.authenticate(key: short.secret)?.role == .clinician)
        #expect(try await ledger.authenticate(key: short.secret + "x") == nil)
        #expect(try await refusal { _ = try await ledger.createKey("PACS", role: .admin, by: Bench.admin) } == .keyExists)
        bench.advance(60)
        #expect(try await ledger.authenticate(key: short.secret) == nil)
        #expect(try await ledger.authenticate(key: long.secret) != nil)
        try await ledger.revokeKey(long.key.id, by: Bench.admin)
        #expect(try await ledger.authenticate(key: long.secret) == nil)
        #expect(try await refusal { try await ledger.revokeKey(99, by: Bench.admin) } == .noSuchKey)
        #expect(try await ledger.keys().map(\.revokedAt) == [nil, bench.now])
        #expect(
            try await refusal { _ = try await ledger.createKey("late", role: .admin, expiresAt: bench.now, by: Bench.admin) }
                == .expiryInPast)
    }

    @Test func `a source's password opens for its own source only`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        for name in ["nas", "other"] {
            let source = DeclaredSource(name: name, configuration: #"{"host":"nas"}"#, schedule: "0 3 * * *", isWatched: true)
            #expect(try await ledger.addSource(source, password: "of \(name)", by: Bench.admin).hasPassword)
        }
        #expect(try await ledger.password(ofSource: "nas") == "of nas")
        #expect(
            try await refusal { _ = try await ledger.addSource(.init(name: "nas", configuration: ""), password: nil, by: .local) }
                == .sourceExists)
        try bench.tamper("UPDATE source SET password = (SELECT password FROM source WHERE name = 'other') WHERE name = 'nas'")
        #expect(try await refusal { _ = try await ledger.password(ofSource: "nas") } == .corrupt)
        let changed = try await ledger.changeSource(.init(name: "nas", configuration: "{}"), password: .remove, by: Bench.admin)
        #expect(!changed.hasPassword && changed.schedule == nil && !changed.isWatched)
        try await ledger.removeSource("nas", by: Bench.admin)
        #expect(try await ledger.declaredSources().map(\.name) == ["other"])
        #expect(try await refusal { try await ledger.removeSource("nas", by: .local) } == .noSuchSource)
    }
}
