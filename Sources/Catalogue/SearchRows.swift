internal import SQLite

/// Reads the rows of results, with statements that the reader keeps.
struct SearchRows {
    let reader: CatalogueReader
    /// By row id.
    let sourceNames: [Int64: String]

    init(_ reader: CatalogueReader) throws {
        self.reader = reader
        var names: [Int64: String] = [:]
        try reader.statement("SELECT id, name FROM source").forEachRow { names[$0.integer(0)] = $0.text(1) }
        sourceNames = names
    }

    // MARK: Studies

    func sortKey(ofStudy study: Int64) throws -> Int64? {
        try first("SELECT sort_key FROM study WHERE id = ?", study) { $0.integer(0) }
    }

    func document(ofStudy study: Int64) throws -> SearchDocumentText? {
        try first("SELECT names, identifiers, study_text, series_text, facets FROM study_document WHERE study_id = ?", study) { row in
            SearchDocumentText(
                names: SearchText(row.bytes(0)), identifiers: SearchText(row.bytes(1)), studyText: SearchText(row.bytes(2)),
                seriesText: SearchText(row.bytes(3)), facets: row.text(4))
        }
    }

    /// The study, series or instance that a UID names.
    func target(of text: String) throws -> SearchResult.RowIDs? {
        let uid = text.utf8.filter { $0 != 0x20 }
        // Source: PS3.5 §9.1. A version or dose has dots as well, but no study is called so.
        guard (3...64).contains(uid.count), uid.contains(UInt8(ascii: ".")), uid.allSatisfy({ Word.isDigit($0) || $0 == UInt8(ascii: ".") })
        else {
            return nil
        }
        let key = String(decoding: uid, as: UTF8.self)
        for sql in [
            "SELECT id, NULL, NULL FROM study WHERE study_key = ?", "SELECT study_id, id, NULL FROM series WHERE series_key = ?",
            "SELECT s.study_id, s.id, i.id FROM instance i JOIN series s ON s.id = i.series_id WHERE i.sop_instance_uid = ?",
        ] {
            let statement = try reader.statement(sql)
            statement.bind(key, at: 1)
            defer { statement.reset() }
            if try statement.step() {
                return SearchResult.RowIDs(
                    study: statement.integer(0), series: statement.optionalInteger(1), instance: statement.optionalInteger(2))
            }
        }
        return nil
    }

    /// A study without what must be counted.
    func study(_ study: Int64) throws -> SearchResult? {
        let sql = """
            SELECT s.patient_name, p.patient_id, p.issuer, s.patient_birth_date, s.patient_sex, s.study_instance_uid, s.study_id, s.study_date,
                s.study_time, s.accession_number, s.study_description, s.referring_physician_name, s.institution_name, s.has_conflict,
                (SELECT count(*) FROM series WHERE study_id = s.id)
            FROM study s JOIN patient p ON p.id = s.patient_id WHERE s.id = ?
            """
        guard
            var result = try first(
                sql, study,
                { row -> SearchResult in
                    var result = SearchResult(rowIDs: .init(study: study))
                    result.patientName = row.optionalText(0)
                    result.patientID = row.optionalText(1)
                    result.issuerOfPatientID = row.optionalText(2)
                    result.patientBirthDate = row.optionalText(3)
                    result.patientSex = row.optionalText(4)
                    result.studyInstanceUID = row.optionalText(5)
                    result.studyID = row.optionalText(6)
                    result.studyDate = row.optionalText(7)
                    result.studyTime = row.optionalText(8)
                    result.accessionNumber = row.optionalText(9)
                    result.studyDescription = row.optionalText(10)
                    result.referringPhysicianName = row.optionalText(11)
                    result.institutionName = row.optionalText(12)
                    result.hasConflict = row.integer(13) != 0
                    result.hasPatientConflict = row.integer(13) == 2
                    result.numberOfStudyRelatedSeries = Int(row.integer(14))
                    return result
                })
        else { return nil }
        let modalities = try reader.statement("SELECT DISTINCT modality FROM series WHERE study_id = ? AND modality <> '' ORDER BY 1")
        modalities.bind(study, at: 1)
        try modalities.forEachRow { result.modalitiesInStudy.append($0.text(0)) }
        return result
    }

    /// Adds a study's instances, files and sources.
    func addTotals(to study: inout SearchResult) throws {
        study.instanceCount =
            try first("SELECT count(*) FROM series s JOIN instance i ON i.series_id = s.id WHERE s.study_id = ?", study.rowIDs.study) {
                Int($0.integer(0))
            } ?? 0
        try addSources(
            to: &study,
            "SELECT v.source_id, sum(v.file_count) FROM series s JOIN variant v ON v.series_id = s.id WHERE s.study_id = ? GROUP BY 1",
            study.rowIDs.study)
    }

    // MARK: Series

    /// The series of a study, without files and sources, in the order of their numbers.
    func series(of study: SearchResult) throws -> [(SearchCursor.Place, SearchResult)] {
        let statement = try reader.statement(
            """
            SELECT id, series_instance_uid, series_number, series_date, series_time, modality, series_description, protocol_name,
                body_part_examined, laterality, has_conflict, (SELECT count(*) FROM instance WHERE series_id = s.id)
            FROM series s WHERE study_id = ? ORDER BY ifnull(series_number, 9223372036854775806), id
            """)
        statement.bind(study.rowIDs.study, at: 1)
        var list: [(SearchCursor.Place, SearchResult)] = []
        try statement.forEachRow { row in
            var result = study
            result.rowIDs.series = row.integer(0)
            result.seriesInstanceUID = row.optionalText(1)
            result.seriesNumber = row.optionalInteger(2)
            result.seriesDate = row.optionalText(3)
            result.seriesTime = row.optionalText(4)
            result.modality = row.optionalText(5)
            result.seriesDescription = row.optionalText(6)
            result.protocolName = row.optionalText(7)
            result.bodyPartExamined = row.optionalText(8)
            result.laterality = row.optionalText(9)
            result.hasConflict = study.hasPatientConflict || row.integer(10) != 0
            result.instanceCount = Int(row.integer(11))
            list.append((SearchCursor.Place(number: result.seriesNumber ?? .max - 1, id: row.integer(0)), result))
        }
        return list
    }

    /// What decides whether a series is wanted.
    struct SeriesText {
        var id: Int64
        var modality, bodyPart, description, protocolName: String?

        /// Folded, one value a line.
        func text(_ folding: TextFolding) -> [UInt8] {
            var bytes: [UInt8] = []
            for value in [modality, bodyPart, description, protocolName] {
                if let value { folding.fold(value, into: &bytes) }
                bytes.append(0x0a)
            }
            return bytes
        }
    }

    /// Hands over the series of a study; those that have files in `source` when there is one.
    func forEachSeries(of study: Int64, in source: Int64?, _ body: (SeriesText) -> Void) throws {
        let statement = try reader.statement(
            """
            SELECT id, modality, body_part_examined, series_description, protocol_name FROM series WHERE study_id = ?1 AND (?2 IS NULL OR EXISTS (
                SELECT 1 FROM variant WHERE series_id = series.id AND source_id = ?2 AND file_count > 0))
            """)
        statement.bind(study, at: 1)
        statement.bind(source, at: 2)
        try statement.forEachRow { row in
            body(
                SeriesText(
                    id: row.integer(0), modality: row.optionalText(1), bodyPart: row.optionalText(2), description: row.optionalText(3),
                    protocolName: row.optionalText(4)))
        }
    }

    /// Adds a series' files and sources.
    func addSources(to series: inout SearchResult) throws {
        guard let id = series.rowIDs.series else { return }
        try addSources(to: &series, "SELECT source_id, sum(file_count) FROM variant WHERE series_id = ? GROUP BY 1", id)
    }

    // MARK: Instances

    /// Instances of a series in the order of their numbers.
    ///
    /// - Parameters:
    ///   - after: the place of the last one that was given.
    ///   - only: the row id of the only one that is wanted.
    ///   - source: the source in which one must have a file.
    func instances(
        of series: SearchResult, after: SearchCursor.Place?, only: Int64?, source: Int64?, limit: Int
    ) throws -> [(SearchCursor.Place, SearchResult)] {
        let statement = try reader.statement(
            """
            SELECT i.id, i.sop_instance_uid, u.value, i.instance_number, i.number_of_frames, i.rows, i.columns, i.has_conflict,
                ifnull(i.instance_number, 9223372036854775806) AS place
            FROM instance i LEFT JOIN uid u ON u.id = i.sop_class_id
            WHERE i.series_id = ?1 AND (place, i.id) > (?2, ?3) AND (?4 IS NULL OR i.id = ?4) AND (?5 IS NULL OR EXISTS (
                SELECT 1 FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.instance_id = i.id AND d.source_id = ?5))
            ORDER BY place, i.id LIMIT ?6
            """)
        statement.bind(series.rowIDs.series, at: 1)
        statement.bind(after?.number ?? .min, at: 2)
        statement.bind(after?.id ?? .min, at: 3)
        statement.bind(only, at: 4)
        statement.bind(source, at: 5)
        statement.bind(limit, at: 6)
        var list: [(SearchCursor.Place, SearchResult)] = []
        try statement.forEachRow { row in
            var result = series
            result.rowIDs.instance = row.integer(0)
            // A stand-in is no UID.
            result.sopInstanceUID = row.optionalText(1).flatMap { Identity.isStandIn(instance: $0) ? nil : $0 }
            result.sopClassUID = row.optionalText(2)
            result.instanceNumber = row.optionalInteger(3)
            result.numberOfFrames = row.optionalInteger(4)
            result.rows = row.optionalInteger(5)
            result.columns = row.optionalInteger(6)
            result.hasConflict = series.hasPatientConflict || row.integer(7) != 0
            result.instanceCount = 1
            try addSources(
                to: &result,
                "SELECT d.source_id, count(*) FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.instance_id = ? GROUP BY 1",
                row.integer(0))
            list.append((SearchCursor.Place(number: row.integer(8), id: row.integer(0)), result))
        }
        return list
    }

    // MARK: Shared

    /// Adds from rows of a source's id and a number of files.
    private func addSources(to result: inout SearchResult, _ sql: String, _ id: Int64) throws {
        let statement = try reader.statement(sql)
        statement.bind(id, at: 1)
        result.sources = []
        result.fileCount = 0
        try statement.forEachRow { row in
            result.fileCount += Int(row.integer(1))
            if let name = sourceNames[row.integer(0)], row.integer(1) > 0 { result.sources.append(name) }
        }
        result.sources.sort()
    }

    private func first<Value>(_ sql: String, _ id: Int64, _ value: (Statement) throws -> Value) throws -> Value? {
        let statement = try reader.statement(sql)
        statement.bind(id, at: 1)
        defer { statement.reset() }
        return try statement.step() ? try value(statement) : nil
    }
}

/// A study's folded text, ready to be matched.
struct SearchDocumentText {
    let names, identifiers, studyText, seriesText: SearchText
    let facets: String

    /// How well a term matches what belongs to the study itself.
    func tierOfStudy(_ term: SearchTerm) -> SearchTerm.Tier? {
        [names, identifiers, studyText].lazy.compactMap(term.tier).min()
    }

    /// How well a term matches anything.
    func tier(_ term: SearchTerm) -> SearchTerm.Tier? {
        // Words of a name that stand in another order are no match of a phrase.
        if term.words.count == 1, term.isName(in: names) { return .name }
        guard let tier = [tierOfStudy(term), term.tier(in: seriesText)].compactMap(\.self).min() else { return nil }
        return term.isName(in: names) ? .name : tier
    }
}

extension SearchExpression {
    /// How well a study matches; nil when it does not.
    ///
    /// - Parameter folded: the whole text.
    func tier(of document: SearchDocumentText, folded: String) -> SearchTerm.Tier? {
        var worst = SearchTerm.Tier.name
        for term in terms {
            guard let tier = document.tier(term) else { return nil }
            worst = max(worst, tier)
        }
        guard terms.allSatisfy(\.isLiteral) else { return worst }
        let isIdentifier = document.identifiers.bytes.split(separator: 0x0a).contains { $0.elementsEqual(folded.utf8) }
        return isIdentifier ? .identifier : worst
    }
}
