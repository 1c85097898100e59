/// A condition on tokens in which every match of a query is found, though not every find is a match.
///
/// Written out in FTS5's query language, whose strings can hold any of our tokens: none has a quote, and each is one token for the tokenizer.
struct TokenCondition: Hashable {
    /// One of each must be there.
    var all: [[String]] = []
    /// Not all of these may be there; nothing is excluded when empty.
    var butNotAll: [String] = []

    /// The FTS5 query; nil when every study is a candidate.
    var fullTextQuery: String? {
        guard !all.isEmpty else { return nil }
        // Long tokens are rare ones: an AND steps from one find of its first operand to the next.
        let ordered = all.sorted { ($0.first?.utf8.count ?? 0, $1.first ?? "") > ($1.first?.utf8.count ?? 0, $0.first ?? "") }
        let wanted = ordered.map { "(" + $0.map(Self.quoted).joined(separator: " OR ") + ")" }.joined(separator: " AND ")
        guard !butNotAll.isEmpty else { return wanted }
        return "(\(wanted)) NOT (\(butNotAll.map(Self.quoted).joined(separator: " AND ")))"
    }

    private static func quoted(_ token: String) -> String { "\"\(token)\"" }

    /// Adds tokens, each of which must be there.
    mutating func require(_ tokens: some Sequence<String>) {
        for token in tokens where !all.contains([token]) { all.append([token]) }
    }
}

extension SearchExpression {
    /// More tokens than this narrow nothing down any more, and each costs time.
    private static let mostTokens = 24

    /// Where studies that match are found, whatever their tier.
    func condition(_ filters: TokenCondition) -> TokenCondition {
        var condition = filters
        condition.require(terms.flatMap { $0.tokens(fromWordStart: false) }.prefix(Self.mostTokens))
        return condition
    }

    /// Where studies of a tier are found; nil when there can be none.
    func condition(of tier: SearchTerm.Tier, folded text: String, _ filters: TokenCondition) -> TokenCondition? {
        let isLiteral = terms.allSatisfy(\.isLiteral)
        let words = terms.flatMap(\.literalWords)
        var condition = filters
        switch tier {
        case .identifier:
            guard isLiteral, !text.isEmpty else { return nil }
            condition.require([SearchToken.identifier(text)])
        case .name:
            guard isLiteral else { return nil }
            condition.require(words.map(SearchToken.name).prefix(Self.mostTokens))
        case .prefix:
            condition.require(terms.flatMap { $0.tokens(fromWordStart: true) }.prefix(Self.mostTokens))
            if isLiteral, words.count <= Self.mostTokens { condition.butNotAll = words.map(SearchToken.name) }
        case .part:
            guard terms.contains(where: { !$0.opensWord }) else { return nil }
            condition.require(terms.flatMap { $0.tokens(fromWordStart: false) }.prefix(Self.mostTokens))
            // Where every word stands whole, the tier is a better one. Of several neighbouring words that would not follow.
            if isLiteral, terms.allSatisfy({ $0.words.count == 1 }), words.count <= Self.mostTokens {
                condition.butNotAll = words.map(SearchToken.word)
            }
        }
        return condition
    }
}

extension SearchTerm {
    /// The words of a term without wildcards.
    var literalWords: [String] {
        words.compactMap { pattern in
            guard pattern.count == 1, case .text(let text) = pattern[0] else { return nil }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Tokens that every study has in which the term occurs, most telling first; with `fromWordStart`, in which it begins a word.
    func tokens(fromWordStart: Bool) -> [String] {
        words.enumerated().flatMap { index, pattern in
            Self.tokens(
                pattern, opens: index > 0 || opensWord || fromWordStart, closes: index < words.count - 1 || closesWord)
        }
    }

    private static func tokens(_ pattern: [Piece], opens: Bool, closes: Bool) -> [String] {
        var tokens: [String] = []
        for (index, piece) in pattern.enumerated() {
            guard case .text(let text) = piece else { continue }
            let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
            guard scalars.count <= SearchToken.mostWordScalars / 2 else {
                // The index may have only the beginning of such a word.
                if opens, index == 0 { tokens.append(SearchToken.prefix(string(scalars.prefix(SearchToken.mostPrefix)))) }
                continue
            }
            if opens, closes, pattern.count == 1 { return [SearchToken.word(string(scalars[...]))] }
            if opens, index == 0 {
                tokens.append(SearchToken.prefix(string(scalars.prefix(SearchToken.mostPrefix))))
                if scalars.count <= SearchToken.mostPrefix { continue }
            }
            tokens += runs(scalars)
        }
        return tokens
    }

    private static func runs(_ scalars: [Unicode.Scalar]) -> [String] {
        if TextFolding.isIdeographic(scalars[0].value), scalars.count < SearchToken.run { return [string(scalars[...])] }
        // Every other run, and the last: each costs time to look up, and neighbours say nearly the same.
        var runs: [String] = []
        var start = 0
        while start + SearchToken.run <= scalars.count {
            let digits = scalars[start...].prefix(SearchToken.digitRun)
            if digits.count == SearchToken.digitRun, digits.contains(where: { ("0"..."9").contains($0) }) {
                runs.append(string(digits))
            } else {
                runs.append(string(scalars[start..<(start + SearchToken.run)]))
            }
            let last = scalars.count - SearchToken.run
            start = start < last ? min(start + 2, last) : last + 1
        }
        return runs
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
