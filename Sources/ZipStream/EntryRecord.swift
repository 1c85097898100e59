/// What the format writes about one entry: its local header, its data descriptor, and its record in the central directory.
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
    private var hasTimestamp: Bool { Int32(exactly: entry.modifiedUnixSeconds) != nil }
    private var timestampLength: Int { hasTimestamp ? 9 : 0 }
    private var nameLength: Int { entry.path.utf8.count }

    // MARK: - Lengths

    var localHeaderLength: Int { 30 + nameLength + timestampLength + (hasLargeSize ? 20 : 0) }
    var descriptorLength: Int { hasLargeSize ? 24 : 16 }
    var directoryRecordLength: Int { 46 + nameLength + timestampLength + wideFieldLength }
    private var wideFieldLength: Int { hasLargeSize || hasLargeOffset ? 4 + (hasLargeSize ? 16 : 0) + (hasLargeOffset ? 8 : 0) : 0 }

    /// Of local header, content and descriptor.
    var length: UInt64 { UInt64(localHeaderLength) + entry.size + UInt64(descriptorLength) }
    var contentOffset: UInt64 { offset + UInt64(localHeaderLength) }
    var descriptorOffset: UInt64 { contentOffset + entry.size }
    var end: UInt64 { offset + length }
}
