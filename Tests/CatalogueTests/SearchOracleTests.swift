import Testing

@testable import Catalogue

/// Random small catalogues and random queries, against a matcher that looks at every study.
@Suite struct SearchOracleTests {
    @Test(arguments: [UInt64](1...12)) func `search finds exactly what looking at every study finds`(_ seed: UInt64) throws {
        var random = OracleRandom(seed: seed)
        let fixture = try SearchFixture()
        for _ in 0..<60 { try fixture.add(random.study()) }
        for _ in 0..<15 {
            let id = random.one(fixture.studies.keys.sorted())
            if random.below(2) == 0 { try fixture.move(id, to: random.date()) } else { try fixture.remove(id) }
        }
        let reader = try fixture.reader()
        let oracle = SearchOracle(fixture)
        var answered = 0
        for _ in 0..<150 {
            let (query, terms) = random.query()
            let expected = oracle.results(query, terms)
            let found = try fixture.all(query, reader).map(SearchOracle.key)
            #expect(found == expected, "seed \(seed): \(query)")
            if !expected.isEmpty { answered += 1 }
        }
        // An oracle that is only asked for what is not there tells nothing.
        #expect(answered > 40, "seed \(seed)")
    }
}

/// What a term of a random query asks for, known without understanding its text.
enum OracleTerm {
    case plain(String)
    case phrase([String])
    case pattern(String)

    var text: String {
        switch self {
        case .plain(let text), .pattern(let text): text
        case .phrase(let words): "\"" + words.joined(separator: " ") + "\""
        }
    }
}

struct OracleRandom {
    private var state: UInt64
    // Few letters and words, so that things meet.
    private static let words = [
        "Meier", "Meyer", "Mei", "Ann", "Anna", "Hanna", "Ng", "Li", "Thorax", "Thoraxial", "CT", "MR", "a", "Müller", "Øst", "nan", "anan",
        "1.5T", "AB-12", "2024", "20245",
        "山田", "田山", "山", "山田太郎", "ヤマダ", "김희중", "O'Neil", "x-ray", "頭部CT", "ct",
    ]

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % bound
    }

    mutating func one<Value>(_ list: [Value]) -> Value { list[below(list.count)] }

    mutating func text(_ most: Int) -> String? {
        below(5) == 0 ? nil : (0...below(most)).map { _ in one(Self.words) }.joined(separator: one([" ", "^", "=", " - "]))
    }

    mutating func date() -> String? {
        one([nil, "20240101", "20240115", "20240131", "20231231", "20230615", "19691231", "20990101", "21000101", "20241301", "20240001"])
    }

    mutating func study() -> SearchFixture.Study {
        var study = SearchFixture.Study(
            name: text(3), patientID: one(["P1", "p1", "AB-12", "ab 12", "12", "", "Meier"]), date: date(),
            accession: one([nil, "A1", "a1", "A-1", "20245"]), description: text(3),
            studyID: one([nil, "1", "CT"]), referring: below(4) == 0 ? text(2) : nil, series: [])
        for number in 0...below(3) {
            study.series.append(
                SearchFixture.Series(
                    modality: one([nil, "CT", "MR", "US"]), description: text(2), protocolName: below(3) == 0 ? text(1) : nil,
                    bodyPart: one([nil, "HEAD", "Head", "CHEST"]),
                    number: below(4) == 0 ? nil : Int64(3 - number), source: Int64(1 + below(2)), instances: 1 + below(2)))
        }
        return study
    }

    mutating func query() -> (SearchQuery, [OracleTerm]) {
        var terms: [OracleTerm] = []
        for _ in 0..<below(4) { terms.append(term()) }
        var query = SearchQuery(text: terms.map(\.text).joined(separator: " "), level: one(SearchLevel.allCases), limit: 1 + below(20))
        query.order = one(SearchOrder.allCases)
        if below(4) == 0 { query.modalities = one([["CT"], ["mr", "US"], ["XX"]]) }
        if below(4) == 0 { query.from = one(["20240101", "20231201", "19000101", "20240102"]) }
        if below(4) == 0 { query.to = one(["20240131", "20240114", "20231231", "99991231", "20241231"]) }
        if below(6) == 0 { query.patientID = one(["P1", "ab-12", "12 "]) }
        if below(6) == 0 { query.accessionNumber = one(["A1", "A-1"]) }
        if below(5) == 0 { query.bodyPart = one(["HEAD", "chest"]) }
        if below(5) == 0 { query.source = one(["archive", "local"]) }
        return (query, terms)
    }

    private mutating func term() -> OracleTerm {
        let folded = TextFolding().fold(one(Self.words))
        let word = one(folded.split(separator: " ").map(String.init))
        let scalars = Array(word.unicodeScalars)
        func string(_ part: some Sequence<Unicode.Scalar>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: part)
            return String(view)
        }
        let start = below(scalars.count)
        let length = 1 + below(scalars.count - start)
        switch below(6) {
        case 0: return .plain(string(scalars[start..<(start + length)]))
        case 1: return .plain(string(scalars.prefix(length)))
        case 2: return .plain(word)
        case 3: return .plain(one(["AB-12", "x-ray", "1.5", "b-1", "頭部CT", "部ct", "meier^ann", "mei-an"]))
        case 4: return .phrase((0...below(2)).map { _ in one(Self.words).lowercased() })
        default:
            let replaced =
                string(scalars[..<start]) + one(["*", "?", "*?"]) + string(scalars[(start + below(scalars.count - start + 1))...])
            return .pattern(replaced == "*" ? "m*" : replaced)
        }
    }
}

/// Looks at every study, series and instance that was written.
struct SearchOracle {
    private let fixture: SearchFixture
    private let folding = TextFolding()

    init(_ fixture: SearchFixture) { self.fixture = fixture }

    static func key(_ result: SearchResult) -> String {
        [result.studyInstanceUID, result.seriesInstanceUID, result.sopInstanceUID].compactMap(\.self).last ?? ""
    }

    func results(_ query: SearchQuery, _ terms: [OracleTerm]) -> [String] {
        var found: [(tier: Int, sortKey: Int64, keys: [String])] = []
        for (id, study) in fixture.studies {
            let sortKey = SearchFixture.sortKey(study.date, id)
            guard passes(study, sortKey >> 34, query) else { continue }
            let names = values([study.name])
            let identifiers = values([study.patientID, study.accession, study.studyID])
            let own = names + identifiers + values([study.description, study.referring])
            let all = own + study.series.flatMap(values)
            guard terms.allSatisfy({ matches($0, all, fromStart: false) }) else { continue }
            let wanted = study.series.enumerated().filter { _, series in
                isWanted(series, query)
                    && terms.allSatisfy { matches($0, own, fromStart: false) || matches($0, values(series), fromStart: false) }
            }
            let facets = query.level != .study || isWantedStudy(study, query)
            guard facets else { continue }
            found.append(
                (tier(query, terms, names, identifiers, all), sortKey, keys(id, wanted.map { ($0.offset, $0.element) }, query.level)))
        }
        let isByTier = query.order == .relevance && !terms.isEmpty
        return found.sorted { left, right in
            isByTier && left.tier != right.tier ? left.tier < right.tier : left.sortKey > right.sortKey
        }.flatMap(\.keys)
    }

    private func keys(_ study: Int64, _ wanted: [(Int, SearchFixture.Series)], _ level: SearchLevel) -> [String] {
        guard level != .study else { return ["1.2.3.\(study)"] }
        return wanted.sorted { ($0.1.number ?? .max, $0.0) < ($1.1.number ?? .max, $1.0) }.flatMap { offset, series in
            let key = "1.2.3.\(study).\(study * 1_000 + Int64(offset))"
            return level == .series ? [key] : (1...series.instances).map { "\(key).\($0)" }
        }
    }

    // MARK: Filters

    private func passes(_ study: SearchFixture.Study, _ day: Int64, _ query: SearchQuery) -> Bool {
        if query.from != nil || query.to != nil, day == 0 { return false }
        if let from = query.from.flatMap({ Int64($0) }), day < from { return false }
        if let to = query.to.flatMap({ Int64($0) }), day > to { return false }
        if let id = query.patientID, study.patientID.lowercased() != id.lowercased().split(separator: " ").joined(separator: " ") {
            return false
        }
        if let number = query.accessionNumber, (study.accession ?? "").lowercased() != number.lowercased() { return false }
        return true
    }

    private func isWantedStudy(_ study: SearchFixture.Study, _ query: SearchQuery) -> Bool {
        (query.modalities.isEmpty || study.series.contains { hasModality($0, query) })
            && (query.bodyPart == nil || study.series.contains { hasBodyPart($0, query) })
            && (query.source == nil || study.series.contains { isInSource($0, query) })
    }

    private func isWanted(_ series: SearchFixture.Series, _ query: SearchQuery) -> Bool {
        hasModality(series, query) && hasBodyPart(series, query) && isInSource(series, query)
    }

    private func hasModality(_ series: SearchFixture.Series, _ query: SearchQuery) -> Bool {
        query.modalities.isEmpty || query.modalities.contains { $0.lowercased() == series.modality?.lowercased() }
    }

    private func hasBodyPart(_ series: SearchFixture.Series, _ query: SearchQuery) -> Bool {
        query.bodyPart == nil || query.bodyPart?.lowercased() == series.bodyPart?.lowercased()
    }

    private func isInSource(_ series: SearchFixture.Series, _ query: SearchQuery) -> Bool {
        query.source == nil || query.source == (series.source == 1 ? "archive" : "local")
    }

    // MARK: Text

    /// Each value as its words.
    private func values(_ texts: [String?]) -> [[String]] {
        texts.compactMap { $0 }.map { folding.fold($0).split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
    }

    private func values(_ series: SearchFixture.Series) -> [[String]] {
        values([series.modality, series.bodyPart, series.description, series.protocolName])
    }

    private func tier(_ query: SearchQuery, _ terms: [OracleTerm], _ names: [[String]], _ identifiers: [[String]], _ all: [[String]]) -> Int
    {
        let isLiteral = terms.allSatisfy { if case .pattern = $0 { false } else { true } }
        if isLiteral, !terms.isEmpty, identifiers.contains(folding.fold(query.text).split(separator: " ").map(String.init)) { return 0 }
        let tiers = terms.map { term -> Int in
            if case .pattern = term {
            } else {
                if folding.fold(term.text).split(separator: " ").allSatisfy({ word in names.joined().contains(String(word)) }) { return 1 }
            }
            return matches(term, all, fromStart: true) ? 2 : 3
        }
        return tiers.max() ?? 1
    }

    private func matches(_ term: OracleTerm, _ values: [[String]], fromStart: Bool) -> Bool {
        switch term {
        case .phrase(let words):
            let wanted = folding.fold(words.joined(separator: " ")).split(separator: " ").map(String.init)
            return values.contains { value in value.indices.contains { Array(value[$0...].prefix(wanted.count)) == wanted } }
        case .pattern(let pattern):
            return values.joined().contains { Self.glob(Array(pattern.unicodeScalars)[...], Array($0.unicodeScalars)[...]) }
        case .plain(let text):
            let wanted = folding.fold(text)
            let first = wanted.unicodeScalars.first.map { TextFolding.isIdeographic($0.value) } ?? false
            let needsStart = fromStart || (wanted.unicodeScalars.count < 3 && !first)
            return values.contains { value in
                let line = " " + value.joined(separator: " ") + " "
                return line.contains(scalars: needsStart ? " " + wanted : wanted)
            }
        }
    }

    private static func glob(_ pattern: ArraySlice<Unicode.Scalar>, _ word: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return word.isEmpty }
        if first == "*" { return glob(pattern.dropFirst(), word) || (!word.isEmpty && glob(pattern, word.dropFirst())) }
        guard let letter = word.first, first == "?" || first == letter else { return false }
        return glob(pattern.dropFirst(), word.dropFirst())
    }
}

extension String {
    /// Whether the scalars of `other` occur, without regard to characters that they are part of.
    fileprivate func contains(scalars other: String) -> Bool {
        let (all, wanted) = (Array(unicodeScalars), Array(other.unicodeScalars))
        guard wanted.count <= all.count else { return false }
        return (0...(all.count - wanted.count)).contains { Array(all[$0..<($0 + wanted.count)]) == wanted }
    }
}
