internal import SQLite

/// What is given away to others: which studies and series, and where each of their instances lies.
extension CatalogueReader {
    /// The studies that items mean, each once: those of one patient together, by date.
    ///
    /// The order depends on what the studies say, and not on when they were found.
    ///
    /// - Returns: the studies, and the items that are not in the catalogue.
    /// - Throws: ``CatalogueError``.
    public func pickedStudies(_ items: [ContentItem]) throws -> (studies: [PickedStudy], unknown: [ContentItem]) {
        try snapshot {
            var picked: [Int64: PickedStudy] = [:]
            var unknown: [ContentItem] = []
            for item in items {
                guard let (study, series) = try rowIDs(of: item) else {
                    unknown.append(item)
                    continue
                }
                var entry = picked[study] ?? PickedStudy(id: study, series: [])
                if let series { entry.series?.insert(series) } else { entry.series = nil }
                picked[study] = entry
            }
            let ordered = try picked.values.map { ($0, try orderKey(ofStudy: $0.id)) }.sorted { $0.1.lexicographicallyPrecedes($1.1) }
            return (ordered.map(\.0), unknown)
        }
    }

    /// What is known of a picked study; nil when it has gone since.
    ///
    /// - Throws: ``CatalogueError``.
    public func contents(of picked: PickedStudy) throws -> StudyContents? {
        try snapshot {
            let rows = try SearchRows(self)
            guard var study = try rows.study(picked.id) else { return nil }
            let series = try rows.series(of: study).map(\.1).filter { series in
                picked.series.map { $0.contains(series.rowIDs.series ?? 0) } ?? true
            }
            try rows.addTotals(to: &study)
            return StudyContents(study: study, series: series.sorted(by: Self.precedes), conflicts: try conflictRows(study: picked.id))
        }
    }

    /// Instances of a series, in the order of their row ids, with every place where they lie.
    ///
    /// - Parameters:
    ///   - series: ``SearchResult/RowIDs/series``.
    ///   - after: the row id of the last instance of the page before; 0 at the beginning.
    ///   - limit: how many at most; fewer only at the end.
    /// - Throws: ``CatalogueError``.
    public func storedInstances(ofSeries series: Int64, after: Int64, limit: Int) throws -> [StoredInstance] {
        try snapshot {
            let statement = try statement(
                """
                SELECT i.id, i.sop_instance_uid, u.value, i.instance_number, i.number_of_frames, i.rows, i.columns
                FROM instance i LEFT JOIN uid u ON u.id = i.sop_class_id
                WHERE i.series_id = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?3
                """)
            statement.bind(series, at: 1)
            statement.bind(after, at: 2)
            statement.bind(limit, at: 3)
            var instances: [StoredInstance] = []
            try statement.forEachRow { row in
                instances.append(
                    StoredInstance(
                        id: row.integer(0), sopInstanceUID: row.optionalText(1).flatMap { Identity.isStandIn(instance: $0) ? nil : $0 },
                        sopClassUID: row.optionalText(2), number: row.optionalInteger(3), numberOfFrames: row.optionalInteger(4),
                        rows: row.optionalInteger(5), columns: row.optionalInteger(6), locations: try locations(ofInstance: row.integer(0))
                    ))
            }
            return instances
        }
    }

    /// How many instances a series has, and the bytes of a file for each.
    ///
    /// - Parameter series: ``SearchResult/RowIDs/series``.
    /// - Throws: ``CatalogueError``.
    public func storedTotals(ofSeries series: Int64) throws -> (instances: Int, bytes: Int64) {
        try snapshot {
            let statement = try statement(
                """
                SELECT count(*), ifnull(sum((SELECT max(size) FROM file WHERE instance_id = i.id)), 0) FROM instance i WHERE i.series_id = ?
                """)
            statement.bind(series, at: 1)
            defer { statement.reset() }
            return try statement.step() ? (Int(statement.integer(0)), statement.integer(1)) : (0, 0)
        }
    }

    private func locations(ofInstance instance: Int64) throws -> [StoredLocation] {
        let statement = try statement(
            """
            SELECT s.url, d.id, d.path, f.name, f.size, f.modified, u.value
            FROM file f JOIN folder d ON d.id = f.folder_id JOIN source s ON s.id = d.source_id
                LEFT JOIN uid u ON u.id = f.transfer_syntax_id
            WHERE f.instance_id = ?
            """)
        statement.bind(instance, at: 1)
        var locations: [StoredLocation] = []
        try statement.forEachRow { row in
            locations.append(
                StoredLocation(
                    sourceURL: row.text(0), folderID: row.integer(1), folder: row.bytes(2), name: row.bytes(3),
                    size: UInt64(clamping: row.integer(4)), modified: row.integer(5), transferSyntaxUID: row.optionalText(6)))
        }
        return locations
    }

    /// The rows that an item means; a stand-in for a UID is no UID.
    private func rowIDs(of item: ContentItem) throws -> (study: Int64, series: Int64?)? {
        let sql =
            switch item.kind {
            case .study: "SELECT id, NULL FROM study WHERE study_instance_uid = ?1 AND study_key = ?1"
            case .series: "SELECT study_id, id FROM series WHERE series_instance_uid = ?1 AND series_key = ?1"
            }
        let statement = try statement(sql)
        statement.bind(item.uid, at: 1)
        defer { statement.reset() }
        return try statement.step() ? (statement.integer(0), statement.optionalInteger(1)) : nil
    }

    private func orderKey(ofStudy study: Int64) throws -> [String] {
        let statement = try statement(
            """
            SELECT p.identity, s.study_date, s.study_time, s.study_key FROM study s JOIN patient p ON p.id = s.patient_id WHERE s.id = ?
            """)
        statement.bind(study, at: 1)
        defer { statement.reset() }
        return try statement.step() ? (0..<4).map { statement.text(Int32($0)) } : []
    }

    private static func precedes(_ one: SearchResult, _ other: SearchResult) -> Bool {
        let numbers = (one.seriesNumber ?? .max, other.seriesNumber ?? .max)
        guard numbers.0 == numbers.1 else { return numbers.0 < numbers.1 }
        let texts = [one, other].map { [$0.seriesInstanceUID ?? "", $0.modality ?? "", $0.seriesDescription ?? ""] }
        guard texts[0] == texts[1] else { return texts[0].lexicographicallyPrecedes(texts[1]) }
        return one.rowIDs.series ?? 0 < other.rowIDs.series ?? 0
    }
}
