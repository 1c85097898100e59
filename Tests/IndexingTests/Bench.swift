import Catalogue
import FileSource
import Foundation
import Glibc
import SQLite
import SourceAccess
import SyntheticFiles
import Testing

@testable import Indexing

/// A data folder of its own, in which jobs are run one after the other.
final class Bench: Sendable {
    let folder: DataFolder
    let url: String

    init(url: String = "smb://nas/share") throws {
        self.url = url
        folder = DataFolder(path: NSTemporaryDirectory() + "fileroom-test-" + UUID().uuidString)
        try folder.create()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    static func now() -> Double { Date().timeIntervalSince1970 }

    func board() throws -> JobBoard {
        JobBoard(folder: folder, catalogue: try CatalogueWriter(path: folder.catalogue), now: Self.now)
    }

    func order(_ settings: JobSettings = JobSettings(), url: String? = nil) -> JobOrder {
        JobOrder(url: url ?? self.url, name: nil, options: "{}", settings: settings)
    }

    /// Runs one job to its end.
    @discardableResult
    func index(_ source: ScriptedSource, _ settings: JobSettings = JobSettings(), url: String? = nil) async throws -> JobEnd {
        let board = try board()
        let job = try await board.start(order(settings, url: url), on: OpenedSource(source: source, method: "smb", reason: "test"))
        return try #require(await board.end(of: job))
    }

    /// Runs a job for so many operations, and cancels it.
    func indexPartly(_ source: ScriptedSource, operations: Int, _ settings: JobSettings = JobSettings()) async throws {
        source.change { $0.operationsLeft = operations }
        let end = try await index(source, settings)
        #expect(end.record.state == .failed)
        source.change { $0.operationsLeft = nil }
        try await CatalogueWriter(path: folder.catalogue).cancel(end.record.id, now: Self.now())
    }

    /// The first column of a query over the catalogue.
    func query(_ sql: String) throws -> [String] {
        let statement = try Connection(path: folder.catalogue, access: .readOnly).prepare(sql)
        var rows: [String] = []
        try statement.forEachRow { rows.append($0.text(0)) }
        return rows
    }

    /// Full paths of all files that hold an instance.
    func locations() throws -> [String] {
        try query(
            """
            SELECT CASE d.path WHEN '' THEN f.name ELSE d.path || '/' || f.name END AS place
            FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.instance_id IS NOT NULL ORDER BY place
            """)
    }

    func isSound() throws -> Bool {
        // What is counted must be what is there, and nothing may hang in the air.
        let counts = try query(
            """
            SELECT count(*) FROM variant v WHERE file_count <> (SELECT count(*) FROM file WHERE variant_id = v.id)
            UNION ALL SELECT count(*) FROM instance i WHERE NOT EXISTS(SELECT 1 FROM file WHERE instance_id = i.id)
            UNION ALL SELECT count(*) FROM series s WHERE NOT EXISTS(SELECT 1 FROM variant WHERE series_id = s.id)
            UNION ALL SELECT count(*) FROM study s WHERE NOT EXISTS(SELECT 1 FROM series WHERE study_id = s.id)
            UNION ALL SELECT count(*) FROM patient p WHERE NOT EXISTS(SELECT 1 FROM study WHERE patient_id = p.id)
            UNION ALL SELECT count(*) FROM study WHERE search_stale IS NOT NULL OR sort_key < 0
            UNION ALL SELECT count(*) FROM file f JOIN instance i ON i.id = f.instance_id JOIN variant v ON v.id = f.variant_id
                WHERE i.series_id <> v.series_id AND i.has_conflict = 0
            """)
        return try counts.allSatisfy { $0 == "0" } && query("PRAGMA foreign_key_check").isEmpty
    }
}

extension ScriptedSource {
    /// `series` folders of `files` slices each.
    static func archive(series: Int, files: Int, concurrency: Int = 4, beforeReading: @escaping @Sendable () async throws -> Void = {})
        -> ScriptedSource
    {
        let source = ScriptedSource(concurrency: concurrency, beforeReading: beforeReading)
        for one in 1...series {
            for file in 1...files {
                source.put(
                    "S\(one)/IM\(file)",
                    SyntheticFile(
                        patientID: "P\(one)", study: "1.\(one)", series: "1.\(one).1", instance: "1.\(one).1.\(file)", number: file))
            }
        }
        return source
    }
}
