/// An archive whose entries and bytes lie elsewhere: in a database, on a NAS. Everything may be called from several tasks at once.
public protocol ZipContent: Sendable {
    /// From ``ZipSizer/layout``, after all entries were added.
    var layout: ZipLayout { get }

    /// The entries from that index on, in order; fewer than `count` only at the end.
    func entries(from index: Int, count: Int) async throws -> [PlacedZipEntry]

    /// The index of the last entry whose offset is at most `offset`, which is less than ``ZipLayout/directoryOffset``.
    func index(at offset: UInt64) async throws -> Int

    /// Exactly `count` bytes of the entry's content from `offset` on.
    ///
    /// - Throws: whatever tells that the content is no longer what was planned, or cannot be had; it ends the writing of the range.
    func read(_ entry: PlacedZipEntry, offset: UInt64, count: Int) async throws -> [UInt8]

    /// Takes a CRC-32 that was found by reading, so that ``entries(from:count:)`` gives it to later archives and ranges.
    ///
    /// To forget it costs only work. Called once for an entry by everyone who shares a ``SharedChecksums``.
    func remember(crc: UInt32, of entry: PlacedZipEntry) async
}
