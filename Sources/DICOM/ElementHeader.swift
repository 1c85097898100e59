/// How the elements of a data set are encoded.
///
/// Source: PS3.5 §7.1 and §7.3.
struct DataSetEncoding: Equatable {
    var isExplicit: Bool
    var isBigEndian: Bool

    static let implicitLittle = DataSetEncoding(isExplicit: false, isBigEndian: false)
    static let explicitLittle = DataSetEncoding(isExplicit: true, isBigEndian: false)
    static let explicitBig = DataSetEncoding(isExplicit: true, isBigEndian: true)
}

/// A stretch of a stream of elements, and where the stream is known to end.
struct Window {
    let start: UInt64
    let bytes: UnsafeRawBufferPointer
    /// The offset at which the stream ends; ``unknownEnd`` when only more bytes can tell.
    let end: UInt64

    /// Far beyond any file, and far enough from the largest number to add lengths to.
    static let unknownEnd: UInt64 = 1 << 62

    /// Whether no bytes follow these.
    var isLast: Bool { start + UInt64(bytes.count) >= end }

    /// What it has from that offset on.
    func bytes(from offset: UInt64) -> UnsafeRawBufferPointer {
        let skipped = offset < start ? 0 : min(offset - start, UInt64(bytes.count))
        return UnsafeRawBufferPointer(rebasing: bytes[Int(skipped)...])
    }
}

/// What precedes an element's value.
///
/// Source: PS3.5 §7.1.2 and §7.1.3.
struct ElementHeader {
    static let undefinedLength: UInt32 = 0xFFFF_FFFF
    static let item: UInt32 = 0xFFFE_E000
    static let itemDelimitation: UInt32 = 0xFFFE_E00D
    static let sequenceDelimitation: UInt32 = 0xFFFE_E0DD

    var tag: UInt32
    /// The letters of the value representation; 0 in an implicit element.
    var code: UInt16
    var length: UInt32
    /// Bytes before the value: 8 or 12.
    var size: Int
    /// Whether the value representation was not one that the standard defines.
    var isUnknown = false

    @inline(__always)
    var isDelimiter: Bool { tag >> 16 == 0xFFFE }

    /// Reads the header at `pointer`, with at least 8 bytes `available`; nil when it is longer than what is available.
    ///
    /// - Parameter remaining: bytes from `pointer` to the end of the stream; decides between readings of a malformed header.
    @inline(__always)
    init?(_ pointer: UnsafeRawPointer, available: Int, remaining: UInt64, _ encoding: DataSetEncoding) {
        let isBigEndian = encoding.isBigEndian
        tag = UInt32(ElementHeader.load16(pointer, isBigEndian)) << 16 | UInt32(ElementHeader.load16(pointer + 2, isBigEndian))
        size = 8
        // Items and delimiters have no value representation in any encoding (PS3.5 §7.5).
        if !encoding.isExplicit || tag >> 16 == 0xFFFE {
            code = 0
            length = ElementHeader.load32(pointer + 4, isBigEndian)
            return
        }
        code = UInt16(pointer.load(fromByteOffset: 4, as: UInt8.self)) << 8 | UInt16(pointer.load(fromByteOffset: 5, as: UInt8.self))
        switch ExplicitForm(code: code) {
        case .short:
            length = UInt32(ElementHeader.load16(pointer + 6, isBigEndian))
        case .long:
            guard available >= 12 else { return nil }
            length = ElementHeader.load32(pointer + 8, isBigEndian)
            size = 12
        case .unknown, .none:
            length = 0
            isUnknown = true
            guard readMalformed(pointer, available, remaining, isBigEndian) else { return nil }
        }
    }

    /// What follows the tag of a well-formed little endian element, of which 12 bytes can be read: the value's length, the header's size, and
    /// the letters of the value representation. The length of what is malformed is undefined.
    ///
    /// - Parameter masks: ``ExplicitForm/masks``; nil when elements are implicit.
    @inline(__always)
    static func ordinary(
        _ pointer: UnsafeRawPointer, _ masks: UnsafeBufferPointer<UInt64>?
    ) -> (length: UInt32, size: Int, code: UInt16) {
        let word = UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard let masks else { return (word, 8, 0) }
        let code = UInt16(truncatingIfNeeded: word).byteSwapped
        let mask = masks[Int(word & 0x1F)] >> UInt64(word >> 8 & 0x1F)
        // Capital letters have these upper bits.
        guard word & 0xE0E0 == 0x4040, mask & 1 != 0 else { return (undefinedLength, 8, code) }
        // A branch, for the long form is rare: foretold, it lets the next element be looked at before this one's length is known to be right.
        if mask >> 32 & 1 == 0 { return (word >> 16, 8, code) }
        return (UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt32.self)), 12, code)
    }

    /// Reads the length of an explicit element whose value representation is none; false when more bytes must be seen.
    private mutating func readMalformed(_ pointer: UnsafeRawPointer, _ available: Int, _ remaining: UInt64, _ isBigEndian: Bool) -> Bool {
        if ExplicitForm.isLetters(code) {
            // PS3.5 §7.1.2: value representations of the future have the long form. Some writers make up short ones; there the two
            // bytes that the long form reserves are the length, and are hardly zero.
            if ElementHeader.load16(pointer + 6, isBigEndian) == 0, remaining >= 12 {
                guard available >= 12 else { return false }
                let long = ElementHeader.load32(pointer + 8, isBigEndian)
                if long == ElementHeader.undefinedLength || UInt64(long) <= remaining - 12 {
                    length = long
                    size = 12
                    return true
                }
            }
        } else {
            // A writer that slips into implicit encoding, mostly within sequences (PS3.5 §6.2.2 Note 2 has the only lawful case).
            code = 0
            let implicit = ElementHeader.load32(pointer + 4, isBigEndian)
            if implicit == ElementHeader.undefinedLength || UInt64(implicit) <= remaining - 8 {
                length = implicit
                return true
            }
        }
        length = UInt32(ElementHeader.load16(pointer + 6, isBigEndian))
        return true
    }

    @inline(__always)
    static func load16(_ pointer: UnsafeRawPointer, _ isBigEndian: Bool) -> UInt16 {
        let value = pointer.loadUnaligned(as: UInt16.self)
        return isBigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value)
    }

    @inline(__always)
    static func load32(_ pointer: UnsafeRawPointer, _ isBigEndian: Bool) -> UInt32 {
        let value = pointer.loadUnaligned(as: UInt32.self)
        return isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
    }
}
