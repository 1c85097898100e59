/// Text as a terminal shows it: how wide it is, and without what could command the terminal.
public enum DisplayText {
    /// The text with every control character made visible or replaced, so that a name from a file can neither move the cursor, colour the
    /// screen nor turn the reading direction of what follows.
    public static func neutralized(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { replacement($0) != nil }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(replacement(scalar) ?? scalar) }
        return String(result)
    }

    private static func replacement(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)  // Control Pictures
        case 0x7F: "\u{2421}"
        // C1 controls; line and paragraph separators; bidirectional marks, embeddings, overrides and isolates; the byte order mark; tags.
        case 0x80..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xE0000...0xE007F: "\u{FFFD}"
        default: nil
        }
    }

    /// How many columns the text takes on a terminal.
    public static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// 0, 1 or 2 columns.
    static func width(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        // An emoji sequence, a flag or a syllable built of parts is as wide as its widest part; U+FE0F asks for the two-column picture.
        if scalars.contains("\u{FE0F}") { return 2 }
        if scalars.count == 1 { return width(first) }
        // Halfwidth Katakana's voicing marks belong to the character before and yet take a column.
        let voicingMarks = scalars.dropFirst().count { $0 == "\u{FF9E}" || $0 == "\u{FF9F}" }
        return voicingMarks + (scalars.map(width).max() ?? 0)
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// The blocks whose characters are East Asian Wide or Fullwidth.
    ///
    /// Source: UAX #11, `EastAsianWidth.txt`; block by block, unassigned characters included.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3, 0x25FD...0x25FE,
        0x2614...0x2615,
        0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5,
        0x26CE...0x26CE,
        0x26D4...0x26D4, 0x26EA...0x26EA, 0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705,
        0x270A...0x270B,
        0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797, 0x27B0...0x27B0,
        0x27BF...0x27BF,
        0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF,
        0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F004...0x1F004,
        0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F1E6...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F248, 0x1F250...0x1F251,
        0x1F260...0x1F265, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7EB, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
    ]

    /// The text cut to at most `columns`, with `…` where something is missing.
    public static func truncated(_ text: String, to columns: Int) -> String {
        if width(text) <= columns { return text }
        if columns < 1 { return "" }
        var result = ""
        var used = 0
        for character in text {
            let next = width(character)
            if used + next > columns - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// The text with spaces behind it (or before it) up to `columns`.
    public static func padded(_ text: String, to columns: Int, atEnd: Bool = true) -> String {
        let spaces = String(repeating: " ", count: max(0, columns - width(text)))
        return atEnd ? text + spaces : spaces + text
    }
}
