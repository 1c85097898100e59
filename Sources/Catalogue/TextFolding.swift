// Only for the compatibility decomposition of a scalar that is met for the first time.
internal import Foundation

/// Brings text to the form in which it is indexed and looked up, so that spelling variants meet.
///
/// What comes out is words of letters and digits in UTF-8, one space between two words, none at the ends:
/// - Case, diacritics and compatibility forms (full and half width, ligatures, superscripts) are folded; so are the letters that Unicode does
///   not decompose (ø ł ß đ ð þ æ œ ı ħ ŧ ŋ). `ö` becomes `o`: `Müller` and `Muller` meet, `Mueller` stays apart.
/// - Katakana becomes hiragana; voiced and half-voiced kana stay distinct. Conjoining Hangul letters become syllables.
/// - Vowel signs of Indic scripts and of Thai stay; points of Hebrew and Arabic, and tone marks, go.
/// - Apostrophes vanish: `O'Neil` and `ONeil` meet. Everything else that is no letter or digit separates words, `^`, `=` and `\` too.
/// - A word never mixes Chinese, Japanese or Korean characters with others: `頭部CT` is two words.
///
/// Folding is idempotent. A class, because it remembers scalars that it has met; confined to its owner.
package final class TextFolding {
    private var known: [UInt32: [UInt32]] = [:]

    package init() {}

    /// The folded form of `text`.
    package func fold(_ text: String) -> String {
        var bytes: [UInt8] = []
        fold(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the folded form of the first ``mostScalars`` scalars of `text` to `output`.
    package func fold(_ text: String, into output: inout [UInt8]) {
        var writer = WordWriter(start: output.count)
        var left = Self.mostScalars
        for scalar in text.unicodeScalars {
            guard left > 0 else { return }
            left -= 1
            if scalar.isASCII {
                writer.write(Self.foldASCII(UInt8(truncatingIfNeeded: scalar.value)), into: &output)
            } else {
                for unit in units(of: scalar) { writer.write(unit, into: &output) }
            }
        }
    }

    /// Longer values are cut: no attribute that is searched may be so long, and an index entry must stay bounded.
    package static let mostScalars = 1_024

    /// Marks a place between words.
    static let separator: UInt32 = 0x20
    /// Marks a scalar that leaves no trace.
    static let nothing: UInt32 = 0

    private static func foldASCII(_ byte: UInt8) -> UInt32 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) + 0x20
        case UInt8(ascii: "'"), UInt8(ascii: "`"): nothing
        default: separator
        }
    }

    /// Whether what comes before `scalar` ends a word.
    func beginsWithSeparator(_ scalar: Unicode.Scalar) -> Bool { units(of: scalar).first == Self.separator }

    /// Whether what comes after `scalar` begins a word.
    func endsWithSeparator(_ scalar: Unicode.Scalar) -> Bool { units(of: scalar).last == Self.separator }

    private func units(of scalar: Unicode.Scalar) -> [UInt32] {
        if let units = known[scalar.value] { return units }
        let units = Self.decompose(scalar)
        // Text of hostile files could walk through all of Unicode.
        if known.count > 20_000 { known.removeAll() }
        known[scalar.value] = units
        return units
    }

    private static func decompose(_ scalar: Unicode.Scalar) -> [UInt32] {
        switch scalar.value {
        case 0..<0x80: return [foldASCII(UInt8(truncatingIfNeeded: scalar.value))]
        // Before they are decomposed to a space and a mark.
        case 0xb4, 0xff07: return []
        case 0xac00...0xd7a3, 0x3400...0x4dbf, 0x4e00...0x9fff: return [scalar.value]
        case 0x13f, 0x140: return [0x6c]
        default: break
        }
        return String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars.flatMap { part -> [UInt32] in
            if part.isASCII { return [foldASCII(UInt8(truncatingIfNeeded: part.value))] }
            return part.properties.lowercaseMapping.unicodeScalars.flatMap(unit)
        }
    }

    /// Folds a scalar that is in lower case and has no decomposition.
    private static func unit(of scalar: Unicode.Scalar) -> [UInt32] {
        let value = scalar.value
        if let letters = letters[value] { return letters.unicodeScalars.map(\.value) }
        switch value {
        case 0x30a1...0x30f6, 0x30fd...0x30fe: return [value - 0x60]
        // The marks that make kana voiced are joined to their letter by the writer.
        case 0x3099, 0x309a: return [value]
        // Apostrophes, and the letter that lengthens an Arabic word.
        case 0x2bb, 0x2bc, 0x2018, 0x2019, 0x640: return []
        default: break
        }
        let properties = scalar.properties
        if properties.isDefaultIgnorableCodePoint { return [] }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
            .otherNumber,
            .spacingMark:
            return [value]
        case .nonspacingMark:
            // Below 10: nuktas and viramas, and vowel signs; above: marks on a letter.
            return properties.canonicalCombiningClass.rawValue < 10 ? [value] : []
        case .enclosingMark: return []
        default: return [separator]
        }
    }

    private static let letters: [UInt32: String] = [
        0xf8: "o", 0x142: "l", 0x111: "d", 0xf0: "d", 0xfe: "th", 0xdf: "ss", 0xe6: "ae", 0x153: "oe", 0x131: "i", 0x127: "h", 0x167: "t",
        0x14b: "n", 0x138: "k", 0x3c2: "σ", 0x180: "b", 0x188: "c", 0x192: "f", 0x199: "k", 0x19a: "l", 0x1b6: "z", 0x1dd: "e", 0x1e5: "g",
        0x237: "j", 0x253: "b", 0x254: "o", 0x256: "d", 0x257: "d", 0x259: "e", 0x25b: "e", 0x268: "i", 0x26b: "l", 0x289: "u", 0x24d: "r",
        0x249: "j", 0x24f: "y",
    ]

    /// Whether a folded scalar belongs to a script that is written without spaces and read by the character.
    static func isIdeographic(_ value: UInt32) -> Bool {
        switch value {
        case 0x3041...0x3096, 0x309d...0x309f, 0x30a0...0x30ff, 0x3105...0x312f, 0x31a0...0x31bf, 0x31f0...0x31ff: true
        case 0x3005...0x3007, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfaff, 0x20000...0x3ffff: true
        case 0x1100...0x11ff, 0xac00...0xd7a3: true
        default: false
        }
    }
}

/// Puts folded scalars together to words.
private struct WordWriter {
    private let start: Int
    private var isSpacePending = false
    private var isIdeographic = false
    /// The last scalar of the present word, and where it begins; 0 when there is none.
    private var last: UInt32 = 0
    private var lastStart = 0

    init(start: Int) { self.start = start }

    mutating func write(_ unit: UInt32, into output: inout [UInt8]) {
        switch unit {
        case TextFolding.nothing: return
        case TextFolding.separator:
            isSpacePending = true
            last = 0
        case 0x3099, 0x309a:
            if let joined = Self.voiced(last, by: unit) { replaceLast(with: joined, in: &output) }
        default:
            if let joined = Self.syllable(last, and: unit) {
                replaceLast(with: joined, in: &output)
            } else {
                append(unit, to: &output)
            }
        }
    }

    private mutating func append(_ unit: UInt32, to output: inout [UInt8]) {
        let isIdeographic = TextFolding.isIdeographic(unit)
        if last != 0, isIdeographic != self.isIdeographic { isSpacePending = true }
        if isSpacePending, output.count > start { output.append(0x20) }
        isSpacePending = false
        self.isIdeographic = isIdeographic
        last = unit
        lastStart = output.count
        Self.encode(unit, to: &output)
    }

    private mutating func replaceLast(with unit: UInt32, in output: inout [UInt8]) {
        output.removeSubrange(lastStart...)
        last = unit
        Self.encode(unit, to: &output)
    }

    private static func encode(_ unit: UInt32, to output: inout [UInt8]) {
        if unit < 0x80 {
            output.append(UInt8(unit))
        } else if let scalar = Unicode.Scalar(unit) {
            output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// Joins a letter of hiragana with the mark of a voiced (U+3099) or half-voiced (U+309A) sound.
    private static func voiced(_ letter: UInt32, by mark: UInt32) -> UInt32? {
        switch (letter, mark) {
        case (0x3046, 0x3099): 0x3094
        // か to ち, then つ to と: every other letter, with small つ between.
        case (0x304b...0x3061, 0x3099) where letter % 2 == 1: letter + 1
        case (0x3064...0x3068, 0x3099) where letter % 2 == 0: letter + 1
        // は to ほ: three forms each.
        case (0x306f...0x307b, 0x3099) where letter % 3 == 0: letter + 1
        case (0x306f...0x307b, 0x309a) where letter % 3 == 0: letter + 2
        default: nil
        }
    }

    /// Joins conjoining Hangul letters.
    ///
    /// Source: The Unicode Standard §3.12.
    private static func syllable(_ first: UInt32, and second: UInt32) -> UInt32? {
        switch (first, second) {
        case (0x1100...0x1112, 0x1161...0x1175): 0xac00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28
        case (0xac00...0xd7a3, 0x11a8...0x11c2) where (first - 0xac00) % 28 == 0: first + (second - 0x11a7)
        default: nil
        }
    }
}
