/// A set of characters that a value's bytes can stand for.
///
/// Source: PS3.3 §C.12.1.1.2.
enum CodedCharacterSet: UInt8 {
    /// ISO-IR 6, or ISO-IR 14, which differs in two characters; see ``TextDecoder``.
    case ascii
    // Right halves of single-byte sets.
    case latin1, latin2, latin3, latin4, latin5, latin9, cyrillic, arabic, greek, hebrew, thai, katakana
    // Two bytes a character.
    case jisX0208, jisX0212, ksX1001, gb2312
    // Whole encodings that allow no code extensions.
    case utf8, gb18030, gbk
    // Never declared properly, but written: right halves of a Windows code page, and Shift JIS under the name of its single-byte part.
    case windows1251, windows1252, shiftJIS

    /// The name under which the C library knows an encoding that contains it; nil where no conversion is needed.
    var iconvName: StaticString? {
        switch self {
        case .ascii, .latin1, .katakana, .utf8: nil
        case .latin2: "ISO-8859-2"
        case .latin3: "ISO-8859-3"
        case .latin4: "ISO-8859-4"
        case .latin5: "ISO-8859-9"
        case .latin9: "ISO-8859-15"
        case .cyrillic: "ISO-8859-5"
        case .arabic: "ISO-8859-6"
        case .greek: "ISO-8859-7"
        case .hebrew: "ISO-8859-8"
        case .thai: "TIS-620"
        // EUC keeps these sets' own code points in the right half, and needs no state.
        case .jisX0208, .jisX0212: "EUC-JP"
        // A superset of EUC-KR that Korean programs write under its name; its additional characters cannot be mistaken for others.
        case .ksX1001: "CP949"
        case .gb2312: "GB2312"
        case .gb18030: "GB18030"
        case .gbk: "GBK"
        case .windows1251: "CP1251"
        case .windows1252: "CP1252"
        case .shiftJIS: "CP932"
        }
    }

    /// Whether it takes the left half of the code table, two bytes a character, so that delimiters cannot be told by their bytes.
    var isLeftDoubleByte: Bool { self == .jisX0208 || self == .jisX0212 }

    /// Whether it takes the right half, two bytes a character.
    var isRightDoubleByte: Bool { self == .ksX1001 || self == .gb2312 }

    /// Whether it is a whole encoding in which bytes below 0x80 can be part of a character, and escapes mean nothing.
    var standsAlone: Bool { self == .utf8 || self == .gb18030 || self == .gbk }
}

/// What Specific Character Set declares.
struct DeclaredCharacterSets {
    /// The set in the right half at the start of each value; nil for the default repertoire, which has none.
    private(set) var right: CodedCharacterSet?
    /// The whole encoding, when there is one.
    private(set) var standalone: CodedCharacterSet?
    /// A set for the right half that can be switched to; what the bytes are meant in when a writer forgot to.
    private(set) var extensionRight: CodedCharacterSet?
    private(set) var deviations: Deviations = []

    /// Takes the attribute's value; an empty one stands for the default repertoire, ISO-IR 6.
    init(_ value: UnsafeRawBufferPointer) {
        var isFirst = true
        for term in value.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false) {
            add(UnsafeRawBufferPointer(rebasing: term), isFirst: isFirst)
            isFirst = false
        }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, isFirst: Bool) {
        let trimmed = ElementValue.trimmed(bytes)
        guard !trimmed.isEmpty else { return }
        guard let set = DeclaredCharacterSets.set(named: trimmed, &deviations) else {
            deviations.insert(.unknownCharacterSet)
            return
        }
        if set.standsAlone {
            // PS3.3 §C.12.1.1.2: such a set is the only value. As a later value it can but be meant for the whole.
            if !isFirst { deviations.insert(.misspeltCharacterSet) }
            if isFirst || right == nil, standalone == nil { standalone = set }
        } else if isFirst {
            // A set of two left bytes as the first value is against the standard, and common; such values begin in ASCII.
            right = set == .ascii || set.isLeftDoubleByte ? nil : set
        } else if set != .ascii, !set.isLeftDoubleByte, extensionRight == nil {
            extensionRight = set
        }
    }

    /// The set of a defined term, or of what is often written in its place.
    private static func set(named term: UnsafeRawBufferPointer, _ deviations: inout Deviations) -> CodedCharacterSet? {
        // Case, and the separators `_`, `-` and space, are what writers get wrong.
        var name = ""
        for byte in term.prefix(32) where byte != 0x20 && byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") {
            guard byte < 0x80 else { return nil }
            name.unicodeScalars.append(Unicode.Scalar(byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte))
        }
        if name.hasPrefix("ISO2022IR") {
            if !term.starts(with: "ISO 2022 IR ".utf8) { deviations.insert(.misspeltCharacterSet) }
            return registered[String(name.dropFirst(9))]
        }
        if name.hasPrefix("ISOIR") {
            if !term.starts(with: "ISO_IR ".utf8) { deviations.insert(.misspeltCharacterSet) }
            return registered[String(name.dropFirst(5))]
        }
        if name == "GB18030" || name == "GBK" { return name == "GBK" ? .gbk : .gb18030 }
        deviations.insert(.misspeltCharacterSet)
        return misnamed[name]
    }

    /// By number in the ISO registry, as the defined terms `ISO_IR n` and `ISO 2022 IR n` have it.
    private static let registered: [String: CodedCharacterSet] = [
        "6": .ascii, "13": .katakana, "14": .katakana, "58": .gb2312, "87": .jisX0208, "100": .latin1, "101": .latin2, "109": .latin3,
        "110": .latin4, "126": .greek, "127": .arabic, "138": .hebrew, "144": .cyrillic, "148": .latin5, "149": .ksX1001,
        "159": .jisX0212, "166": .thai, "192": .utf8, "203": .latin9,
    ]

    /// What is seen in files in place of a defined term, without separators. A list, for a name from a file is not given to the C library.
    private static let misnamed: [String: CodedCharacterSet] = [
        "ISO2022GBK": .gbk, "ISO202258": .gb2312, "GB2312": .gb2312, "UTF8": .utf8, "ASCII": .ascii, "USASCII": .ascii,
        "LATIN1": .latin1, "ISO88591": .latin1, "ISO88592": .latin2, "ISO88595": .cyrillic, "ISO88596": .arabic, "ISO88597": .greek,
        "ISO88598": .hebrew, "ISO88599": .latin5, "ISO885915": .latin9, "WINDOWS1251": .windows1251, "CP1251": .windows1251,
        "WINDOWS1252": .windows1252, "CP1252": .windows1252, "EUCKR": .ksX1001, "SHIFTJIS": .shiftJIS, "SJIS": .shiftJIS,
    ]
}
