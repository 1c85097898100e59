/// Goes through a range of an archive, with the entries that it comes by, in order.
struct ArchiveWalk {
    private enum Place {
        case entries, directory, end, finished
    }

    /// How many entries are asked for at once.
    private static let page = 64

    private let content: any ZipContent
    private let checksums: SharedChecksums
    private let layout: ZipLayout
    private let range: Range<UInt64>
    private let chunk: Int
    private let budget: ReadAheadBudget

    private var place = Place.entries
    private var entries: ArraySlice<PlacedZipEntry> = []
    /// The entry to ask for next, and where it or its record must begin.
    private var index = 0
    private var offset: UInt64 = 0
    /// The first entry whose checksum the range's own entries see to.
    private var firstCompleted: Int
    private var entrySteps: EntrySteps?
    private var record: (placed: PlacedZipEntry, offset: UInt64, parts: ChecksumParts)?

    init(_ content: any ZipContent, range: Range<UInt64>, chunk: Int, checksums: SharedChecksums, budget: ReadAheadBudget) async throws {
        self.content = content
        self.budget = budget
        self.checksums = checksums
        self.range = range
        self.chunk = chunk
        layout = content.layout
        firstCompleted = layout.count
        guard range.lowerBound < layout.directoryOffset else {
            startDirectory()
            return
        }
        index = try await content.index(at: range.lowerBound)
        entries = try await content.entries(from: index, count: ArchiveWalk.page)[...]
        guard let first = entries.first, first.offset <= range.lowerBound, EntryRecord(first).end > range.lowerBound else {
            throw ZipError(.inconsistentLayout, index: index)
        }
        offset = first.offset
        firstCompleted = index
    }

    mutating func next() async throws -> Step? {
        while true {
            if let step = entrySteps?.next() ?? nextOfRecord() { return step }
            guard offset < range.upperBound else { return nil }
            switch place {
            case .entries: try await advanceToEntry()
            case .directory: try await advanceToDirectoryRecord()
            case .end:
                place = .finished
                return .bytes(layout.end, at: layout.endOffset)
            case .finished: return nil
            }
        }
    }

    private mutating func advanceToEntry() async throws {
        entrySteps = nil
        guard let placed = try await nextEntry() else {
            guard offset == layout.directoryOffset else { throw ZipError(.inconsistentLayout) }
            startDirectory()
            return
        }
        guard placed.offset == offset else { throw ZipError(.inconsistentLayout, index: placed.index) }
        let steps = EntrySteps(
            placed, range: range, chunk: { [budget, chunk] in budget.chunk(atMost: chunk) }, part: chunk,
            isChecksumKnown: checksums.checksum(of: placed) != nil)
        offset = steps.record.end
        entrySteps = steps
    }

    private mutating func startDirectory() {
        place = .directory
        offset = layout.directoryOffset
        index = 0
        entries = []
    }

    private mutating func advanceToDirectoryRecord() async throws {
        guard range.lowerBound < layout.endOffset else {
            offset = layout.endOffset
            place = .end
            return
        }
        guard let placed = try await nextEntry() else {
            guard offset == layout.endOffset else { throw ZipError(.inconsistentLayout) }
            place = .end
            return
        }
        let start = offset
        offset += UInt64(EntryRecord(placed).directoryRecordLength)
        guard offset > range.lowerBound else { return }
        let isMissing = placed.index < firstCompleted && checksums.checksum(of: placed) == nil
        record = (placed, start, ChecksumParts(of: placed, upTo: isMissing ? placed.entry.size : 0, chunk: chunk))
    }

    /// What the record of the central directory still waits for, then the record.
    private mutating func nextOfRecord() -> Step? {
        if let part = record?.parts.next(), let placed = record?.placed { return .checksum(part, of: placed) }
        guard let (placed, offset, _) = record else { return nil }
        record = nil
        return .directoryRecord(of: placed, at: offset)
    }

    /// The next entry of the archive; nil after the last.
    private mutating func nextEntry() async throws -> PlacedZipEntry? {
        guard index < layout.count else { return nil }
        if entries.isEmpty { entries = try await content.entries(from: index, count: ArchiveWalk.page)[...] }
        guard let placed = entries.popFirst(), placed.index == index else { throw ZipError(.inconsistentLayout, index: index) }
        index += 1
        return placed
    }
}
