/// The value of a wanted element, as the file has it.
struct ElementValue {
    /// The letters of the file's value representation; 0 in an implicit element.
    let code: UInt16
    /// The data dictionary's value representation.
    let expected: ValueRepresentation
    let isBigEndian: Bool
    let bytes: UnsafeRawBufferPointer

    /// Keeps the value: text without padding, binary numbers as decimal text.
    @inline(__always)
    func store(rank: Int, in values: inout ValueStore, _ deviations: inout Deviations) {
        if code == expected.rawValue || code == 0, expected.isText {
            values.set(rank: rank, to: ElementValue.trimmed(bytes))
        } else {
            storeUnusual(rank: rank, in: &values, &deviations)
        }
    }

    private func storeUnusual(rank: Int, in values: inout ValueStore, _ deviations: inout Deviations) {
        var representation = expected
        if code != 0, code != expected.rawValue {
            // PS3.5 §6.2.2: whoever does not know an element's value representation writes UN, which is no fault.
            if code != ValueRepresentation.un.rawValue { deviations.insert(.wrongValueRepresentation) }
            let actual = ValueRepresentation(rawValue: code) ?? expected
            if actual.isText || actual.integerStorage != nil { representation = actual }
            if actual == .sq {
                deviations.insert(.unreadableValue)
                return
            }
        }
        guard let storage = representation.integerStorage else {
            if representation.isText {
                values.set(rank: rank, to: ElementValue.trimmed(bytes))
            } else {
                deviations.insert(.unreadableValue)
            }
            return
        }
        // UN is always little endian, since who does not know the representation cannot swap its bytes (PS3.5 §6.2.2).
        let isBigEndian = isBigEndian && code != ValueRepresentation.un.rawValue
        storeIntegers(rank: rank, storage.byteCount, storage.isSigned, isBigEndian, in: &values, &deviations)
    }

    /// No wanted attribute has more than one number, so that a few are plenty.
    private static let mostIntegers = 8

    private func storeIntegers(
        rank: Int, _ byteCount: Int, _ isSigned: Bool, _ isBigEndian: Bool, in values: inout ValueStore, _ deviations: inout Deviations
    ) {
        if bytes.count % byteCount != 0 { deviations.insert(.unreadableValue) }
        let numbers = min(bytes.count / byteCount, ElementValue.mostIntegers)
        // The longest number has 20 digits, and a separator.
        withUnsafeTemporaryAllocation(byteCount: 21 * ElementValue.mostIntegers, alignment: 1) { text in
            var count = 0
            for index in 0..<numbers {
                if index > 0 {
                    text[count] = UInt8(ascii: "\\")
                    count += 1
                }
                var bits: UInt64 = 0
                for place in 0..<byteCount {
                    let byte = bytes[index * byteCount + (isBigEndian ? place : byteCount - 1 - place)]
                    bits = bits << 8 | UInt64(byte)
                }
                let unused = UInt64(64 - 8 * byteCount)
                let isNegative = isSigned && (bits << unused) >> 63 == 1
                if isNegative {
                    bits = 0 &- UInt64(bitPattern: Int64(bitPattern: bits << unused) >> Int64(unused))
                    text[count] = UInt8(ascii: "-")
                    count += 1
                }
                count += ElementValue.writeDecimal(bits, UnsafeMutableRawBufferPointer(rebasing: text[count...]))
            }
            values.set(rank: rank, to: UnsafeRawBufferPointer(rebasing: text[..<count]))
        }
    }

    /// Writes the number's digits and returns how many they are; there is room for 20.
    private static func writeDecimal(_ number: UInt64, _ text: UnsafeMutableRawBufferPointer) -> Int {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return digits
    }

    /// The bytes without the spaces and zeros around them.
    ///
    /// Values are padded to even length with a space, or a zero in UIDs, and leading and trailing spaces are not significant in any wanted
    /// attribute (PS3.5 §6.2). No character set has a character of several bytes that ends in a space or zero.
    @inline(__always)
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let base = bytes.baseAddress else { return bytes }
        var start = 0
        var end = bytes.count
        while end > start, isPadding(base.load(fromByteOffset: end &- 1, as: UInt8.self)) { end &-= 1 }
        while start < end, isPadding(base.load(fromByteOffset: start, as: UInt8.self)) { start &+= 1 }
        return UnsafeRawBufferPointer(start: base + start, count: end &- start)
    }

    @inline(__always)
    static func isPadding(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0 }
}
