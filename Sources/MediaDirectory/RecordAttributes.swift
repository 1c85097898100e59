public import DICOM

/// Attributes of a file that its directory record needs and the catalogue does not hold.
public struct RecordAttributes: Sendable, Hashable {
    /// As they are written, in the order of their tags.
    let elements: [EncodedElement]

    /// The attributes that must be read from a file of that SOP class; empty for images, for which the catalogue has all.
    public static func wanted(sopClassUID: String?) -> [Tag] { RecordType(sopClassUID: sopClassUID).keys.map(\.element.tag) }

    /// The keys of a kind of record from what was found in a file, which may be nothing.
    ///
    /// A key without a value that must have one stays empty, for the file is of use without it.
    init(_ type: RecordType, found: [FoundElement]) {
        let found = Dictionary(found.map { ($0.tag, $0) }) { first, _ in first }
        elements = type.keys.compactMap { key in
            let tag = key.element.tag
            if let element = found[tag].flatMap(RecordAttributes.key) { return element }
            return key.isRequired ? EncodedElement(tag, key.element.valueRepresentation, nil) : nil
        }
    }

    /// What a record has of an element; nil for nothing.
    private static func key(_ found: FoundElement) -> EncodedElement? {
        switch found.tag {
        case RecordType.verifyingObservers.tag:
            // The most recent verification (PS3.3 §F.5.26).
            let times = found.items.flatMap { $0 }.map(\.text).filter { !$0.isEmpty }
            return times.max().map { EncodedElement(RecordType.verificationTime.tag, .dt, $0) }
        case RecordType.contentItems.tag:
            let modifiers = found.items.filter { item in
                item.contains { $0.tag == RecordType.relationshipType.tag && $0.text == "HAS CONCEPT MOD" }
            }
            return modifiers.isEmpty ? nil : EncodedElement(found.tag, items: modifiers.map { $0.map(EncodedElement.init) })
        default:
            return found.text.isEmpty && found.items.isEmpty ? nil : EncodedElement(found)
        }
    }
}

/// What a reader of attributes knows after the bytes that it has seen.
public enum RecordAttributesProgress: Sendable {
    /// It must see `count` bytes from `offset` of the file (fewer only where the file ends).
    case needs(offset: UInt64, count: Int)
    /// It is finished. What the file does not have, or not in readable form, is left out.
    case finished(RecordAttributes)
}

/// Takes what a directory record needs from a file's bytes, which the caller supplies, and says which it needs; never the pixel data.
public struct RecordAttributesReader: ~Copyable {
    private let type: RecordType
    private var reader: ElementReader

    /// - Parameters:
    ///   - sopClassUID: what the file is, which decides what is wanted.
    ///   - fileSize: in bytes, as listed; the bytes themselves have the last word.
    public init(sopClassUID: String?, fileSize: UInt64) {
        type = RecordType(sopClassUID: sopClassUID)
        reader = ElementReader(type.keys.map(\.element), fileSize: fileSize)
    }

    /// Takes the file's bytes from `offset` on, first from 0, then from where ``RecordAttributesProgress/needs(offset:count:)`` says.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> RecordAttributesProgress {
        switch reader.consume(bytes, at: offset) {
        case .needs(let offset, let count): .needs(offset: offset, count: count)
        case .finished(let found): .finished(RecordAttributes(type, found: found))
        }
    }
}
