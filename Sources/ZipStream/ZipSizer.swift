/// Adds up an archive's layout without keeping its entries.
public struct ZipSizer: Sendable {
    private var count = 0
    private var directoryOffset: UInt64 = 0
    private var directoryLength: UInt64 = 0

    public init() {}

    /// Gives the next entry its place, and returns the offset of its local header.
    ///
    /// - Throws: ``ZipError/Code/unusableName``.
    public mutating func add(_ entry: ZipEntry) throws(ZipError) -> UInt64 {
        guard 1...ZipFormat.longestName ~= entry.path.utf8.count else { throw ZipError(.unusableName, index: count) }
        let offset = directoryOffset
        let record = EntryRecord(entry, offset: offset)
        count += 1
        directoryOffset = record.end
        directoryLength += UInt64(record.directoryRecordLength)
        return offset
    }

    /// The measures of what was added so far.
    public var layout: ZipLayout { ZipLayout(count: count, directoryOffset: directoryOffset, directoryLength: directoryLength) }
}
