import Foundation
import Testing

@testable import Ledger

@Suite struct `Shares` {
    private let bench: Bench
    private let ledger: Ledger

    init() async throws {
        bench = try Bench()
        ledger = try await bench.openWithPeople()
    }

    private func state(_ share: CreatedShare) async throws -> Share.State { try await ledger.share(id: share.share.id).state }

    private func change(_ share: CreatedShare, _ body: (inout ShareChange) -> Void) async throws -> Share {
        var change = ShareChange()
        body(&change)
        return try await ledger.changeShare(share.share.id, change, by: Bench.admin)
    }

    @Test func `a share is what was asked for, and found by its link and by its name`() async throws {
        var new = bench.newShare(password: Bench.sharePassword, maxDownloads: 2)
        (new.kind, new.note, new.language, new.policy) = (.set, "für Ärztin Ö.", .german, .manifest)
        (new.showsPatient, new.isConflictConfirmed) = (true, true)
        new.items.append(.init(type: .series, uid: "1.2.4"))
        let created = try await ledger.share(new)
        #expect(try await ledger.share(token: created.token) == created.share)
        #expect(try await ledger.share(id: created.share.id) == created.share)
        #expect(try await ledger.share(token: created.token + "x") == nil)
        #expect(created.token.utf8.count == 43 && created.share.id.wholeMatch(of: /[a-z2-7]{12}/) != nil)
        let share = created.share
        #expect((share.kind, share.items, share.summary) == (.set, new.items, new.summary))
        #expect((share.note, share.language, share.policy, share.maxDownloads) == (new.note, .german, .manifest, 2))
        #expect(share.showsPatient && share.isConflictConfirmed && share.hasPassword && share.state == .active)
        #expect((share.createdBy, share.createdAt, share.expiresAt) == ("ada", bench.now, bench.now + 3_600))
    }

    @Test func `what cannot be shared is refused, when it is made and when it is changed`() async throws {
        func refusal(_ change: (inout NewShare) -> Void) async throws -> LedgerError.Code? {
            var new = bench.newShare()
            change(&new)
            return try await LedgerTests.refusal { [new] in _ = try await ledger.share(new) }
        }
        #expect(try await refusal { $0.expiresAt = bench.now } == .expiryInPast)
        #expect(try await refusal { $0.expiresAt = bench.now + 720 * 3_600 } == nil)
        #expect(try await refusal { $0.expiresAt = bench.now + 721 * 3_600 } == .expiryTooLate)
        #expect(try await refusal { $0.expiresAt = .nan } == .expiryInPast)
        #expect(try await refusal { $0.password = "seven b" } == .sharePasswordWeak)
        #expect(try await refusal { $0.password = "abababababab" } == .sharePasswordWeak)
        #expect(try await refusal { $0.maxDownloads = 0 } == .badShare)
        #expect(try await refusal { $0.note = String(repeating: "x", count: 2_001) } == .badShare)
        #expect(try await refusal { $0.items = [] } == .badShare)
        #expect(try await refusal { $0.kind = .series } == .badShare)
        let share = try await ledger.share(bench.newShare())
        #expect(try await LedgerTests.refusal { _ = try await change(share) { $0.expiresAt = bench.now - 1 } } == .expiryInPast)
        #expect(try await LedgerTests.refusal { _ = try await change(share) { $0.password = "short" } } == .sharePasswordWeak)
        #expect(try await LedgerTests.refusal { _ = try await ledger.share(id: "nobody") } == .noSuchShare)
    }

    @Test func `where every share must have a password, one without is refused`() async throws {
        var policy = Ledger.Policy()
        policy.shares.requiresPassword = true
        let ledger = try Bench().open(policy: policy)
        func create(_ password: String?) async throws -> LedgerError.Code? {
            try await refusal { _ = try await ledger.createShare(bench.newShare(password: password), creator: .local, by: .local) }
        }
        #expect(try await create(nil) == .sharePasswordMissing)
        #expect(try await create(Bench.sharePassword) == nil)
    }

    @Test func `it expires, may be extended, and once revoked stays so`() async throws {
        let share = try await ledger.share(bench.newShare())
        bench.advance(3_599)
        #expect(try await state(share) == .active)
        bench.advance(1)
        #expect(try await state(share) == .expired)
        #expect(try await change(share) { $0.expiresAt = bench.now + 60 }.state == .active)
        try await ledger.revokeShare(share.share.id, by: Bench.admin)
        let revokedAt = bench.now
        bench.advance(10)
        try await ledger.revokeShare(share.share.id, by: .local)
        let revoked = try await ledger.share(id: share.share.id)
        #expect((revoked.state, revoked.revokedBy, revoked.revokedAt) == (.revoked, "root", revokedAt))
        #expect(!revoked.isPresentable && revoked.endsDownloads && !revoked.admitsResuming(now: bench.now))
        #expect(try await refusal { _ = try await change(share) { $0.expiresAt = bench.now + 60 } } == .shareRevoked)
    }

    @Test func `it follows its creator's right`() async throws {
        let share = try await ledger.share(bench.newShare())
        _ = try await ledger.changeUser("ada", isDisabled: true, by: Bench.admin)
        #expect(try await state(share) == .creatorGone)
        _ = try await ledger.changeUser("ada", role: .uploader, isDisabled: false, by: Bench.admin)
        #expect(try await state(share) == .creatorGone)
        _ = try await ledger.changeUser("ada", role: .clinician, by: Bench.admin)
        #expect(try await state(share) == .active)
        try bench.tamper("DELETE FROM user WHERE name = 'ada'")
        #expect(try await state(share) == .creatorGone)
    }

    @Test func `a key's share ends with the key, the command line's with neither`() async throws {
        let short = try await ledger.createKey("short", role: .clinician, expiresAt: bench.now + 60, by: Bench.admin)
        let long = try await ledger.createKey("long", role: .admin, by: Bench.admin)
        let uploads = try await ledger.createKey("uploads", role: .uploader, by: Bench.admin)
        func create(_ creator: ShareCreator) async throws -> CreatedShare {
            try await ledger.createShare(bench.newShare(), creator: creator, by: .local)
        }
        let shares = [
            try await create(.key(id: short.key.id)), try await create(.key(id: long.key.id)), try await create(.key(id: uploads.key.id)),
            try await create(.local),
        ]
        func states() async throws -> [Share.State] {
            var states: [Share.State] = []
            for share in shares { states.append(try await state(share)) }
            return states
        }
        #expect(try await states() == [.active, .active, .creatorGone, .active])
        bench.advance(60)
        #expect(try await states() == [.creatorGone, .active, .creatorGone, .active])
        try await ledger.revokeKey(long.key.id, by: Bench.admin)
        #expect(try await states() == [.creatorGone, .creatorGone, .creatorGone, .active])
    }

    @Test func `shares are listed newest first in pages, by creator and by state, and summed up`() async throws {
        var made: [CreatedShare] = []
        for _ in 0..<5 { made.append(try await ledger.share(bench.newShare())) }
        let other = try await ledger.createShare(bench.newShare(), creator: .user(name: "root"), by: Bench.admin)
        try await ledger.revokeShare(made[1].share.id, by: Bench.admin)
        let ids = made.map(\.share.id)
        func list(_ filter: ShareFilter, limit: Int = 10, after: String? = nil) async throws -> [String] {
            try await ledger.shares(filter, limit: limit, after: after).map(\.id)
        }
        #expect(try await list(ShareFilter()) == [other.share.id] + ids.reversed())
        let own = ShareFilter(creator: .user(name: "ADA"))
        #expect(try await list(own, limit: 2) == [ids[4], ids[3]])
        #expect(try await list(own, limit: 9, after: ids[3]) == [ids[2], ids[1], ids[0]])
        #expect(try await list(ShareFilter(createdBy: "Ada", state: .active), after: ids[3]) == [ids[2], ids[0]])
        #expect(try await list(ShareFilter(creator: .user(name: "nobody"))).isEmpty)
        #expect(try await ledger.isShare(ids[0], of: .user(name: "ada")))
        #expect(try await !ledger.isShare(ids[0], of: .user(name: "root")))
        #expect(try await !ledger.isShare(ids[0], of: .local))
        #expect(try await ledger.shareStatistics().shares == [.active: 5, .revoked: 1])
        #expect(try await ledger.shareStatistics(of: .user(name: "root")).shares == [.active: 1])
    }

    @Test func `whatever is done with it is in the audit trail, under its name`() async throws {
        let share = try await ledger.share(bench.newShare(password: Bench.sharePassword))
        _ = try await change(share) { ($0.password, $0.note) = (.some(nil), "n") }
        try await ledger.revokeShare(share.share.id, by: Bench.admin)
        let rows = try await ledger.auditRows(limit: 3)
        #expect(rows.map(\.entry.action) == ["share.revoke", "share.change", "share.create"])
        #expect(rows.map(\.entry.detail) == [nil, "note, no password", "study 1.2.3; with a password"])
        #expect(Set(rows.map(\.entry.object)) == [share.share.id])
    }

    @Test func `a ledger from before there were shares gets them, and a backup keeps them`() async throws {
        let old = try Bench()
        try await old.openWithPeople().close()
        let tables = [
            "file_checksum", "plan_document", "plan_entry", "plan_source", "plan", "share_grant", "share_failure", "share_access_log",
            "share",
        ]
        try old.tamper(tables.map { "DROP TABLE \($0);" }.joined() + "PRAGMA user_version = 1")
        let migrated = try old.open()
        let share = try await migrated.share(old.newShare())
        #expect(try old.integer("PRAGMA user_version") == 2)
        let copy = try Bench()
        try await migrated.backup(to: copy.file)
        try FileManager.default.copyItem(atPath: old.folder + "/secret.key", toPath: copy.folder + "/secret.key")
        #expect(try Ledger.check(folder: copy.folder))
        #expect(try await copy.open().share(token: share.token) == share.share)
    }

    @Test func `neither link nor cookie nor password lies in the files`() async throws {
        let share = try await ledger.share(bench.newShare(password: Bench.sharePassword))
        let grant = try await ledger.unlock(share, Bench.sharePassword)
        _ = try await refusal { _ = try await ledger.unlock(share, "a wrong password") }
        _ = try await ledger.scriptGrant(token: share.token, password: Bench.sharePassword, visitor: Bench.visitor)
        _ = try await change(share) { $0.password = "another password" }
        func leaks() throws -> [String] {
            let bytes = try bench.allBytes()
            let secrets = [share.token, grant.token, Bench.sharePassword, "a wrong password", "another password"]
            #expect(bytes.range(of: Data(share.share.id.utf8)) != nil)
            return secrets.filter { bytes.range(of: Data($0.utf8)) != nil }
        }
        #expect(try leaks().isEmpty, "with the log beside the database")
        try await ledger.close()
        #expect(try leaks().isEmpty)
    }
}
