internal import DICOM

/// An element as it is written: explicit little endian, UTF-8.
///
/// Source: PS3.5 §7.1.2, §7.5.
struct EncodedElement: Sendable, Hashable {
    let tag: Tag
    let bytes: [UInt8]

    /// An element with a value, which is text whatever its representation.
    init(_ tag: Tag, _ representation: ValueRepresentation, _ text: String?) {
        self.init(tag, representation, EncodedElement.value(text ?? "", representation))
    }

    init(_ tag: Tag, _ representation: ValueRepresentation, _ value: [UInt8]) {
        self.tag = tag
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12 + value.count)
        bytes.append(littleEndian: tag.group)
        bytes.append(littleEndian: tag.element)
        bytes += [UInt8(representation.rawValue >> 8), UInt8(representation.rawValue & 0xFF)]
        if EncodedElement.isLong(representation) {
            bytes.append(littleEndian: UInt16(0))
            bytes.append(littleEndian: UInt32(value.count))
        } else {
            bytes.append(littleEndian: UInt16(value.count))
        }
        self.bytes = bytes + value
    }

    /// A sequence.
    init(_ tag: Tag, items: [[EncodedElement]]) {
        var value: [UInt8] = []
        for item in items {
            let content = item.sorted { $0.tag < $1.tag }.flatMap(\.bytes)
            value += EncodedElement.itemTag
            value.append(littleEndian: UInt32(content.count))
            value += content
        }
        self.init(tag, .sq, value)
    }

    init(_ found: FoundElement) {
        if found.valueRepresentation == .sq {
            self.init(found.tag, items: found.items.map { $0.map(EncodedElement.init) })
        } else {
            self.init(found.tag, found.valueRepresentation, found.text)
        }
    }

    static let itemTag: [UInt8] = [0xFE, 0xFF, 0x00, 0xE0]

    /// Whether it has characters beyond those of the default repertoire.
    var needsCharacterSet: Bool { bytes.dropFirst(8).contains { $0 >= 0x80 } }

    private static func isLong(_ representation: ValueRepresentation) -> Bool {
        switch representation {
        case .sq, .ut, .uc, .ur, .ob, .uv: true
        default: false
        }
    }

    /// The value's bytes, padded to even length.
    private static func value(_ text: String, _ representation: ValueRepresentation) -> [UInt8] {
        var value: [UInt8] = []
        switch representation {
        case .us:
            for number in text.split(separator: "\\") { value.append(littleEndian: UInt16(number) ?? 0) }
        case .ul:
            for number in text.split(separator: "\\") { value.append(littleEndian: UInt32(number) ?? 0) }
        case .uv:
            for number in text.split(separator: "\\") { value.append(littleEndian: UInt64(number) ?? 0) }
        default:
            value = Array(text.utf8)
            if !isLong(representation), value.count > longestShortValue { value = Array(shortened(text).utf8) }
            if value.count % 2 == 1 { value.append(representation == .ui ? 0 : 0x20) }
        }
        return value
    }

    /// What a length of 16 bits can say, with padding.
    private static let longestShortValue = 0xFFFE

    /// As many of the text's characters as a length of 16 bits can say.
    private static func shortened(_ text: String) -> String {
        var count = 0
        return String(
            text.prefix { character in
                count += character.utf8.count
                return count <= longestShortValue
            })
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
