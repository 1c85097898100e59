/// What one word, phrase or pattern of a query asks for: that consecutive words of a value match.
///
/// Matching is exact and is done on a document's folded text; the index only proposes candidates, by tokens that every match must have.
struct SearchTerm: Hashable {
    /// One piece of a pattern for a word.
    enum Piece: Hashable {
        case text([UInt8])
        /// One character.
        case one
        /// Any number of characters.
        case many
    }

    /// A pattern for each of the consecutive words; none is empty.
    var words: [[Piece]]
    /// The first pattern's match begins a word. Otherwise it may stand anywhere in it.
    var opensWord: Bool
    /// The last pattern's match ends a word.
    var closesWord: Bool
    /// Whether it was written without wildcards.
    var isLiteral: Bool

    /// How well a document answers a term or a whole query; less is better.
    enum Tier: Int64, CaseIterable, Comparable {
        /// The text is the patient ID, accession number or study ID, or a UID.
        case identifier
        /// Whole words of the patient's name.
        case name
        /// Beginnings of words.
        case prefix
        /// Parts of words.
        case part

        static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
    }
}

// MARK: - Matching

extension SearchTerm {
    /// Whether the term occurs in `text`, and whether where a word begins.
    func tier(in text: SearchText) -> Tier? {
        if let literal = onlyLiteral { return tier(of: literal, in: text) }
        if matches(text, fromWordStart: true) { return .prefix }
        return !opensWord && matches(text, fromWordStart: false) ? .part : nil
    }

    /// Whether each word of the term is a whole word of the patient's name.
    func isName(in names: SearchText) -> Bool {
        guard isLiteral else { return false }
        return words.allSatisfy { pattern in
            guard case .text(let word) = pattern[0] else { return false }
            return names.contains(word) { $0 && $1 }
        }
    }

    /// The text of a term that is one word without wildcards: the usual one.
    private var onlyLiteral: [UInt8]? {
        guard isLiteral, words.count == 1, case .text(let text) = words[0][0] else { return nil }
        return text
    }

    private func tier(of literal: [UInt8], in text: SearchText) -> Tier? {
        var isPart = false
        let isPrefix = text.contains(literal) { startsWord, endsWord in
            guard endsWord || !closesWord else { return false }
            isPart = isPart || !opensWord
            return startsWord
        }
        return isPrefix ? .prefix : isPart ? .part : nil
    }

    private func matches(_ text: SearchText, fromWordStart: Bool) -> Bool {
        // Where its longest text does not occur, nothing of it does: that is quickly seen.
        let texts = words.joined().compactMap { piece -> [UInt8]? in if case .text(let text) = piece { text } else { nil } }
        if let longest = texts.max(by: { $0.count < $1.count }), !text.contains(longest, where: { _, _ in true }) { return false }
        let found = text.words
        guard found.count >= words.count else { return false }
        return found.indices.dropLast(words.count - 1).contains { first in
            for (offset, pattern) in words.enumerated() {
                let word = found[first + offset]
                // A value's last word and the next value's first are no neighbours.
                if offset > 0, word.opensValue { return false }
                let opens = offset > 0 || fromWordStart
                let closes = offset < words.count - 1 || closesWord
                guard Self.matches(pattern[...], text.bytes[word.range], opens: opens, closes: closes) else { return false }
            }
            return true
        }
    }

    /// Whether a pattern matches a word, in time proportional to the product of their lengths at worst.
    private static func matches(_ pattern: ArraySlice<Piece>, _ word: ArraySlice<UInt8>, opens: Bool, closes: Bool) -> Bool {
        var pattern = pattern
        if !opens { pattern.insert(.many, at: pattern.startIndex) }
        if !closes { pattern.append(.many) }
        var place = (pattern: pattern.startIndex, word: word.startIndex)
        // Where to go on when the present attempt fails: after the last `many`, one byte later.
        var retry: (pattern: Int, word: Int)?
        while true {
            if place.pattern == pattern.endIndex, place.word == word.endIndex { return true }
            if place.pattern < pattern.endIndex {
                if pattern[place.pattern] == .many {
                    retry = (place.pattern + 1, place.word)
                    place.pattern += 1
                    continue
                }
                if let end = end(of: pattern[place.pattern], in: word, at: place.word) {
                    place = (place.pattern + 1, end)
                    continue
                }
            }
            guard let from = retry, from.word < word.endIndex else { return false }
            var next = from.word + 1
            while next < word.endIndex, word[next] & 0xc0 == 0x80 { next += 1 }
            retry = (from.pattern, next)
            place = (from.pattern, next)
        }
    }

    private static func end(of piece: Piece, in word: ArraySlice<UInt8>, at start: Int) -> Int? {
        switch piece {
        case .many: return start
        case .one:
            guard start < word.endIndex else { return nil }
            var end = start + 1
            while end < word.endIndex, word[end] & 0xc0 == 0x80 { end += 1 }
            return end
        case .text(let text):
            guard start + text.count <= word.endIndex else { return nil }
            for (offset, byte) in text.enumerated() where word[start + offset] != byte { return nil }
            return start + text.count
        }
    }
}

/// Folded text: values separated by line ends, words by spaces.
struct SearchText {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether `literal`, which is part of a word, occurs where `isWanted` says so of whether it starts and ends a word.
    func contains(_ literal: [UInt8], where isWanted: (Bool, Bool) -> Bool) -> Bool {
        guard let first = literal.first, bytes.count >= literal.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            literal.withUnsafeBufferPointer { literal in
                for start in 0...(bytes.count - literal.count) where bytes[start] == first {
                    var length = 1
                    while length < literal.count, bytes[start + length] == literal[length] { length += 1 }
                    guard length == literal.count else { continue }
                    let startsWord = start == 0 || Self.isBetweenWords(bytes[start - 1])
                    let end = start + length
                    let endsWord = end == bytes.count || Self.isBetweenWords(bytes[end])
                    if isWanted(startsWord, endsWord) { return true }
                }
                return false
            }
        }
    }

    private static func isBetweenWords(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a }

    struct WordPlace {
        let range: Range<Int>
        /// Whether it is its value's first.
        let opensValue: Bool
    }

    var words: [WordPlace] {
        var words: [WordPlace] = []
        var start = 0
        var opensValue = true
        for index in 0...bytes.count {
            let isEnd = index == bytes.count
            guard isEnd || Self.isBetweenWords(bytes[index]) else { continue }
            if start < index {
                words.append(WordPlace(range: start..<index, opensValue: opensValue))
                opensValue = false
            }
            if !isEnd, bytes[index] == 0x0a { opensValue = true }
            start = index + 1
        }
        return words
    }
}
