/// The steps of a range that are under way: many reads at once, across the ends of entries, finished in order.
struct ReadAhead: ~Copyable {
    /// What a read brought: its number, and its bytes, none for a checksum.
    typealias Result = (ticket: Int, bytes: [UInt8])

    /// The most reads at once. More than any source has connections, and few enough to ask for entries page by page.
    private static let mostReads = 64
    private static let mostSteps = 512
    /// What a read counts in the budget at least, being more than its bytes.
    private static let leastCost = 64 * 1024

    private enum Slot {
        case ready([UInt8], at: UInt64)
        case reading(ticket: Int, cost: Int, at: UInt64)
        case descriptor(of: PlacedZipEntry)
        case directoryRecord(of: PlacedZipEntry, at: UInt64)
    }

    private let content: any ZipContent
    private let checksums: SharedChecksums
    private let chunk: Int
    private var share: ReadAheadShare
    private var slots: [Slot] = []
    private var firstSlot = 0
    private var reads = 0
    private var lastTicket = 0
    private var finished: [Int: [UInt8]] = [:]

    init(_ content: any ZipContent, checksums: SharedChecksums, chunk: Int, share: consuming ReadAheadShare) {
        self.content = content
        self.checksums = checksums
        self.chunk = chunk
        self.share = share
    }

    /// Whether nothing is under way.
    var isEmpty: Bool { firstSlot == slots.count }

    /// Starts a step, unless enough is under way; it always starts one when nothing is.
    mutating func start(_ step: Step, in group: inout ThrowingTaskGroup<Result, any Error>) -> Bool {
        guard slots.count - firstSlot < ReadAhead.mostSteps else { return false }
        switch step {
        case .bytes(let bytes, let offset): slots.append(.ready(bytes, at: offset))
        case .descriptor(let placed): slots.append(.descriptor(of: placed))
        case .directoryRecord(let placed, let offset): slots.append(.directoryRecord(of: placed, at: offset))
        case .content(let range, let placed):
            return read(range, at: EntryRecord(placed).contentOffset + range.lowerBound, in: &group) { [content, checksums] in
                let bytes = try await content.bytes(range, of: placed)
                if let crc = checksums.add(bytes, at: range.lowerBound, of: placed) { await content.remember(crc: crc, of: placed) }
                return bytes
            }
        case .checksum(let range, let placed):
            return read(range, at: 0, in: &group) { [content, checksums] in
                try await checksums.complete(range, of: placed, from: content)
                return []
            }
        }
        return true
    }

    private mutating func read(
        _ range: Range<UInt64>, at offset: UInt64, in group: inout ThrowingTaskGroup<Result, any Error>,
        _ operation: sending @escaping @isolated(any) () async throws -> [UInt8]
    ) -> Bool {
        let cost = max(range.count, ReadAhead.leastCost)
        if reads == 0 {
            share.insist(cost)
        } else if reads >= ReadAhead.mostReads || !share.take(cost) {
            return false
        }
        reads += 1
        lastTicket += 1
        let ticket = lastTicket
        slots.append(.reading(ticket: ticket, cost: cost, at: offset))
        group.addTask { (ticket, try await operation()) }
        return true
    }

    /// Finishes the first step and returns its bytes with their place in the archive; nil when it still needs time, a part of which has passed.
    mutating func finish(in group: inout ThrowingTaskGroup<Result, any Error>) async throws -> (bytes: [UInt8], offset: UInt64)? {
        switch slots[firstSlot] {
        case .ready(let bytes, let offset):
            removeFirst()
            return (bytes, offset)
        case .descriptor(let placed):
            let crc = try await checksum(of: placed)
            removeFirst()
            let record = EntryRecord(placed)
            return (record.descriptor(crc: crc), record.descriptorOffset)
        case .directoryRecord(let placed, let offset):
            let crc = try await checksum(of: placed)
            removeFirst()
            return (EntryRecord(placed).directoryRecord(crc: crc), offset)
        case .reading(let ticket, let cost, let offset):
            guard let bytes = finished.removeValue(forKey: ticket) else {
                if let result = try await group.next() { finished[result.ticket] = result.bytes }
                return nil
            }
            removeFirst()
            reads -= 1
            share.giveBack(cost)
            return (bytes, offset)
        }
    }

    /// The entry's checksum. The steps before have seen to it, but for what another range took on and gave up.
    private func checksum(of placed: PlacedZipEntry) async throws -> UInt32 {
        while true {
            if let crc = checksums.checksum(of: placed) { return crc }
            var parts = ChecksumParts(of: placed, upTo: placed.entry.size, chunk: chunk)
            while let part = parts.next() { try await checksums.complete(part, of: placed, from: content) }
        }
    }

    private mutating func removeFirst() {
        firstSlot += 1
        if firstSlot == ReadAhead.mostSteps {
            slots.removeFirst(firstSlot)
            firstSlot = 0
        }
    }
}
