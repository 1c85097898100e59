internal import SQLite

extension CatalogueReader {
    /// Finds studies, series or instances.
    ///
    /// Paging is by keyset: rows that are added or removed between two pages shift nothing. A study whose date changes moves, and may
    /// then be seen twice or not at all.
    ///
    /// - Throws: ``CatalogueError``: `invalidRequest` for a date, a cursor or the name of a source that is not one.
    public func search(_ query: SearchQuery) throws -> SearchPage {
        try snapshot {
            var run = try SearchRun(query, self)
            try run.run()
            return run.page
        }
    }
}

/// One search on one state of the catalogue.
struct SearchRun {
    let query: SearchQuery
    let reader: CatalogueReader
    let expression: SearchExpression
    let filters: SearchFilters
    /// The whole text, folded: it may be an identifier.
    let foldedText: String
    let fingerprint: UInt64
    /// What a UID in the text names.
    let target: SearchResult.RowIDs?
    let rows: SearchRows

    private(set) var page = SearchPage(results: [], cursor: nil)
    /// The last place that was given or passed over.
    private var cursor: SearchCursor?
    private var examined = 0
    private var limit: Int { min(max(query.limit, 1), SearchQuery.mostLimit) }
    private var isFull: Bool { page.results.count >= limit || examined >= query.mostExamined }

    init(_ query: SearchQuery, _ reader: CatalogueReader) throws {
        self.query = query
        self.reader = reader
        expression = SearchExpression(query.text, folding: reader.folding)
        foldedText = reader.folding.fold(query.text)
        fingerprint = query.fingerprint
        cursor = try query.after.map { [fingerprint] in try SearchCursor($0, query: fingerprint) }
        rows = try SearchRows(reader)
        filters = try SearchFilters(query, rows.sourceNames, reader.folding)
        target = try rows.target(of: query.text)
    }

    mutating func run() throws {
        guard target != nil || !expression.findsNothing, !filters.findsNothing else { return }
        if let target {
            try runTarget(target)
        } else if query.order == .relevance, !expression.terms.isEmpty {
            for tier in SearchTerm.Tier.allCases where tier.rawValue >= cursor?.tier ?? 0 {
                guard let condition = expression.condition(of: tier, folded: foldedText, filters.tokens) else { continue }
                try run(condition, tier: tier)
                if isFull { break }
            }
        } else {
            try run(expression.condition(filters.tokens), tier: nil)
        }
        if isFull, let cursor { page.cursor = cursor.encoded(query: fingerprint) }
    }

    // MARK: Candidates

    private mutating func runTarget(_ target: SearchResult.RowIDs) throws {
        guard let sortKey = try rows.sortKey(ofStudy: target.study), filters.range.contains(sortKey), isAhead(sortKey, tier: nil) else {
            return
        }
        let document = try rows.document(ofStudy: target.study)
        guard filters.matches(facets: document?.facets ?? "") else { return }
        try add(study: target.study, sortKey: sortKey, tier: nil, document: nil)
    }

    private mutating func run(_ condition: TokenCondition, tier: SearchTerm.Tier?) throws {
        let candidates = try candidates(condition, tier: tier)
        defer { candidates.reset() }
        while !isFull, try candidates.step() {
            let sortKey = candidates.integer(0)
            let study = sortKey & ((1 << 34) - 1)
            examined += 1
            var document: SearchDocumentText?
            if !expression.terms.isEmpty {
                guard let found = try rows.document(ofStudy: study), let matched = expression.tier(of: found, folded: foldedText),
                    tier == nil || tier == matched
                else {
                    cursor = SearchCursor(tier: tier?.rawValue ?? 0, sortKey: sortKey)
                    continue
                }
                document = found
            }
            try add(study: study, sortKey: sortKey, tier: tier, document: document)
        }
    }

    /// A statement that gives sort keys, newest first.
    private func candidates(_ condition: TokenCondition, tier: SearchTerm.Tier?) throws -> Statement {
        var last = filters.range.upperBound
        if let cursor, cursor.tier == tier?.rawValue ?? 0 {
            // Below study level the study of the cursor may have more.
            last = min(last, query.level == .study || cursor.series == .last ? cursor.sortKey - 1 : cursor.sortKey)
        }
        let statement: Statement
        if let fullText = condition.fullTextQuery {
            statement = try reader.statement(
                "SELECT rowid FROM study_search WHERE rowid >= ?1 AND rowid <= ?2 AND study_search MATCH ?3 ORDER BY rowid DESC")
            statement.bind(fullText, at: 3)
        } else {
            statement = try reader.statement("SELECT sort_key FROM study WHERE sort_key BETWEEN ?1 AND ?2 ORDER BY sort_key DESC")
        }
        statement.bind(filters.range.lowerBound, at: 1)
        statement.bind(last, at: 2)
        return statement
    }

    private func isAhead(_ sortKey: Int64, tier: SearchTerm.Tier?) -> Bool {
        guard let cursor else { return true }
        return sortKey < cursor.sortKey || (sortKey == cursor.sortKey && query.level != .study && cursor.series != .last)
    }

    // MARK: Results

    private mutating func add(study: Int64, sortKey: Int64, tier: SearchTerm.Tier?, document: SearchDocumentText?) throws {
        let tierValue = tier?.rawValue ?? 0
        let isResumed = cursor?.sortKey == sortKey && cursor?.tier == tierValue
        let seriesFrom = isResumed ? cursor?.series : nil
        let instanceFrom = isResumed ? cursor?.instance : nil
        let done = SearchCursor(tier: tierValue, sortKey: sortKey)
        // Of a study that matches, no series may: that is seen before anything is read that only results need.
        let wanted = query.level == .study ? [] : try wantedSeries(of: study, document)
        guard query.level == .study || !wanted.isEmpty, var result = try rows.study(study), filters.matches(result) else {
            cursor = done
            return
        }
        guard query.level != .study else {
            try rows.addTotals(to: &result)
            return append(result, done)
        }
        for (place, series) in try rows.series(of: result) where place >= seriesFrom ?? place && wanted.contains(place.id) {
            if query.level == .series {
                guard place != seriesFrom else { continue }
                var series = series
                try rows.addSources(to: &series)
                append(series, SearchCursor(tier: tierValue, sortKey: sortKey, series: place))
            } else {
                let start = place == seriesFrom ? instanceFrom : nil
                let room = limit - page.results.count
                for (instancePlace, instance) in try rows.instances(
                    of: series, after: start, only: target?.instance, source: filters.source, limit: room)
                {
                    append(instance, SearchCursor(tier: tierValue, sortKey: sortKey, series: place, instance: instancePlace))
                }
            }
            if page.results.count >= limit { return }
        }
        cursor = done
    }

    /// The row ids of the series of a study that are wanted themselves.
    private func wantedSeries(of study: Int64, _ document: SearchDocumentText?) throws -> Set<Int64> {
        let openTerms = document.map { document in expression.terms.filter { document.tierOfStudy($0) == nil } } ?? []
        var wanted: Set<Int64> = []
        try rows.forEachSeries(of: study, in: filters.source) { series in
            if let only = target?.series, only != series.id { return }
            guard filters.matches(series, reader.folding) else { return }
            if !openTerms.isEmpty {
                let text = SearchText(series.text(reader.folding))
                guard openTerms.allSatisfy({ $0.tier(in: text) != nil }) else { return }
            }
            wanted.insert(series.id)
        }
        return wanted
    }

    private mutating func append(_ result: SearchResult, _ place: SearchCursor) {
        var result = result
        result.cursor = place.encoded(query: fingerprint)
        page.results.append(result)
        cursor = place
    }
}
