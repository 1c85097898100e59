internal import Glibc

/// What a transfer syntax says of the data set's encoding; how pixel data is compressed does not matter to a header.
///
/// Source: PS3.5 §10 and Annex A; PS3.6 Annex A.
struct TransferSyntax {
    let encoding: DataSetEncoding
    let isDeflated: Bool

    /// Takes the UID's text. Every transfer syntax but these few is explicit little endian (PS3.5 §A.4).
    init(uid: UnsafeRawBufferPointer) {
        func equals(_ text: StaticString) -> Bool { uid.equals(text) }
        // Papyrus 3, and GE's private syntax whose pixel data alone is big endian.
        let isImplicit = equals("1.2.840.10008.1.2") || equals("1.2.840.10008.1.20") || equals("1.2.840.113619.5.2")
        let isBigEndian = equals("1.2.840.10008.1.2.2")
        // Deflated explicit little endian, and the two of JPIP.
        isDeflated = equals("1.2.840.10008.1.2.1.99") || equals("1.2.840.10008.1.2.4.95") || equals("1.2.840.10008.1.2.4.205")
        encoding = isImplicit ? .implicitLittle : isBigEndian ? .explicitBig : .explicitLittle
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are that text's.
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let baseAddress else { return false }
        return memcmp(baseAddress, text.utf8Start, count) == 0
    }

    /// Whether the bytes are the same.
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let mine = baseAddress, let theirs = other.baseAddress else { return count == other.count }
        return memcmp(mine, theirs, count) == 0
    }
}

/// What the first bytes of a data set look like, for files that do not say how they are encoded, or lie.
struct DataSetStart {
    private let littleGroup: UInt16
    private let bigGroup: UInt16
    private let code: UInt16

    /// - Parameter bytes: at least 8.
    init(_ bytes: UnsafeRawBufferPointer) {
        littleGroup = UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))
        bigGroup = UInt16(bigEndian: bytes.loadUnaligned(as: UInt16.self))
        code = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    }

    /// The encoding that the bytes suggest.
    ///
    /// The first group is a small number, which only one byte order gives. Where an implicit element has its length, letters would mean
    /// a first value of over 16,000 bytes.
    var encoding: DataSetEncoding {
        let isExplicit = ExplicitForm.isLetters(code)
        return DataSetEncoding(isExplicit: isExplicit, isBigEndian: isExplicit && bigGroup < littleGroup)
    }

    /// Whether the bytes are clearly those of a first explicit element, not those of a compressed stream.
    var isClearlyExplicit: Bool { min(littleGroup, bigGroup) == 8 && ValueRepresentation(rawValue: code) != nil }
}
