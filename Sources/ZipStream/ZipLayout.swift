/// The measures of an archive: all that must be kept of its layout beside each entry's offset.
public struct ZipLayout: Sendable, Hashable {
    /// How many entries it has.
    public var count: Int
    /// Where the central directory begins.
    public var directoryOffset: UInt64
    /// The central directory's length in bytes, without what ends the archive.
    public var directoryLength: UInt64

    public init(count: Int, directoryOffset: UInt64, directoryLength: UInt64) {
        self.count = count
        self.directoryOffset = directoryOffset
        self.directoryLength = directoryLength
    }

    /// The length of the whole archive in bytes.
    public var length: UInt64 { endOffset + UInt64(needsWideEnd ? 98 : 22) }

    /// Where the records begin that end the archive.
    var endOffset: UInt64 { directoryOffset + directoryLength }

    /// Whether the end of the archive needs numbers of 64 bits.
    private var needsWideEnd: Bool {
        count >= ZipFormat.limit16 || directoryOffset >= ZipFormat.limit32 || directoryLength >= ZipFormat.limit32
    }

    /// The records that end the archive.
    ///
    /// Source: PKWARE APPNOTE 6.3.10 §4.3.14 to §4.3.16.
    var end: [UInt8] {
        var bytes: [UInt8] = []
        if needsWideEnd { appendWideEnd(to: &bytes) }
        bytes.append(littleEndian: UInt32(0x0605_4B50))
        // This disk and that where the directory starts; entries on this disk and in all.
        let count = UInt16(min(self.count, ZipFormat.limit16))
        for number in [0, 0, count, count] { bytes.append(littleEndian: number) }
        bytes.append(littleEndian: UInt32(min(directoryLength, ZipFormat.limit32)))
        bytes.append(littleEndian: UInt32(min(directoryOffset, ZipFormat.limit32)))
        bytes.append(littleEndian: UInt16(0))
        return bytes
    }

    private func appendWideEnd(to bytes: inout [UInt8]) {
        bytes.append(littleEndian: UInt32(0x0606_4B50))
        // The length of what follows in this record.
        bytes.append(littleEndian: UInt64(44))
        bytes.append(littleEndian: UInt16(3) << 8 | ZipFormat.wideVersion)
        bytes.append(littleEndian: ZipFormat.wideVersion)
        for disk in [UInt32(0), 0] { bytes.append(littleEndian: disk) }
        for number in [UInt64(count), UInt64(count), directoryLength, directoryOffset] { bytes.append(littleEndian: number) }
        // The locator: the disk of that record, its offset, and the number of disks.
        bytes.append(littleEndian: UInt32(0x0706_4B50))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: endOffset)
        bytes.append(littleEndian: UInt32(1))
    }
}
