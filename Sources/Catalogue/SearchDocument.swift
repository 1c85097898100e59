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
    /// The same for digits, of which three say little.
    static let digitRun = 5
    /// The rest of a longer word is only checked, not indexed.
    static let mostWordScalars = 128

    private static func joined(_ folded: String) -> String {
        String(decoding: folded.utf8.map { $0 == 0x20 ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
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
        if starts.count > SearchToken.mostWordScalars { starts.removeSubrange((SearchToken.mostWordScalars + 1)...) } else { starts.append(bytes.endIndex) }
        let count = starts.count - 1
        for length in 1...SearchToken.mostPrefix where length <= count {
            append(UInt8(ascii: "^"), bytes[..<starts[length]], to: &output)
        }
        appendRuns(of: SearchToken.run, in: bytes, starts, to: &output)
        // Words are of one kind: the first scalar speaks for all.
        if Word.isIdeographic(bytes) {
            appendRuns(of: 1, in: bytes, starts, to: &output)
            appendRuns(of: 2, in: bytes, starts, to: &output)
        } else if count >= SearchToken.digitRun {
            appendRuns(of: SearchToken.digitRun, in: bytes, starts, to: &output) { $0.allSatisfy(Word.isDigit) }
        }
    }

    private static func appendRuns(
        of length: Int, in bytes: ArraySlice<UInt8>, _ starts: [Int], to output: inout [UInt8], where isWanted: (ArraySlice<UInt8>) -> Bool = { _ in true }
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
