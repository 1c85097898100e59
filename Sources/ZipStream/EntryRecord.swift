/// What the format writes about one entry: its local header, its data descriptor, and its record in the central directory.
///
/// CRC-32 and sizes are zero in the local header, as APPNOTE §4.4.4 has it for entries with a descriptor, although the sizes are known: of the
/// programs that were tried (unzip, Python, bsdtar, 7-Zip, jar, and those of them that can from a pipe) none makes anything of sizes there,
/// while some libraries refuse an archive that has both. Where the descriptor's sizes have 64 bits the local header has to have the extra
/// field that says so (§4.3.9.2); it holds zeros as well, as other writers of streams do it.
///
/// Source: PKWARE APPNOTE 6.3.10 §4.3.7, §4.3.9, §4.3.12, §4.5.3; for the timestamp Info-ZIP's extra field 0x5455.
struct EntryRecord {
    let entry: ZipEntry
    /// Where the local header begins.
    let offset: UInt64

    init(_ entry: ZipEntry, offset: UInt64) {
        self.entry = entry
        self.offset = offset
    }

    init(_ placed: PlacedZipEntry) {
        self.init(placed.entry, offset: placed.offset)
    }

    /// Whether the sizes need 64 bits, which the local header must say for the descriptor to have them.
    private var hasLargeSize: Bool { entry.size >= ZipFormat.limit32 }
    private var hasLargeOffset: Bool { offset >= ZipFormat.limit32 }
    /// An extended timestamp holds 32 bits; a time outside of them is told by the DOS time alone.
    private var timestamp: Int32? { Int32(exactly: entry.modifiedUnixSeconds) }

    // MARK: - Lengths

    private var nameLength: Int { entry.path.utf8.count }
    private var timestampLength: Int { timestamp == nil ? 0 : 9 }
    private var localExtraLength: Int { timestampLength + (hasLargeSize ? 20 : 0) }
    private var wideLength: Int { (hasLargeSize ? 16 : 0) + (hasLargeOffset ? 8 : 0) }
    private var directoryExtraLength: Int { timestampLength + (wideLength > 0 ? 4 + wideLength : 0) }

    var localHeaderLength: Int { 30 + nameLength + localExtraLength }
    var descriptorLength: Int { hasLargeSize ? 24 : 16 }
    var directoryRecordLength: Int { 46 + nameLength + directoryExtraLength }

    var contentOffset: UInt64 { offset + UInt64(localHeaderLength) }
    var descriptorOffset: UInt64 { contentOffset + entry.size }
    var end: UInt64 { descriptorOffset + UInt64(descriptorLength) }

    // MARK: - Bytes

    var localHeader: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(localHeaderLength)
        bytes.append(littleEndian: UInt32(0x0403_4B50))
        let version = hasLargeSize ? ZipFormat.wideVersion : ZipFormat.version
        appendCommon(to: &bytes, version: version, crc: 0, size: hasLargeSize ? UInt32.max : 0, extraLength: localExtraLength)
        bytes.append(contentsOf: entry.path.utf8)
        if hasLargeSize { ExtraField.append(wide: [0, 0], to: &bytes) }
        if let timestamp { ExtraField.append(modified: timestamp, to: &bytes) }
        return bytes
    }

    func descriptor(crc: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(descriptorLength)
        bytes.append(littleEndian: UInt32(0x0807_4B50))
        bytes.append(littleEndian: crc)
        for _ in 0..<2 {
            if hasLargeSize {
                bytes.append(littleEndian: entry.size)
            } else {
                bytes.append(littleEndian: UInt32(entry.size))
            }
        }
        return bytes
    }

    func directoryRecord(crc: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(directoryRecordLength)
        let version = wideLength > 0 ? ZipFormat.wideVersion : ZipFormat.version
        bytes.append(littleEndian: UInt32(0x0201_4B50))
        // Made on Unix, whose file modes the external attributes therefore hold.
        bytes.append(littleEndian: UInt16(3) << 8 | version)
        let size = UInt32(min(entry.size, ZipFormat.limit32))
        appendCommon(to: &bytes, version: version, crc: crc, size: size, extraLength: directoryExtraLength)
        // No comment, disk 0, no internal attributes; an ordinary file that everybody may read.
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(0o100644) << 16)
        bytes.append(littleEndian: UInt32(min(offset, ZipFormat.limit32)))
        bytes.append(contentsOf: entry.path.utf8)
        let wide = (hasLargeSize ? [entry.size, entry.size] : []) + (hasLargeOffset ? [offset] : [])
        if !wide.isEmpty { ExtraField.append(wide: wide, to: &bytes) }
        if let timestamp { ExtraField.append(modified: timestamp, to: &bytes) }
        return bytes
    }

    /// Appends what local headers and directory records have in common.
    private func appendCommon(to bytes: inout [UInt8], version: UInt16, crc: UInt32, size: UInt32, extraLength: Int) {
        let time = DOSTime(unixSeconds: entry.modifiedUnixSeconds)
        for number in [version, ZipFormat.flags, ZipFormat.stored, time.time, time.date] { bytes.append(littleEndian: number) }
        for number in [crc, size, size] { bytes.append(littleEndian: number) }
        bytes.append(littleEndian: UInt16(nameLength))
        bytes.append(littleEndian: UInt16(extraLength))
    }
}

/// What an entry's records say beyond their fixed fields.
private enum ExtraField {
    /// Appends the numbers that did not fit: sizes before the offset (§4.5.3).
    static func append(wide numbers: [UInt64], to bytes: inout [UInt8]) {
        bytes.append(littleEndian: UInt16(0x0001))
        bytes.append(littleEndian: UInt16(8 * numbers.count))
        for number in numbers { bytes.append(littleEndian: number) }
    }

    /// Appends the extended timestamp.
    static func append(modified timestamp: Int32, to bytes: inout [UInt8]) {
        bytes.append(littleEndian: UInt16(0x5455))
        bytes.append(littleEndian: UInt16(5))
        // Bit 0: the time of modification is there, and no other.
        bytes.append(1)
        bytes.append(littleEndian: timestamp)
    }
}
