/// What comes next in an archive.
enum Step: Sendable {
    /// Bytes that are known, and where they begin in the archive.
    case bytes([UInt8], at: UInt64)
    /// A part of an entry's content.
    case content(Range<UInt64>, of: PlacedZipEntry)
    /// A part of an entry's content that is needed for its checksum only.
    case checksum(Range<UInt64>, of: PlacedZipEntry)
    case descriptor(of: PlacedZipEntry)
    /// A record of the central directory, and where it begins in the archive.
    case directoryRecord(of: PlacedZipEntry, at: UInt64)
}

/// The steps of one entry, as far as a range of the archive has any of it.
struct EntrySteps {
    private enum Phase { case header, content, checksum, descriptor, finished }

    let placed: PlacedZipEntry
    let record: EntryRecord
    private let range: Range<UInt64>
    /// Asked at each chunk: others come and go.
    private let chunk: () -> Int
    private var phase = Phase.header
    /// What is left of the content.
    private var content: Range<UInt64>
    private var checksum: ChecksumParts

    /// - Parameters:
    ///   - chunk: how much of the content is read at once.
    ///   - part: how much is read at once for a checksum alone: the same for every range.
    init(_ placed: PlacedZipEntry, range: Range<UInt64>, chunk: @escaping () -> Int, part: Int, isChecksumKnown: Bool) {
        self.placed = placed
        self.range = range
        self.chunk = chunk
        record = EntryRecord(placed)
        content = range.clamped(to: record.contentOffset..<record.descriptorOffset)
        // What precedes the range is not read for the recipient; a range that ends before the descriptor needs no checksum.
        let isNeeded = !isChecksumKnown && range.overlaps(record.descriptorOffset..<record.end)
        checksum = ChecksumParts(of: placed, upTo: isNeeded ? content.lowerBound - record.contentOffset : 0, chunk: part)
    }

    mutating func next() -> Step? {
        while true {
            switch phase {
            case .header:
                phase = .content
                if range.lowerBound < record.contentOffset { return .bytes(record.localHeader, at: placed.offset) }
            case .content:
                if !content.isEmpty { return nextContent() }
                phase = .checksum
            case .checksum:
                if let part = checksum.next() { return .checksum(part, of: placed) }
                phase = .descriptor
            case .descriptor:
                phase = .finished
                if range.upperBound > record.descriptorOffset { return .descriptor(of: placed) }
            case .finished: return nil
            }
        }
    }

    /// Chunks begin at multiples of their size, so that what several ranges read of an entry fits together.
    private mutating func nextContent() -> Step {
        let (start, chunk) = (content.lowerBound - record.contentOffset, UInt64(chunk()))
        let end = min((start / chunk + 1) * chunk, content.upperBound - record.contentOffset)
        content = record.contentOffset + end..<content.upperBound
        return .content(start..<end, of: placed)
    }
}

/// The parts of an entry that are read for its checksum only: from its start, the same for every range.
struct ChecksumParts {
    private let size: UInt64
    private let end: UInt64
    private let chunk: UInt64
    private var position: UInt64 = 0

    init(of placed: PlacedZipEntry, upTo end: UInt64, chunk: Int) {
        size = placed.entry.size
        self.end = end
        self.chunk = UInt64(chunk)
    }

    mutating func next() -> Range<UInt64>? {
        guard position < end else { return nil }
        defer { position += chunk }
        return position..<min(position + chunk, size)
    }
}
