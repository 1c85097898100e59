package import SQLite

/// The full-text index over studies, kept beside the tables by the writer.
///
/// `study_search` is a contentless FTS5 table without positions, whose row id is the study's sort key: a query streams in the order of
/// dates without sorting. Contentless tables cannot delete by row id in SQLite 3.40, but take an entry back when its text is given again:
/// it is made anew from `study_document`, which also serves to check candidates exactly. So a change of ``TextFolding`` is harmless, a
/// change of ``SearchToken`` needs a migration that rebuilds.
///
/// Confined to the writer's connection; call within its transaction.
package final class SearchIndex {
    static let schema = """
        CREATE TABLE study_document(
            study_id INTEGER PRIMARY KEY,
            sort_key INTEGER NOT NULL,               -- under which the index has it; study.sort_key may have moved on
            names TEXT NOT NULL,                     -- folded texts, one value a line
            identifiers TEXT NOT NULL,
            study_text TEXT NOT NULL,
            series_text TEXT NOT NULL,
            facets TEXT NOT NULL
        );
        CREATE VIRTUAL TABLE study_search USING fts5(
            tokens, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '=@^!#%~_'"
        );

        """

    private let folding = TextFolding()
    private let study: Statement
    private let series: Statement
    private let sources: Statement
    private let stored: Statement
    private let insertDocument: Statement
    private let deleteDocument: Statement
    private let insertTokens: Statement
    private let deleteTokens: Statement

    /// Prepares the statements.
    ///
    /// - Throws: `SQLiteError` when the tables are not there.
    package init(_ connection: Connection) throws {
        study = try connection.prepare(
            """
            SELECT s.sort_key, s.patient_name, p.patient_id, s.accession_number, s.study_id, s.study_description,
                s.referring_physician_name, s.institution_name
            FROM study s JOIN patient p ON p.id = s.patient_id WHERE s.id = ?
            """)
        series = try connection.prepare(
            "SELECT DISTINCT modality, body_part_examined, series_description, protocol_name FROM series WHERE study_id = ?")
        sources = try connection.prepare(
            "SELECT DISTINCT ss.source_id FROM series s JOIN series_source ss ON ss.series_id = s.id WHERE s.study_id = ? ORDER BY 1")
        stored = try connection.prepare(
            "SELECT sort_key, names, identifiers, study_text, series_text, facets FROM study_document WHERE study_id = ?")
        insertDocument = try connection.prepare(
            "INSERT OR REPLACE INTO study_document(study_id, sort_key, names, identifiers, study_text, series_text, facets) VALUES (?,?,?,?,?,?,?)")
        deleteDocument = try connection.prepare("DELETE FROM study_document WHERE study_id = ?")
        insertTokens = try connection.prepare("INSERT INTO study_search(rowid, tokens) VALUES (?,?)")
        deleteTokens = try connection.prepare("INSERT INTO study_search(study_search, rowid, tokens) VALUES ('delete',?,?)")
    }

    /// Brings the index up to the present state of a study's rows; one that no longer exists is removed. Repeating it changes nothing.
    ///
    /// - Throws: `SQLiteError`.
    package func update(studyID: Int64) throws {
        let old = try storedDocument(studyID)
        let new = try presentDocument(studyID)
        if let old, let new, old == new { return }
        if let old {
            deleteTokens.bind(old.sortKey, at: 1)
            bind(old.document.tokens, to: deleteTokens)
            try deleteTokens.run()
        }
        guard let new else {
            guard old != nil else { return }
            deleteDocument.bind(studyID, at: 1)
            return try deleteDocument.run()
        }
        insertTokens.bind(new.sortKey, at: 1)
        bind(new.document.tokens, to: insertTokens)
        try insertTokens.run()
        insertDocument.bind(studyID, at: 1)
        insertDocument.bind(new.sortKey, at: 2)
        for (index, text) in [
            new.document.names, new.document.identifiers, new.document.studyText, new.document.seriesText, new.document.facets,
        ].enumerated() {
            insertDocument.bind(text, at: Int32(index) + 3)
        }
        try insertDocument.run()
    }

    private func bind(_ tokens: [UInt8], to statement: Statement) {
        tokens.withUnsafeBytes { statement.bind(text: $0, at: 2) }
    }

    /// Makes the index anew from the tables.
    ///
    /// - Throws: `SQLiteError`.
    package static func rebuild(_ connection: Connection) throws {
        try connection.execute("DELETE FROM study_document; INSERT INTO study_search(study_search) VALUES ('delete-all')")
        let index = try SearchIndex(connection)
        try connection.prepare("SELECT id FROM study ORDER BY sort_key").forEachRow { try index.update(studyID: $0.integer(0)) }
    }

    /// Merges the index's segments into one, which makes searching faster after much was written. Takes seconds for 100,000s of studies.
    ///
    /// - Throws: `SQLiteError`.
    package static func optimize(_ connection: Connection) throws {
        try connection.execute("INSERT INTO study_search(study_search) VALUES ('optimize')")
    }

    // MARK: Documents

    private struct Entry: Equatable {
        var sortKey: Int64
        var document: SearchDocument
    }

    private func storedDocument(_ studyID: Int64) throws -> Entry? {
        stored.bind(studyID, at: 1)
        defer { stored.reset() }
        guard try stored.step() else { return nil }
        return Entry(
            sortKey: stored.integer(0),
            document: SearchDocument(
                names: stored.text(1), identifiers: stored.text(2), studyText: stored.text(3), seriesText: stored.text(4), facets: stored.text(5)))
    }

    private func presentDocument(_ studyID: Int64) throws -> Entry? {
        study.bind(studyID, at: 1)
        defer { study.reset() }
        guard try study.step() else { return nil }
        var names = FoldedLines(folding)
        var identifiers = FoldedLines(folding)
        var studyText = FoldedLines(folding)
        names.append(study.optionalText(1))
        for column in 2...4 { identifiers.append(study.optionalText(Int32(column))) }
        for column in 5...7 { studyText.append(study.optionalText(Int32(column))) }
        var seriesText = FoldedLines(folding)
        var modalities = FoldedLines(folding)
        var bodyParts = FoldedLines(folding)
        series.bind(studyID, at: 1)
        try series.forEachRow { row in
            modalities.append(row.optionalText(0))
            bodyParts.append(row.optionalText(1))
            for column in 0...3 { seriesText.append(row.optionalText(Int32(column))) }
        }
        var facets = modalities.lines.map(SearchToken.modality) + bodyParts.lines.map(SearchToken.bodyPart)
        sources.bind(studyID, at: 1)
        try sources.forEachRow { facets.append(SearchToken.source($0.integer(0))) }
        return Entry(
            sortKey: study.integer(0),
            document: SearchDocument(
                names: names.text, identifiers: identifiers.text, studyText: studyText.text, seriesText: seriesText.text,
                facets: facets.joined(separator: " ")))
    }
}

/// Folded values, each once, in the order in which they came.
private struct FoldedLines {
    /// A study of thousands of differently described series must not make an entry without bounds.
    static let mostBytes = 65_536

    private let folding: TextFolding
    private(set) var lines: [String] = []
    private var seen: Set<String> = []
    private var size = 0

    init(_ folding: TextFolding) { self.folding = folding }

    mutating func append(_ value: String?) {
        guard let value, !value.isEmpty, size < Self.mostBytes else { return }
        let folded = folding.fold(value)
        guard !folded.isEmpty, seen.insert(folded).inserted else { return }
        size += folded.utf8.count
        lines.append(folded)
    }

    var text: String { lines.joined(separator: "\n") }
}
