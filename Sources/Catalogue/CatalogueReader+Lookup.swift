internal import SQLite

extension CatalogueReader {
    /// One study by its StudyInstanceUID, with where its files contradict each other; nil when there is none.
    ///
    /// - Throws: ``CatalogueError``.
    public func study(uid: String) throws -> (study: SearchResult, conflicts: [CatalogueConflict])? {
        try snapshot {
            let rows = try SearchRows(self)
            guard let id = try rows.id("SELECT id FROM study WHERE study_instance_uid = ?1 AND study_key = ?1", uid),
                var study = try rows.study(id)
            else { return nil }
            try rows.addTotals(to: &study)
            return (study, try conflictRows(study: id))
        }
    }

    /// The series of a study in the order of their numbers; nil when there is no such study.
    ///
    /// - Throws: ``CatalogueError``.
    public func series(ofStudy uid: String) throws -> [SearchResult]? {
        try snapshot {
            let rows = try SearchRows(self)
            guard let id = try rows.id("SELECT id FROM study WHERE study_instance_uid = ?1 AND study_key = ?1", uid),
                let study = try rows.study(id)
            else { return nil }
            return try rows.series(of: study).map { _, series in
                var series = series
                try rows.addSources(to: &series)
                return series
            }
        }
    }

    /// One series by its SeriesInstanceUID; nil when there is none.
    ///
    /// - Throws: ``CatalogueError``.
    public func series(uid: String) throws -> SearchResult? {
        try snapshot {
            let rows = try SearchRows(self)
            guard var series = try rows.series(uid: uid) else { return nil }
            try rows.addSources(to: &series)
            return series
        }
    }

    /// Instances of a series in the order of their numbers; nil when there is no such series.
    ///
    /// - Parameters:
    ///   - limit: 1 to ``SearchQuery/mostLimit``.
    ///   - after: the cursor of the last page.
    /// - Throws: ``CatalogueError``, `invalidRequest` for a cursor that is not one of this series.
    public func instances(ofSeries uid: String, limit: Int, after: String?) throws -> SearchPage? {
        try snapshot {
            let rows = try SearchRows(self)
            guard let series = try rows.series(uid: uid) else { return nil }
            var print = Fingerprint()
            print.add("instances")
            print.add(uid)
            let place = try after.map { try SearchCursor($0, query: print.value).instance }
            let most = min(max(limit, 1), SearchQuery.mostLimit)
            let found = try rows.instances(of: series, after: place, only: nil, source: nil, limit: most + 1)
            var page = SearchPage(results: [], cursor: nil)
            for (place, instance) in found.prefix(most) {
                var instance = instance
                instance.cursor = SearchCursor(tier: 0, sortKey: 0, instance: place).encoded(query: print.value)
                page.results.append(instance)
            }
            if found.count > most { page.cursor = page.results.last?.cursor }
            return page
        }
    }
}

extension SearchRows {
    /// The row that a text names.
    fileprivate func id(_ sql: String, _ text: String) throws -> Int64? {
        let statement = try reader.statement(sql)
        statement.bind(text, at: 1)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// A series without files and sources.
    fileprivate func series(uid: String) throws -> SearchResult? {
        let sql = "SELECT id FROM series WHERE series_instance_uid = ?1 AND series_key = ?1"
        guard let id = try id(sql, uid), let parent = try self.id("SELECT study_id FROM series WHERE series_key = ?1", uid),
            let study = try study(parent)
        else { return nil }
        return try series(of: study).first { $0.1.rowIDs.series == id }?.1
    }
}
