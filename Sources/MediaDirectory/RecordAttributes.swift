public import DICOM

/// Attributes of a file that its directory record needs and the catalogue does not hold, as they are written: explicit little endian, UTF-8.
public struct RecordAttributes: Sendable, Hashable {
    /// Elements in the order of their tags.
    let encoded: [UInt8]

    /// Whether nothing was found.
    public var isEmpty: Bool { encoded.isEmpty }

    /// The attributes that must be read from a file of that SOP class; empty for images, for which the catalogue has all.
    public static func wanted(sopClassUID: String?) -> [Tag] { [] }
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
    /// - Parameters:
    ///   - sopClassUID: what the file is, which decides what is wanted.
    ///   - fileSize: in bytes.
    public init(sopClassUID: String?, fileSize: UInt64) {
    }

    /// Takes the file's bytes from `offset` on, first from 0, then from where ``RecordAttributesProgress/needs(offset:count:)`` says.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> RecordAttributesProgress {
        .finished(RecordAttributes(encoded: []))
    }
}
