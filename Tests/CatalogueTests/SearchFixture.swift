import Foundation
import SQLite

@testable import Catalogue

/// A catalogue of invented studies in a temporary folder, written row by row.
final class SearchFixture {
    struct Series {
        var modality: String? = "CT"
        var description: String?
        var protocolName: String?
        var bodyPart: String?
        var number: Int64? = 1
        var source: Int64 = 1
        var instances = 1
    }

    struct Study {
        var name: String? = "Doe^Jane"
        var patientID = "P1"
        var date: String? = "20240101"
        var accession: String?
        var description: String?
        var studyID: String?
        var referring: String?
        var series: [Series] = [Series()]
    }

    let folder: URL
    let connection: Connection
    let index: SearchIndex
    private(set) var studies: [Int64: Study] = [:]
    private var nextID: Int64 = 1
    private var nextInstance: Int64 = 1

    var path: String { folder.appendingPathComponent("catalogue.sqlite3").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fileroom-search-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        connection = try CatalogueFile.openForWriting(folder.appendingPathComponent("catalogue.sqlite3").path)
        index = try SearchIndex(connection)
        try connection.execute(
            """
            INSERT INTO source(id, name, url) VALUES (1, 'archive', 'smb://nas.example/archive'), (2, 'local', '/srv/local');
            INSERT INTO folder(id, source_id, path, depth) VALUES (1, 1, '', 0), (2, 2, 'in/2024', 2);
            INSERT INTO uid(id, value) VALUES (1, '1.2.840.10008.5.1.4.1.1.2');
            """)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func reader() throws -> CatalogueReader { try CatalogueReader(path: path) }

    @discardableResult
    func add(_ study: Study) throws -> Int64 {
        let id = nextID
        nextID += 1
        studies[id] = study
        try connection.transaction {
            try run("INSERT OR IGNORE INTO patient(identity, patient_id, issuer) VALUES (?, ?, '')", [study.patientID, study.patientID])
            try run(
                """
                INSERT INTO study(id, patient_id, study_key, study_instance_uid, sort_key, patient_name, study_date, accession_number,
                    study_description, study_id, referring_physician_name)
                VALUES (\(id), (SELECT id FROM patient WHERE identity = ?), ?, ?, \(Self.sortKey(study.date, id)), ?, ?, ?, ?, ?, ?)
                """,
                [
                    study.patientID, "1.2.3.\(id)", "1.2.3.\(id)", study.name, study.date, study.accession, study.description,
                    study.studyID,
                    study.referring,
                ])
            for (offset, series) in study.series.enumerated() { try add(series, id: id * 1_000 + Int64(offset), to: id) }
            try index.update(studyID: id)
        }
        return id
    }

    private func add(_ series: Series, id: Int64, to study: Int64) throws {
        try run(
            """
            INSERT INTO series(id, study_id, series_key, series_instance_uid, series_number, modality, series_description, protocol_name,
                body_part_examined) VALUES (\(id), \(study), ?, ?, \(series.number.map(String.init) ?? "NULL"), ?, ?, ?, ?)
            """,
            ["1.2.3.\(study).\(id)", "1.2.3.\(study).\(id)", series.modality, series.description, series.protocolName, series.bodyPart])
        try run(
            "INSERT INTO variant(series_id, source_id, digest, attributes, file_count) VALUES (\(id), \(series.source), 0, '', \(series.instances))",
            [])
        for number in 0..<series.instances {
            let instance = nextInstance
            nextInstance += 1
            try run(
                "INSERT INTO instance(id, series_id, sop_instance_uid, sop_class_id, instance_number) VALUES (\(instance), \(id), ?, 1, \(number + 1))",
                ["1.2.3.\(study).\(id).\(number + 1)"])
            try run(
                """
                INSERT INTO file(folder_id, name, size, modified, changed, state, instance_id, found_generation)
                VALUES (\(series.source), ?, 1, 0, 0, 1, \(instance), 1)
                """, ["IM \(instance).dcm"])
        }
    }

    /// Gives a study another date, and brings the index up to date.
    func move(_ id: Int64, to date: String?) throws {
        studies[id]?.date = date
        try run("UPDATE study SET study_date = ?, sort_key = \(Self.sortKey(date, id)) WHERE id = \(id)", [date])
        try index.update(studyID: id)
    }

    func remove(_ id: Int64) throws {
        studies[id] = nil
        try connection.execute(
            """
            DELETE FROM file WHERE instance_id IN (SELECT id FROM instance WHERE series_id IN (SELECT id FROM series WHERE study_id = \(id)));
            DELETE FROM instance WHERE series_id IN (SELECT id FROM series WHERE study_id = \(id));
            DELETE FROM variant WHERE series_id IN (SELECT id FROM series WHERE study_id = \(id));
            DELETE FROM series WHERE study_id = \(id);
            DELETE FROM study WHERE id = \(id);
            """)
        try index.update(studyID: id)
    }

    func run(_ sql: String, _ values: [String?]) throws {
        let statement = try connection.prepare(sql)
        for (index, value) in values.enumerated() { statement.bind(value, at: Int32(index + 1)) }
        try statement.run()
    }

    static func sortKey(_ date: String?, _ id: Int64) -> Int64 { (date.flatMap { Int64($0) } ?? 0) << 34 | id }

    // MARK: Asking

    /// The studies that a text finds, in order.
    func found(_ text: String, _ change: (inout SearchQuery) -> Void = { _ in }) throws -> [Int64] {
        var query = SearchQuery(text: text, level: .study)
        change(&query)
        return try reader().search(query).results.map(\.rowIDs.study)
    }

    /// All results of a query, page by page.
    func all(_ query: SearchQuery, _ reader: CatalogueReader) throws -> [SearchResult] {
        var query = query
        var results: [SearchResult] = []
        while true {
            let page = try reader.search(query)
            results += page.results
            guard let cursor = page.cursor else { return results }
            query.after = cursor
        }
    }
}
