/// What a result of a search stands for.
public enum SearchLevel: String, Sendable, CaseIterable {
    case study, series, instance
}

/// The order of results.
public enum SearchOrder: String, Sendable, CaseIterable {
    /// Newest study first; studies without a date last.
    case date
    /// By tiers (an identifier; words of the patient's name; beginnings of words; parts of words), within a tier newest first.
    ///
    /// Tiers are properties of a study alone, so pages do not shift while others are indexed.
    case relevance
}

/// What to search for. All conditions must hold.
public struct SearchQuery: Sendable, Hashable {
    /// What a person typed; empty for everything.
    ///
    /// Words separated by spaces, all of which must occur, in any order. A word matches the beginning of a word or, from three characters on (in Chinese,
    /// Japanese and Korean from one), any part of one. Upper and lower case, diacritics and widths are the same. `"…"` asks for whole
    /// words in this order; `*` and `?` stand for any characters and for one within a whole word. A UID finds exactly what it names. Any
    /// text is allowed; one without a letter or digit finds nothing.
    public var text: String
    public var level: SearchLevel
    /// The series' modality is one of these; at study level: a series has one of these. Empty: any.
    public var modalities: [String]
    /// The first study date, YYYYMMDD.
    public var from: String?
    /// The last study date, YYYYMMDD.
    public var to: String?
    /// The whole patient ID; upper and lower case are the same.
    public var patientID: String?
    /// The whole accession number; upper and lower case are the same.
    public var accessionNumber: String?
    /// The body part examined of the series; at study level: of one of its series.
    public var bodyPart: String?
    /// The name of a source that holds files of it.
    public var source: String?
    public var order: SearchOrder
    /// How many results a page has at most; 1 to ``mostLimit``.
    public var limit: Int
    /// The cursor of the result after which to continue.
    public var after: String?
    /// How many studies a call may look at, so that its time is bounded whatever is asked: a page may then have fewer results than `limit`,
    /// also none, and still a cursor.
    public var mostExamined: Int

    /// The most that ``limit`` may be.
    public static let mostLimit = 1_000

    public init(
        text: String = "", level: SearchLevel = .series, modalities: [String] = [], from: String? = nil, to: String? = nil,
        patientID: String? = nil,
        accessionNumber: String? = nil, bodyPart: String? = nil, source: String? = nil, order: SearchOrder = .date, limit: Int = 50,
        after: String? = nil, mostExamined: Int = .max
    ) {
        self.text = text
        self.level = level
        self.modalities = modalities
        self.from = from
        self.to = to
        self.patientID = patientID
        self.accessionNumber = accessionNumber
        self.bodyPart = bodyPart
        self.source = source
        self.order = order
        self.limit = limit
        self.after = after
        self.mostExamined = mostExamined
    }
}

/// A page of results.
public struct SearchPage: Sendable, Hashable {
    public var results: [SearchResult]
    /// Where to continue; nil when there is no more.
    public var cursor: String?
}
