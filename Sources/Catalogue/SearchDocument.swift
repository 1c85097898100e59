/// What can be found of one study: folded text, one value a line, kept beside the index so that a candidate can be checked against it
/// and so that the index entry can be taken back.
struct SearchDocument: Hashable {
    /// The patient's name, all component groups.
    var names = ""
    /// Patient ID, accession number and study ID.
    var identifiers = ""
    /// The study's other text.
    var studyText = ""
    /// Text of its series; each value once.
    var seriesText = ""
    /// Tokens for exact filters, separated by spaces.
    var facets = ""
}

/// The tokens of the full-text index.
///
/// The index holds no positions: each token says yes or no for a study, so every query is an AND, OR or NOT of tokens, and streams
/// in the order of the row ids. A first character that no folded text has tells the families apart.
enum SearchToken {
    /// A word of any field.
    static func word(_ word: some StringProtocol) -> String { "=\(word)" }
    /// A word of the patient's name.
    static func name(_ word: some StringProtocol) -> String { "@\(word)" }
    /// How words begin: 1 to ``mostPrefix`` scalars.
    static func prefix(_ start: some StringProtocol) -> String { "^\(start)" }
    /// A whole patient ID, accession number or study ID, folded.
    static func identifier(_ folded: String) -> String { "!" + joined(folded) }
    /// A modality, folded.
    static func modality(_ folded: String) -> String { "#" + joined(folded) }
    /// A body part, folded.
    static func bodyPart(_ folded: String) -> String { "%" + joined(folded) }
    /// A source's row id.
    static func source(_ id: Int64) -> String { "~\(id)" }

    /// How long indexed prefixes are.
    static let mostPrefix = 4
    /// How long runs of characters are, taken anywhere in a word.
    static let run = 3
    /// The same for runs with a digit, of which three characters say little: numbers look alike.
    static let digitRun = 4
    /// The rest of a longer word is only checked, not indexed.
    static let mostWordScalars = 128

    private static func joined(_ folded: String) -> String {
        String(decoding: folded.utf8.map { $0 == 0x20 ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}

/// Tokens for study dates: decades, years and months, as the first 3, 4 or 6 digits of YYYYMMDD, so that any range is a few tokens.
extension SearchToken {
    /// Years of which each has a token; the others are together `early` and `late`.
    private static let years: ClosedRange<Int64> = 1970...2099
    private static let early = "$early"
    private static let late = "$late"

    /// The tokens of a study of this date; none for 0, which stands for no date.
    static func dates(of day: Int64) -> [String] {
        let year = day / 10_000
        guard day > 0 else { return [] }
        guard years.contains(year) else { return [year < years.lowerBound ? early : late] }
        return ["$\(year / 10)", "$\(year)", "$\(month(of: day))"]
    }

    /// A date's year and month as a number. What is no month counts as the first or last one.
    private static func month(of day: Int64) -> Int64 { day / 10_000 * 100 + min(max(day / 100 % 100, 1), 12) }

    /// Tokens of which every study in the range of dates has one; the first and last months are there as a whole.
    static func dates(from first: Int64, to last: Int64) -> [String] {
        var tokens: [String] = []
        if first / 10_000 < years.lowerBound { tokens.append(early) }
        if last / 10_000 > years.upperBound { tokens.append(late) }
        let earliest = years.lowerBound * 100
        let months = max(month(of: first), earliest)...max(month(of: last), earliest)
        var year = months.lowerBound / 100
        while year <= min(months.upperBound / 100, years.upperBound) {
            let isWhole = months.lowerBound <= year * 100 + 1 && months.upperBound >= year * 100 + 12
            if isWhole, year % 10 == 0, months.upperBound >= (year + 9) * 100 + 12 {
                tokens.append("$\(year / 10)")
                year += 10
                continue
            }
            tokens += isWhole ? ["$\(year)"] : (1...12).map { year * 100 + $0 }.filter(months.contains).map { "$\($0)" }
            year += 1
        }
        return tokens.isEmpty ? [early] : tokens
    }
}

extension SearchDocument {
    /// The tokens, separated by spaces; equal documents give equal tokens.
    var tokens: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(4_096)
        var seen: Set<ArraySlice<UInt8>> = []
        for text in [names, identifiers, studyText, seriesText] {
            for word in Self.words(of: text) where seen.insert(word).inserted { Self.append(word: word, to: &output) }
        }
        seen.removeAll(keepingCapacity: true)
        for word in Self.words(of: names) where seen.insert(word).inserted { Self.append(UInt8(ascii: "@"), word, to: &output) }
        for value in identifiers.split(separator: "\n") {
            output.append(contentsOf: SearchToken.identifier(String(value)).utf8)
            output.append(0x20)
        }
        output.append(contentsOf: facets.utf8)
        return output
    }

    private static func words(of text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split { $0 == 0x20 || $0 == 0x0a }
    }

    private static func append(_ mark: UInt8?, _ text: some Sequence<UInt8>, to output: inout [UInt8]) {
        if let mark { output.append(mark) }
        output.append(contentsOf: text)
        output.append(0x20)
    }

    private static func append(word bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        append(UInt8(ascii: "="), bytes, to: &output)
        // Where each scalar begins, and the end.
        var starts = bytes.indices.filter { bytes[$0] & 0xc0 != 0x80 }
        if starts.count > SearchToken.mostWordScalars {
            starts.removeSubrange((SearchToken.mostWordScalars + 1)...)
        } else {
            starts.append(bytes.endIndex)
        }
        let count = starts.count - 1
        for length in 1...SearchToken.mostPrefix where length <= count {
            append(UInt8(ascii: "^"), bytes[..<starts[length]], to: &output)
        }
        appendRuns(of: SearchToken.run, in: bytes, starts, to: &output)
        // Words are of one kind: the first scalar speaks for all.
        if Word.isIdeographic(bytes) {
            appendRuns(of: 1, in: bytes, starts, to: &output)
            appendRuns(of: 2, in: bytes, starts, to: &output)
        } else if bytes.contains(where: Word.isDigit) {
            appendRuns(of: SearchToken.digitRun, in: bytes, starts, to: &output) { $0.contains(where: Word.isDigit) }
        }
    }

    private static func appendRuns(
        of length: Int, in bytes: ArraySlice<UInt8>, _ starts: [Int], to output: inout [UInt8],
        where isWanted: (ArraySlice<UInt8>) -> Bool = { _ in true }
    ) {
        guard starts.count > length else { return }
        for first in 0..<(starts.count - length) {
            let slice = bytes[starts[first]..<starts[first + length]]
            if isWanted(slice) { append(nil, slice, to: &output) }
        }
    }
}

/// What is known of a folded word from its bytes.
enum Word {
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Whether a folded word is written in characters of which each counts as one.
    static func isIdeographic(_ word: some Collection<UInt8>) -> Bool {
        guard let first = word.first, first >= 0xe1 else { return false }
        return String(decoding: word.prefix(4), as: UTF8.self).unicodeScalars.first.map { TextFolding.isIdeographic($0.value) } ?? false
    }
}
