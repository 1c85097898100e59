import Catalogue
import Foundation
import SQLite
import Testing

@Suite final class CatalogueFileTests {
    private let folder: String
    private var path: String { folder + "/catalogue.sqlite3" }

    init() throws {
        folder = NSTemporaryDirectory() + "fileroom-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func code(_ body: () throws -> Void) -> CatalogueError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? CatalogueError)?.code
        }
    }

    @Test func `a catalogue that is not there yet is a clear error to a reader, and made by a writer`() throws {
        #expect(code { _ = try CatalogueReader(path: path) } == .missing)
        _ = try CatalogueWriter(path: path)
        #expect(code { _ = try CatalogueReader(path: path) } == nil)
    }

    @Test func `a newer catalogue is refused and left alone`() throws {
        _ = try CatalogueWriter(path: path)
        try Connection(path: path).execute("PRAGMA user_version = 999")
        #expect(code { _ = try CatalogueWriter(path: path) } == .newer)
        #expect(code { _ = try CatalogueReader(path: path) } == .newer)
        #expect(try Connection(path: path).integer("PRAGMA user_version") == 999)
    }

    @Test func `a file that is no database is reported as damaged`() throws {
        try Data(repeating: 7, count: 100_000).write(to: URL(fileURLWithPath: path))
        #expect(code { _ = try CatalogueWriter(path: path) } == .corrupt)
        #expect(code { _ = try CatalogueReader(path: path) } == .corrupt)
    }

    @Test func `a damaged catalogue is set aside on request, whole, and a new one begun`() throws {
        let damaged = Data(repeating: 7, count: 100_000)
        try damaged.write(to: URL(fileURLWithPath: path))
        let found = try #require(try UnusableCatalogue.find(path))
        #expect(found.reason.code == .corrupt)
        #expect(found.sources.isEmpty)
        let aside = try found.setAside(stamp: "1")
        #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == damaged)
        #expect(try UnusableCatalogue.find(path) == nil)
        _ = try CatalogueWriter(path: path)
        #expect(try UnusableCatalogue.find(path) == nil)
    }

    @Test func `a catalogue that opens and yet is damaged or not whole is found out, and tells its sources`() async throws {
        _ = try await CatalogueWriter(path: path).begin(url: "/a", name: "one", options: "{}", readAll: false, defaultIssuer: "") { 0 }
        let copy = path + ".copy"
        try Connection(path: path).execute("VACUUM INTO '\(copy)'")
        try Connection(path: copy).execute("DROP TABLE job_error")
        let partial = try #require(try UnusableCatalogue.find(copy))
        #expect(partial.sources.map(\.name) == ["one"])
        try FileManager.default.removeItem(atPath: copy)

        try Connection(path: path).execute("VACUUM INTO '\(copy)'")
        let page = try #require(try Connection(path: copy).integer("SELECT rootpage FROM sqlite_schema WHERE name = 'job_error'"))
        let size = try #require(try Connection(path: copy).integer("PRAGMA page_size"))
        let file = try #require(FileHandle(forUpdatingAtPath: copy))
        try file.seek(toOffset: UInt64((page - 1) * size))
        try file.write(contentsOf: Data(repeating: 0xFF, count: Int(size)))
        try file.close()
        #expect(throws: Never.self) { _ = try CatalogueWriter(path: copy) }
        let damaged = try #require(try UnusableCatalogue.find(copy))
        #expect(damaged.reason.code == .corrupt)
        #expect(damaged.sources.map(\.name) == ["one"])

        try Connection(path: path).execute("PRAGMA user_version = 999")
        let newer = try #require(try UnusableCatalogue.find(path))
        #expect(newer.reason.code == .newer)
        #expect(newer.sources.map(\.url) == ["/a"])
    }

    @Test func `a job that runs when its process dies is found paused by the next`() async throws {
        var writer: CatalogueWriter? = try CatalogueWriter(path: path)
        _ = try await writer?.begin(url: "/a", name: nil, options: "{}", readAll: false, defaultIssuer: "") { 0 }
        #expect(try JobReader(path: path).jobs(onlyLast: true).map(\.state) == [.running])
        writer = nil
        _ = try CatalogueWriter(path: path)
        #expect(try JobReader(path: path).jobs(onlyLast: true).map(\.state) == [.paused])
    }

    @Test func `two sources cannot have one name, and the refusal harms no running job`() async throws {
        let writer = try CatalogueWriter(path: path)
        let first = try await writer.begin(url: "/a", name: "archive", options: "{}", readAll: false, defaultIssuer: "") { 0 }
        await #expect(throws: CatalogueError.self) {
            try await writer.begin(url: "/b", name: "archive", options: "{}", readAll: false, defaultIssuer: "") { 0 }
        }
        #expect(try await writer.takeFolders(first.id, limit: 10).count == 1)
    }
}
