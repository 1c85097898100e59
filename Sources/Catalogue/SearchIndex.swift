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
            tokens, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '=@^!#%~_$'"
        );
        -- Bytes that are collected in memory before they are written: the larger, the fewer pieces to merge.
        INSERT INTO study_search(study_search, rank) VALUES ('hashsize', 8388608);

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
            "SELECT DISTINCT v.source_id FROM series s JOIN variant v ON v.series_id = s.id WHERE s.study_id = ? ORDER BY 1")
        stored = try connection.prepare(
            "SELECT sort_key, names, identifiers, study_text, series_text, facets FROM study_document WHERE study_id = ?")
        insertDocument = try connection.prepare(
            "INSERT OR REPLACE INTO study_document(study_id, sort_key, names, identifiers, study_text, series_text, facets) VALUES (?,?,?,?,?,?,?)"
        )
        deleteDocument = try connection.prepare("DELETE FROM study_document WHERE study_id = ?")
        insertTokens = try connection.prepare("INSERT INTO study_search(rowid, tokens) VALUES (?,?)")
        deleteTokens = try connection.prepare("INSERT INTO study_search(study_search, rowid, tokens) VALUES ('delete',?,?)")
    }

    /// Brings the index up to the present state of studies' rows; those that no longer exist are removed. Repeating it changes nothing.
    ///
    /// Give many at a time: FTS5 collects entries in memory only as long as their row ids ascend, so a batch is put in order.
    ///
    /// - Throws: `SQLiteError`.
    package func update(studyIDs: some Sequence<Int64>) throws {
        var changes: [Change] = []
        for studyID in Set(studyIDs) {
            let old = try storedDocument(studyID)
            let new = try presentDocument(studyID)
            if old == new { continue }
            if let old { changes.append(Change(sortKey: old.sortKey, isInsertion: false, tokens: old.document.tokens)) }
            if let new {
                changes.append(Change(sortKey: new.sortKey, isInsertion: true, tokens: new.document.tokens))
                try store(new, for: studyID)
            } else {
                deleteDocument.bind(studyID, at: 1)
                try deleteDocument.run()
            }
        }
        changes.sort { ($0.sortKey, $0.isInsertion ? 1 : 0) < ($1.sortKey, $1.isInsertion ? 1 : 0) }
        for change in changes {
            let statement = change.isInsertion ? insertTokens : deleteTokens
            statement.bind(change.sortKey, at: 1)
            change.tokens.withUnsafeBytes { statement.bind(text: $0, at: 2) }
            try statement.run()
        }
    }

    /// The same for one study.
    package func update(studyID: Int64) throws {
        try update(studyIDs: CollectionOfOne(studyID))
    }

    private struct Change {
        var sortKey: Int64
        var isInsertion: Bool
        var tokens: [UInt8]
    }

    private func store(_ entry: Entry, for studyID: Int64) throws {
        insertDocument.bind(studyID, at: 1)
        insertDocument.bind(entry.sortKey, at: 2)
        let document = entry.document
        let texts = [document.names, document.identifiers, document.studyText, document.seriesText, document.facets]
        for (index, text) in texts.enumerated() { insertDocument.bind(text, at: Int32(index) + 3) }
        try insertDocument.run()
    }

    /// Makes the index anew from the tables.
    ///
    /// - Throws: `SQLiteError`.
    package static func rebuild(_ connection: Connection) throws {
        try connection.execute("DELETE FROM study_document; INSERT INTO study_search(study_search) VALUES ('delete-all')")
        let index = try SearchIndex(connection)
        var batch: [Int64] = []
        try connection.prepare("SELECT id FROM study ORDER BY sort_key").forEachRow { row in
            batch.append(row.integer(0))
            guard batch.count == 1_000 else { return }
            try index.update(studyIDs: batch)
            batch.removeAll()
        }
        try index.update(studyIDs: batch)
    }

    /// Merges the index's segments into one, a little at a time: after much was written, searching is two to three times as fast for it.
    ///
    /// Call it in transactions of its own while nothing else is to be written, until nothing is left. A million series take about five seconds.
    ///
    /// - Parameters:
    ///   - isFirst: whether to begin; what was written since the beginning stays apart.
    ///   - pages: how many pages of about 4 KiB to write.
    /// - Returns: whether anything is left to do.
    /// - Throws: `SQLiteError`.
    package static func merge(_ connection: Connection, isFirst: Bool, pages: Int) throws -> Bool {
        let before = connection.totalChanges
        try connection.execute("INSERT INTO study_search(study_search, rank) VALUES ('merge', \(isFirst ? -pages : pages))")
        // Source: https://www.sqlite.org/fts5.html#the_merge_command
        return connection.totalChanges - before >= 2
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
                names: stored.text(1), identifiers: stored.text(2), studyText: stored.text(3), seriesText: stored.text(4),
                facets: stored.text(5)))
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
        let sortKey = study.integer(0)
        var facets = modalities.lines.map(SearchToken.modality) + bodyParts.lines.map(SearchToken.bodyPart)
        facets += SearchToken.dates(of: max(sortKey, 0) >> 34)
        sources.bind(studyID, at: 1)
        try sources.forEachRow { facets.append(SearchToken.source($0.integer(0))) }
        return Entry(
            sortKey: sortKey,
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
