/// Writes any range of an archive: stored entries, each followed by a data descriptor, then the central directory.
public struct ZipArchive: Sendable {
    private let content: any ZipContent
    private let checksums: SharedChecksums
    private let budget: ReadAheadBudget
    private let chunk: Int

    /// - Parameters:
    ///   - checksums: one for all ranges of this archive.
    ///   - budget: one for all downloads.
    ///   - chunk: the most that is read at once, in bytes.
    public init(_ content: any ZipContent, checksums: SharedChecksums, budget: ReadAheadBudget, chunk: Int = 1 << 20) {
        self.content = content
        self.checksums = checksums
        self.budget = budget
        self.chunk = chunk
    }

    /// The archive's length in bytes.
    public var length: UInt64 { content.layout.length }

    /// Gives the bytes of a range in order, in pieces of any size, reading ahead while the sink takes its time.
    ///
    /// - Throws: what the content or the sink throws; ``ZipError``. What was given until then is right, and not all of the range.
    public func write(_ range: Range<UInt64>, to sink: (sending [UInt8]) async throws -> Void) async throws {
        guard range.upperBound <= length else { throw ZipError(.rangeOutsideArchive) }
    }
}
