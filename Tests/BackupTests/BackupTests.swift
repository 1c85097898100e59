import Backup
import Foundation
import Indexing
import SQLite
import Testing

/// A data folder with a ledger that is being written, in a folder that goes with this object.
private final class Bench {
    let root = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID().uuidString)").path
    let data: DataFolder
    let writer: Connection

    init() throws {
        data = DataFolder(path: root + "/data")
        try data.create()
        writer = try Connection(path: data.path + "/ledger.sqlite3")
        try writer.execute("PRAGMA journal_mode = WAL; CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('anna')")
        try Data(repeating: 7, count: 32).write(to: URL(fileURLWithPath: data.path + "/secret.key"))
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func make(_ name: String = "backup") throws -> Backup {
        try Backup.make(of: data, in: "\(root)/\(name)", time: "2026-01-31T00:00:00.000Z")
    }

    func people(in folder: String) throws -> [String] {
        var names: [String] = []
        try Connection(path: folder + "/ledger.sqlite3", access: .readOnly).prepare("SELECT name FROM person ORDER BY rowid")
            .forEachRow { names.append($0.text(0)) }
        return names
    }

    func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}

@Suite struct `A backup` {
    @Test func `holds what was committed while others write, for its owner's eyes only`() throws {
        let bench = try Bench()
        try bench.writer.execute("BEGIN IMMEDIATE; INSERT INTO person VALUES ('berta')")
        let backup = try bench.make()
        try bench.writer.execute("COMMIT")
        #expect(try bench.people(in: backup.folder) == ["anna"])
        #expect(try bench.people(in: bench.data.path) == ["anna", "berta"])
        #expect(backup.manifest.files.map(\.name) == ["ledger.sqlite3", "secret.key"])
        for name in ["", "/ledger.sqlite3", "/secret.key", "/backup.json"] {
            #expect(try bench.permissions(backup.folder + name) == (name.isEmpty ? 0o700 : 0o600))
        }
    }

    @Test func `is restored in the place of what was there, which is kept`() throws {
        let bench = try Bench()
        let folder = try bench.make().folder
        try bench.writer.execute("INSERT INTO person VALUES ('berta')")
        let aside = try Backup.check(folder).restore(into: bench.data, stamp: "1")
        #expect(try bench.people(in: bench.data.path) == ["anna"])
        #expect(try bench.people(in: try #require(aside)) == ["anna", "berta"])
        let other = DataFolder(path: bench.root + "/other")
        try other.create()
        #expect(try Backup.check(folder).restore(into: other, stamp: "1") == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path).sorted() == ["ledger.sqlite3", "secret.key"])
        #expect(try bench.people(in: other.path) == ["anna"])
    }

    @Test func `that was cut short can be restored again`() throws {
        let bench = try Bench()
        let backup = try bench.make()
        try Data("half".utf8).write(to: URL(fileURLWithPath: bench.data.path + "/ledger.sqlite3.restoring"))
        #expect(try backup.restore(into: bench.data, stamp: "1") != nil)
        #expect(try bench.people(in: bench.data.path) == ["anna"])
    }

    @Test func `is made only where nothing is`() throws {
        let bench = try Bench()
        _ = try bench.make()
        #expect(throws: BackupError.self) { try bench.make() }
        #expect(throws: BackupError.self) { try bench.make("data/secret.key") }
        #expect(throws: BackupError.self) { try bench.make("none/such") }
        let empty = DataFolder(path: bench.root + "/empty")
        try empty.create()
        #expect(throws: BackupError.self) { try Backup.make(of: empty, in: bench.root + "/b", time: "") }
    }

    @Test(arguments: ["a byte", "an end", "a file", "the manifest", "an unknown file", "a newer format"])
    func `that is damaged is refused`(what: String) throws {
        let bench = try Bench()
        let folder = try bench.make().folder
        let (ledger, manifest) = (URL(fileURLWithPath: folder + "/ledger.sqlite3"), URL(fileURLWithPath: folder + "/backup.json"))
        var (bytes, text) = (try Data(contentsOf: ledger), try String(contentsOf: manifest, encoding: .utf8))
        switch what {
        case "a byte": bytes[bytes.count - 3] ^= 1
        case "an end": bytes.removeLast(512)
        case "the manifest": text.removeLast(10)
        case "an unknown file": text = text.replacing("ledger.sqlite3", with: "../ledger")
        case "a newer format": text = text.replacing(#""format" : 1"#, with: #""format" : 2"#)
        default: break
        }
        try bytes.write(to: ledger)
        try Data(text.utf8).write(to: manifest)
        if what == "a file" { try FileManager.default.removeItem(at: ledger) }
        #expect(throws: BackupError.self) { try Backup.check(folder) }
    }
}
