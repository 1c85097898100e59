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
        let aside = try #require(try CatalogueWriter.setAside(path, stamp: "1"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == damaged)
        _ = try CatalogueWriter(path: path)
        #expect(try CatalogueWriter.setAside(folder + "/nothing", stamp: "1") == nil)
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
