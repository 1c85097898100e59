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
    /// A range with the end of an entry whose checksum nobody knows yet first reads what precedes the range in that entry; one with records of
    /// the central directory all such entries that it has records of.
    ///
    /// - Throws: what the content or the sink throws; ``ZipError``. What was given until then is right, and not all of the range.
    public func write(_ range: Range<UInt64>, to sink: (sending [UInt8]) async throws -> Void) async throws {
        guard range.upperBound <= length else { throw ZipError(.rangeOutsideArchive) }
        var walk = try await ArchiveWalk(content, range: range, chunk: chunk, checksums: checksums, budget: budget)
        try await withThrowingTaskGroup(of: ReadAhead.Result.self) { group in
            var readAhead = ReadAhead(content, checksums: checksums, chunk: chunk, share: budget.join())
            var output = RangeOutput(range)
            var next = try await walk.next()
            while true {
                while let step = next, readAhead.start(step, in: &group) { next = try await walk.next() }
                guard !readAhead.isEmpty else { break }
                if let (bytes, offset) = try await readAhead.finish(in: &group) { try await output.write(bytes, at: offset, to: sink) }
            }
            try await output.flush(to: sink)
        }
    }
}

/// Collects small pieces, and cuts off what lies outside of the range.
private struct RangeOutput {
    private static let capacity = 32 * 1024

    private let range: Range<UInt64>
    private var pending: [UInt8] = []

    init(_ range: Range<UInt64>) { self.range = range }

    mutating func write(_ bytes: [UInt8], at offset: UInt64, to sink: (sending [UInt8]) async throws -> Void) async throws {
        let wanted = range.clamped(to: offset..<offset + UInt64(bytes.count))
        guard !wanted.isEmpty else { return }
        let piece = bytes[Int(wanted.lowerBound - offset)..<Int(wanted.upperBound - offset)]
        if pending.count + piece.count > RangeOutput.capacity { try await flush(to: sink) }
        guard piece.count > RangeOutput.capacity else {
            pending += piece
            return
        }
        try await sink(piece.count == bytes.count ? bytes : Array(piece))
    }

    mutating func flush(to sink: (sending [UInt8]) async throws -> Void) async throws {
        guard !pending.isEmpty else { return }
        let bytes = pending
        pending = []
        try await sink(bytes)
    }
}
