internal import Catalogue

/// The queries that are measured.
enum Workload {
    struct Row {
        var name: String
        var queries: [SearchQuery]
        /// Whether a person's typing makes such queries.
        var isTyping = true
    }

    /// What people type: names, identifiers, descriptions, in several scripts.
    private static let typed = [
        "müller anna", "meier thorax", "schmidt", "o'neill john", "yamada tarou", "山田太郎", "やまだ", "김길동", "wang xiaodong", "ng",
        "kowalski ct",
        "ct thorax mit km", "mri brain", "röntgen knie", "A20191234567", "P-10048271", "1004827", "dose report", "portal venous 3.0",
        "t2_tse_sag",
        "chevalier lefevre", "kamiński łukasz", "østergard", "barelo", "zaveko anna", "klinikum musterstadt", "head routine notfall",
        "thyroid",
    ]

    /// A query for each keystroke.
    private static func keystrokes(_ change: (inout SearchQuery) -> Void = { _ in }) -> [SearchQuery] {
        typed.flatMap { text in
            text.indices.map { end in
                var query = SearchQuery(text: String(text[...end]))
                change(&query)
                return query
            }
        }
    }

    private static func queries(_ texts: [String], _ change: (inout SearchQuery) -> Void = { _ in }) -> [SearchQuery] {
        texts.map { text in
            var query = SearchQuery(text: text)
            change(&query)
            return query
        }
    }

    private static let letters = "abcdefghijklmnopqrstuvwxyz0123456789".map(String.init)
    private static let common = ["thorax", "ct", "axial", "example hospital", "chest routine", "2019", "10"]

    static let rows: [Row] = [
        Row(name: "every keystroke, by date", queries: keystrokes()),
        Row(name: "every keystroke, by relevance", queries: keystrokes { $0.order = .relevance }),
        Row(name: "every keystroke, studies", queries: keystrokes { $0.level = .study }),
        Row(name: "every keystroke, modality NM", queries: keystrokes { $0.modalities = ["NM"] }),
        Row(name: "every keystroke, one month", queries: keystrokes { ($0.from, $0.to) = ("20190301", "20190331") }),
        Row(
            name: "every keystroke, by relevance, rare modality, body part and month",
            queries: keystrokes {
                ($0.order, $0.modalities, $0.bodyPart, $0.from, $0.to) = (.relevance, ["ES"], "ANKLE", "20190301", "20190331")
            }),
        Row(name: "one letter or digit", queries: queries(letters)),
        Row(name: "one letter or digit, by relevance", queries: queries(letters) { $0.order = .relevance }),
        Row(name: "a common word", queries: queries(common)),
        Row(name: "a common word, by relevance", queries: queries(common) { $0.order = .relevance }),
        Row(
            name: "a common word, two rare modalities, old date",
            queries: queries(common) { ($0.modalities, $0.to) = (["OP", "ES"], "20160601") }),
        Row(name: "nothing typed", queries: queries([""])),
        Row(
            name: "nothing typed, rare modality and body part", queries: queries([""]) { ($0.modalities, $0.bodyPart) = (["ES"], "ANKLE") }),
        Row(
            name: "common words that exclude each other",
            queries: queries(["ct thorax"], { $0.modalities = ["MR"] }) + queries(["mprage topogram"])),
        Row(name: "wildcards", queries: queries(["mei*r", "*son", "m?ller", "sch* anna", "t*x", "*feld"]), isTyping: false),
        Row(
            name: "quoted phrases", queries: queries(["\"ct thorax\"", "\"thorax ct\"", "\"ng peter\"", "\"w o contrast\""]),
            isTyping: false),
        Row(name: "a UID", queries: queries(["1.2.826.0.1.3680043.10.1234", "1.2.826.0.1.3680043.10.99999.1"])),
        Row(
            name: "half words that nothing has",
            queries: queries(["anananan", "thoraxial", "sonsonson", "rinadrin", "00110011", "9876598765"]),
            isTyping: false),
        Row(name: "not indexable: *q*, *zz*, ?", queries: queries(["*q*", "*zz*", "?"]), isTyping: false),
        Row(
            name: "the same, at most 2,000 examined", queries: queries(["*q*", "*zz*", "?"]) { $0.mostExamined = 2_000 }, isTyping: false),
    ]
}
