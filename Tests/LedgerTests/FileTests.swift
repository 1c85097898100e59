import Foundation
import SQLite
import Testing

@testable import Ledger

@Suite struct `The ledger's file` {
    private func openingFails(_ bench: Bench) throws -> LedgerError.Code? {
        do {
            _ = try bench.open()
            return nil
        } catch let error as LedgerError {
            #expect(!error.suggestion.isEmpty)
            return error.code
        }
    }

    @Test func `only its owner may read it and what lies beside it`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder) {
            let permissions = try FileManager.default.attributesOfItem(atPath: "\(bench.folder)/\(name)")[.posixPermissions] as? Int
            #expect(permissions == 0o600, "\(name)")
        }
        try await ledger.close()
    }

    @Test func `what was confirmed survives a process that is killed`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let session = try await ledger.signIn("ada")
        // The files as they lie there at this moment, with nothing closed.
        let copy = try Bench()
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(bench.folder)/\(name)", toPath: "\(copy.folder)/\(name)")
        }
        let reopened = try copy.open()
        #expect(try await reopened.authenticate(sessionToken: session.token)?.name == "ada")
        #expect(try await reopened.verifyAudit().isIntact)
        #expect(try await reopened.auditRows(limit: 10).map(\.entry.action) == ["session.start", "user.create", "user.create"])
    }

    @Test func `one that was closed is whole in its file and its key`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        try await ledger.close()
        let copy = try Bench()
        for name in ["ledger.sqlite3", "secret.key"] {
            try FileManager.default.copyItem(atPath: "\(bench.folder)/\(name)", toPath: "\(copy.folder)/\(name)")
        }
        #expect(try await copy.open().user(named: "ada").role == ledger.user(named: "ada").role)
    }

    @Test func `one of a newer version, one that is no database, and one that is damaged are refused`() async throws {
        let bench = try Bench()
        try await bench.openWithPeople().close()
        try bench.tamper("PRAGMA user_version = 99")
        #expect(try openingFails(bench) == .newer)
        try Data("no database at all, but long enough to be read as the header of one, as it has a hundred bytes".utf8)
            .write(to: URL(fileURLWithPath: bench.file))
        #expect(try openingFails(bench) == .corrupt)
    }

    @Test func `the key must be there, and must be the one that belongs to it`() async throws {
        let bench = try Bench()
        try await bench.openWithPeople().close()
        let key = bench.folder + "/secret.key"
        try FileManager.default.moveItem(atPath: key, toPath: key + ".away")
        #expect(try openingFails(bench) == .keyMissing)
        #expect(!FileManager.default.fileExists(atPath: key), "no new key is made in the place of one that is missing")
        let other = try Bench()
        try await other.openWithPeople().close()
        try FileManager.default.copyItem(atPath: other.folder + "/secret.key", toPath: key)
        #expect(try openingFails(bench) == .keyWrong)
    }

    @Test func `a backup is whole, while the ledger is written to`() async throws {
        let bench = try Bench()
        let ledger = try await bench.openWithPeople()
        let copy = try Bench()
        async let writing: Void = {
            for number in 0..<50 { try await ledger.record(AuditEntry("test", object: String(number), by: .local)) }
        }()
        try await ledger.backup(to: copy.file)
        try await writing
        try FileManager.default.copyItem(atPath: bench.folder + "/secret.key", toPath: copy.folder + "/secret.key")
        let restored = try copy.open()
        #expect(try await restored.users().map(\.name) == ["ada", "root"])
        #expect(try await restored.verifyAudit().isIntact)
        let permissions = try FileManager.default.attributesOfItem(atPath: copy.file)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        await #expect(throws: LedgerError.self, "nothing is overwritten") { try await ledger.backup(to: copy.file) }
        #expect(try await restored.users().count == 2)
    }

    @Test func `a copy that is ended half-way leaves nothing`() throws {
        let bench = try Bench()
        let connection = try Connection(path: bench.file)
        try connection.execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(10000000))")
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try connection.backup(to: bench.folder + "/copy") { copied, total in if copied < total { throw Enough() } }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder) == ["ledger.sqlite3"])
        try connection.backup(to: bench.folder + "/copy")
        #expect(try Connection(path: bench.folder + "/copy", access: .readOnly).integer("SELECT length(x) FROM t") == 10_000_000)
    }

    @Test func `no password, token or key lies in it in clear`() async throws {
        let bench = try Bench()
        let ledger = try bench.open()
        let setup = try #require(try await ledger.makeSetupToken())
        _ = try await ledger.addUser("root", role: .admin, password: Bench.password, by: .local)
        let session = try await ledger.signIn("root")
        let token = try await ledger.issueToken(name: "root", password: Bench.password, ipAddress: "192.0.2.7")
        let key = try await ledger.createKey("pacs", role: .clinician, by: Bench.admin)
        _ = try await ledger.addSource(DeclaredSource(name: "nas", configuration: "{}"), password: "share-password-1", by: Bench.admin)
        await #expect(throws: LedgerError.self) { _ = try await ledger.signIn("typed-password-in-name", "whatever else") }
        try await ledger.close()
        let bytes = try bench.allBytes()
        let secrets = [
            setup, Bench.password, session.token, try #require(session.signedIn.csrfToken), token.token, key.secret,
            String(key.secret.dropFirst(4)), "share-password-1", "typed-password-in-name",
        ]
        for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret)") }
        #expect(bytes.range(of: Data("pacs".utf8)) != nil)
    }
}
