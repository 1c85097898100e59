/// Decodes one attribute's text, switching sets where the text says so.
///
/// Source: PS3.5 §6.1.2.4 and §6.1.2.5.
///
/// ISO-IR 14, the left half of Japanese single-byte text, has a yen sign at 0x5C and an overline at 0x7E. 0x5C separates values in every
/// set (PS3.5 §6.1.2.5.3) and must be `\` for whoever reads them. 0x7E becomes `~`: plain ASCII text under such a set is by far the
/// more frequent, and the two must not differ with what else is in the value.
struct TextDecoder {
    static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    private static let escape: UInt8 = 0x1B

    private let declared: DeclaredCharacterSets
    private let isPersonName: Bool
    private var left = CodedCharacterSet.ascii
    private var right: CodedCharacterSet?
    /// The last set that an escape put into the right half.
    private var lastRight: CodedCharacterSet?
    private var run: [UInt8] = []
    private var output: [UInt8] = []
    private(set) var deviations: Deviations = []

    init(_ declared: DeclaredCharacterSets, isPersonName: Bool) {
        self.declared = declared
        self.isPersonName = isPersonName
    }

    /// Whether the bytes are themselves in every declared set.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 < 0x80 && $0 != escape }
    }

    /// The text as UTF-8.
    mutating func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        output.reserveCapacity(bytes.count * 2)
        if let whole = wholeEncoding(of: bytes) {
            append(bytes, as: whole)
            return output
        }
        right = declared.right
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == TextDecoder.escape {
                index += invoke(bytes, at: index)
            } else if byte >= 0x80 {
                index += decodeRight(bytes, at: index)
            } else if left.isLeftDoubleByte, byte > 0x20 {
                index += decodeLeftPair(bytes, at: index)
            } else {
                appendSingle(byte)
                index += 1
            }
        }
        return output
    }

    /// The encoding of the whole value, where it is one that knows no switching.
    private func wholeEncoding(of bytes: UnsafeRawBufferPointer) -> CodedCharacterSet? {
        if let standalone = declared.standalone { return standalone }
        if declared.right == .shiftJIS { return .shiftJIS }
        // Japanese writers declare ISO_IR 13 for what is Shift JIS. Its first bytes are outside the range of katakana.
        let isShiftJIS = declared.right == .katakana && bytes.contains { $0 >= 0x80 && !TextDecoder.isKatakana($0) }
        return isShiftJIS && !bytes.contains(TextDecoder.escape) ? .shiftJIS : nil
    }

    private static func isKatakana(_ byte: UInt8) -> Bool { byte >= 0xA1 && byte <= 0xDF }

    // MARK: - Left half

    private mutating func appendSingle(_ byte: UInt8) {
        output.append(byte)
        switch byte {
        // Tabs, line ends, page ends and the separator of values; in names also the separators of components and groups.
        case 0x09, 0x0A, 0x0C, 0x0D, UInt8(ascii: "\\"): reset()
        case UInt8(ascii: "^"), UInt8(ascii: "="): if isPersonName { reset() }
        default: break
        }
    }

    private mutating func reset() {
        left = .ascii
        right = declared.right
    }

    private mutating func decodeLeftPair(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        run.removeAll(keepingCapacity: true)
        var end = index
        while end + 1 < bytes.count, TextDecoder.isGraphic(bytes[end]), TextDecoder.isGraphic(bytes[end + 1]) {
            if left == .jisX0212 { run.append(0x8F) }
            run.append(bytes[end] | 0x80)
            run.append(bytes[end + 1] | 0x80)
            end += 2
        }
        guard end > index else {
            // No pair: a writer forgot to switch back to single bytes before a delimiter, or the text is cut.
            deviations.insert(.undecodableText)
            appendSingle(bytes[index])
            return 1
        }
        appendRun(as: left)
        return end - index
    }

    private static func isGraphic(_ byte: UInt8) -> Bool { byte >= 0x21 && byte <= 0x7E }

    // MARK: - Right half

    private mutating func decodeRight(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let set = right ?? rightSetMeant(bytes, at: index)
        run.removeAll(keepingCapacity: true)
        var end = index
        while end < bytes.count, bytes[end] >= 0x80 {
            run.append(bytes[end])
            end += 1
            if set == .ksX1001, end < bytes.count, bytes[end] < 0x80, (end - index) % 2 == 1, TextDecoder.isUnifiedHangul(bytes, end - 1) {
                run.append(bytes[end])
                end += 1
            }
        }
        appendRun(as: set)
        return end - index
    }

    /// Whether the two bytes are a character that CP949 adds to KS X 1001. The second is a letter, so never a delimiter.
    private static func isUnifiedHangul(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        let second = bytes[index + 1] & 0xDF
        return bytes[index] >= 0x81 && bytes[index] <= 0xC6 && second >= 0x41 && second <= 0x5A
    }

    /// What bytes of the right half are meant to be when nothing is declared for them.
    private mutating func rightSetMeant(_ bytes: UnsafeRawBufferPointer, at index: Int) -> CodedCharacterSet {
        deviations.insert(.undeclaredCharacters)
        let rest = UnsafeRawBufferPointer(rebasing: bytes[index...]).prefix { $0 >= 0x80 }
        if String(validating: rest, as: UTF8.self) != nil { return .utf8 }
        return lastRight ?? declared.extensionRight ?? .latin1
    }

    // MARK: - Conversion

    private mutating func appendRun(as set: CodedCharacterSet) {
        var piece: [UInt8] = []
        swap(&piece, &run)
        piece.withUnsafeBytes { append($0, as: set) }
        swap(&piece, &run)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer, as set: CodedCharacterSet) {
        switch set {
        case .utf8, .ascii:
            let text = String(decoding: bytes, as: UTF8.self)
            if !text.utf8.elementsEqual(bytes) { deviations.insert(.undecodableText) }
            output.append(contentsOf: text.utf8)
        case .latin1:
            for byte in bytes { appendScalar(UInt32(byte)) }
        case .katakana:
            for byte in bytes {
                if TextDecoder.isKatakana(byte) {
                    appendScalar(0xFF61 + UInt32(byte - 0xA1))
                } else {
                    appendReplacement()
                }
            }
        default:
            guard let converter = Converter(set) else {
                for byte in bytes {
                    if byte < 0x80 { output.append(byte) } else { appendReplacement() }
                }
                return
            }
            if !converter.append(bytes, to: &output) { deviations.insert(.undecodableText) }
        }
    }

    private mutating func appendScalar(_ value: UInt32) {
        guard let scalar = Unicode.Scalar(value) else { return appendReplacement() }
        output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func appendReplacement() {
        deviations.insert(.undecodableText)
        output.append(contentsOf: TextDecoder.replacement)
    }

    // MARK: - Escapes

    /// Obeys the escape sequence there and returns its length. A known one is obeyed even if its set was not declared, as it can mean
    /// nothing else; an unknown one is replaced.
    private mutating func invoke(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        for sequence in EscapeSequence.all where bytes[(index + 1)...].starts(with: sequence.bytes) {
            if sequence.isLeft {
                left = sequence.set
            } else {
                right = sequence.set
                lastRight = sequence.set
            }
            return 1 + sequence.bytes.count
        }
        appendReplacement()
        return 1
    }
}

/// What follows the escape character to put a set into a half of the code table.
///
/// Source: PS3.3 Tables C.12-3 and C.12-4.
private struct EscapeSequence {
    let bytes: [UInt8]
    let isLeft: Bool
    let set: CodedCharacterSet

    private init(_ text: String, left set: CodedCharacterSet) {
        (bytes, isLeft, self.set) = (Array(text.utf8), true, set)
    }

    private init(_ text: String, right set: CodedCharacterSet) {
        (bytes, isLeft, self.set) = (Array(text.utf8), false, set)
    }

    static let all = [
        EscapeSequence("(B", left: .ascii),
        EscapeSequence("(J", left: .ascii),
        EscapeSequence("$B", left: .jisX0208),
        // The edition of 1978, in ISO 2022 text from before DICOM had Japanese.
        EscapeSequence("$@", left: .jisX0208),
        EscapeSequence("$(D", left: .jisX0212),
        EscapeSequence(")I", right: .katakana),
        EscapeSequence("-A", right: .latin1),
        EscapeSequence("-B", right: .latin2),
        EscapeSequence("-C", right: .latin3),
        EscapeSequence("-D", right: .latin4),
        EscapeSequence("-F", right: .greek),
        EscapeSequence("-G", right: .arabic),
        EscapeSequence("-H", right: .hebrew),
        EscapeSequence("-L", right: .cyrillic),
        EscapeSequence("-M", right: .latin5),
        EscapeSequence("-T", right: .thai),
        EscapeSequence("-b", right: .latin9),
        EscapeSequence("$)C", right: .ksX1001),
        EscapeSequence("$)A", right: .gb2312),
    ]
}
