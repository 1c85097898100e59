/// A query's text, understood.
struct SearchExpression: Hashable {
    /// What must occur, each once.
    var terms: [SearchTerm] = []
    /// There is text, but nothing that could occur.
    var findsNothing = false

    /// More are not looked at: no person types them, and each costs time.
    static let mostTerms = 32

    /// Understands any text.
    init(_ text: String, folding: TextFolding) {
        var isEmpty = true
        var hasStar = false
        for part in Self.parts(of: text) {
            isEmpty = false
            guard terms.count < Self.mostTerms else { break }
            switch part {
            case .quoted(let text, let isClosed):
                let words = folding.fold(text).utf8.split(separator: 0x20).map { [SearchTerm.Piece.text(Array($0))] }
                if !words.isEmpty { add(SearchTerm(words: words, opensWord: true, closesWord: isClosed, isLiteral: true)) }
            case .plain(let text):
                hasStar = hasStar || text.contains("*")
                if let term = Self.term(text, folding) { add(term) }
            }
        }
        // A lone star asks for everything; a lone dash or quote for something that no text has.
        findsNothing = terms.isEmpty && !isEmpty && !hasStar
    }

    private mutating func add(_ term: SearchTerm) {
        if !terms.contains(term) { terms.append(term) }
    }

    private enum Part {
        case plain(String)
        case quoted(String, isClosed: Bool)
    }

    private static func parts(of text: String) -> [Part] {
        var parts: [Part] = []
        var present = String.UnicodeScalarView()
        var isQuoted = false
        func finish(isClosed: Bool) {
            if isQuoted {
                parts.append(.quoted(String(present), isClosed: isClosed))
            } else if !present.isEmpty {
                parts.append(.plain(String(present)))
            }
            present = String.UnicodeScalarView()
        }
        // Bounded, as folding is: what comes later is not looked at.
        for scalar in text.unicodeScalars.prefix(TextFolding.mostScalars) {
            if scalar == "\"" || scalar == "\u{201c}" || scalar == "\u{201d}" {
                finish(isClosed: true)
                isQuoted.toggle()
            } else if !isQuoted, scalar.properties.isWhitespace {
                finish(isClosed: true)
            } else {
                present.append(scalar)
            }
        }
        finish(isClosed: false)
        return parts
    }

    private static func term(_ text: String, _ folding: TextFolding) -> SearchTerm? {
        let pieces = pieces(of: text, folding)
        let words = pieces.split { $0 == nil }.map { $0.compactMap(\.self) }
        // Nothing but stars holds for every word.
        guard words.contains(where: { $0.contains { $0 != .many } }) else { return nil }
        let isLiteral = words.allSatisfy { $0.count == 1 && $0[0] != .one && $0[0] != .many }
        guard isLiteral, case .text(let first) = words[0][0] else {
            return SearchTerm(words: words, opensWord: true, closesWord: true, isLiteral: false)
        }
        let opensWord = words.count == 1 && first.count { $0 & 0xc0 != 0x80 } < SearchToken.run && !Word.isIdeographic(first)
        return SearchTerm(words: words, opensWord: opensWord, closesWord: false, isLiteral: true)
    }

    /// The pieces of words; nil between two words.
    private static func pieces(of text: String, _ folding: TextFolding) -> [SearchTerm.Piece?] {
        var pieces: [SearchTerm.Piece?] = []
        var run = String.UnicodeScalarView()
        func finish() {
            guard !run.isEmpty else { return }
            if let first = run.first, folding.beginsWithSeparator(first) { pieces.append(nil) }
            for (index, word) in folding.fold(String(run)).utf8.split(separator: 0x20).enumerated() {
                if index > 0 { pieces.append(nil) }
                pieces.append(.text(Array(word)))
            }
            if let last = run.last, folding.endsWithSeparator(last) { pieces.append(nil) }
            run = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "*", "\u{ff0a}":
                finish()
                if pieces.last != .some(.many) { pieces.append(.many) }
            case "?", "\u{ff1f}":
                finish()
                pieces.append(.one)
            default: run.append(scalar)
            }
        }
        finish()
        return pieces
    }
}
