/// A query's filters, checked and brought to the form in which they are looked up.
struct SearchFilters {
    /// What the index must have.
    private(set) var tokens = TokenCondition()
    /// The sort keys of the range of dates.
    private(set) var range: ClosedRange<Int64> = 0 ... .max
    /// The row id of the source.
    private(set) var source: Int64?
    /// A filter that nothing can pass.
    private(set) var findsNothing = false

    private var modalities: Set<String> = []
    private var bodyPart: String?
    private var patientID: String?
    private var accessionNumber: String?

    /// - Throws: ``CatalogueError`` (`invalidRequest`).
    init(_ query: SearchQuery, _ sourceNames: [Int64: String], _ folding: TextFolding) throws {
        if let name = query.source {
            guard let id = sourceNames.first(where: { $0.value == name })?.key else {
                throw CatalogueError(
                    code: .invalidRequest, message: "The catalogue has no source of that name",
                    suggestion: "Known sources: \(sourceNames.values.sorted().joined(separator: ", ")).")
            }
            source = id
            tokens.require([SearchToken.source(id)])
        }
        if !query.modalities.isEmpty {
            modalities = Set(query.modalities.map(folding.fold)).subtracting([""])
            findsNothing = modalities.isEmpty
            tokens.all.append(modalities.sorted().map(SearchToken.modality))
        }
        if let bodyPart = query.bodyPart {
            let folded = folding.fold(bodyPart)
            self.bodyPart = folded
            findsNothing = findsNothing || folded.isEmpty
            tokens.require([SearchToken.bodyPart(folded)])
        }
        patientID = query.patientID.map(Self.comparable)
        accessionNumber = query.accessionNumber.map(Self.comparable)
        for identifier in [patientID, accessionNumber] {
            guard let identifier else { continue }
            findsNothing = findsNothing || identifier.isEmpty
            let folded = folding.fold(identifier)
            // Without a letter or digit it has no token, and is compared with every candidate.
            if !folded.isEmpty { tokens.require([SearchToken.identifier(folded)]) }
        }
        // A study without a date is in no range of dates.
        let first = try query.from.map(Self.day) ?? (query.to == nil ? 0 : 1)
        let last = try query.to.map(Self.day) ?? 99_999_999
        if first <= last { range = first << 34...((last + 1) << 34) - 1 } else { findsNothing = true }
        // The index's row ids hold the date as well, but FTS5 looks at them only after it has found something.
        if first > 0, first <= last { tokens.all.append(SearchToken.dates(from: first, to: last)) }
        // The token for what folds to nothing would be no token.
        if findsNothing { tokens = TokenCondition() }
    }

    private static func day(_ text: String) throws -> Int64 {
        guard text.utf8.count == 8, text.utf8.allSatisfy(Word.isDigit), let day = Int64(text) else {
            throw CatalogueError(code: .invalidRequest, message: "A date is not written as YYYYMMDD", suggestion: "Write it like 20240131.")
        }
        return day
    }

    // MARK: What the index does not decide

    /// Whether a study's facets pass, for studies that were not found through the index.
    func matches(facets: String) -> Bool {
        let present = Set(facets.split(separator: " ").map(String.init))
        return tokens.all.allSatisfy { alternatives in
            alternatives.contains { $0.hasPrefix("!") || present.contains($0) }
        }
    }

    /// Whether a study has exactly the identifiers.
    func matches(_ study: SearchResult) -> Bool {
        if let patientID, Self.comparable(study.patientID ?? "") != patientID { return false }
        if let accessionNumber, Self.comparable(study.accessionNumber ?? "") != accessionNumber { return false }
        return true
    }

    /// Whether a series has the modality and body part.
    func matches(_ series: SearchRows.SeriesText, _ folding: TextFolding) -> Bool {
        if !modalities.isEmpty, !modalities.contains(folding.fold(series.modality ?? "")) { return false }
        if let bodyPart, folding.fold(series.bodyPart ?? "") != bodyPart { return false }
        return true
    }

    /// Spaces at the ends have no meaning.
    ///
    /// Source: PS3.5 §6.2.
    private static func comparable(_ identifier: String) -> String {
        let kept = identifier.drop { $0 == " " }
        return String(kept.reversed().drop { $0 == " " }.reversed()).lowercased()
    }
}
