import Synchronization
import ZipStream

/// An archive whose bytes are made up as they are read, which counts what is read of it.
final class TestArchive: ZipContent {
    enum Kind { case noise, zeros }

    struct Failure: Error, Equatable {}

    struct Counts {
        var reads = 0
        var bytes = 0
        var remembered: [Int: UInt32] = [:]
        /// What was remembered a second time.
        var repeated = 0
    }

    let entries: [ZipEntry]
    let offsets: [UInt64]
    let layout: ZipLayout
    private let kind: @Sendable (Int) -> Kind
    private let failingAt: Int?
    private let counts = Mutex(Counts())

    /// - Parameter failingAt: the entry whose reading throws, but for its first byte.
    init(_ entries: [ZipEntry], failingAt: Int? = nil, kind: @escaping @Sendable (Int) -> Kind = { _ in .noise }) throws {
        var sizer = ZipSizer()
        offsets = try entries.map { entry throws(ZipError) in try sizer.add(entry) }
        layout = sizer.layout
        (self.entries, self.failingAt, self.kind) = (entries, failingAt, kind)
    }

    /// Files of these sizes, in a folder each, some with names beyond ASCII.
    convenience init(sizes: [Int], failingAt: Int? = nil) throws {
        let entries = sizes.enumerated().map { index, size in
            let name = index % 3 == 1 ? "Übersicht 画像 \(index)" : "IM\(index)"
            return ZipEntry(path: "SE\(index % 7)/\(name).dcm", size: UInt64(size), modifiedUnixSeconds: 1_700_000_000 + Int64(index))
        }
        try self.init(entries, failingAt: failingAt)
    }

    var seen: Counts { counts.withLock { $0 } }

    private static let noise: [UInt8] = {
        var random = SplitMix(seed: 7)
        return (0..<1 << 18).flatMap { _ in withUnsafeBytes(of: random.next(), Array.init) }
    }()

    private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

    /// Bytes of an entry's content.
    func content(of index: Int, _ range: Range<UInt64>) -> [UInt8] {
        if kind(index) == .zeros {
            return range.count == TestArchive.zeros.count ? TestArchive.zeros : Array(TestArchive.zeros[..<range.count])
        }
        let start = index * 977 % 65_536 + Int(range.lowerBound)
        return Array(TestArchive.noise[start..<start + range.count])
    }

    /// What all entries hold, one after the other.
    var wholeContent: [UInt8] { entries.indices.flatMap { content(of: $0, 0..<entries[$0].size) } }

    // MARK: - ZipContent

    func entries(from index: Int, count: Int) async throws -> [PlacedZipEntry] {
        let known = seen.remembered
        return (index..<min(index + count, entries.count)).map {
            PlacedZipEntry(index: $0, entry: entries[$0], offset: offsets[$0], crc: known[$0])
        }
    }

    func index(at offset: UInt64) async throws -> Int {
        var (low, high) = (0, offsets.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if offsets[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    func read(_ entry: PlacedZipEntry, offset: UInt64, count: Int) async throws -> [UInt8] {
        if entry.index == failingAt, offset > 0 { throw Failure() }
        counts.withLock {
            $0.reads += 1
            $0.bytes += count
        }
        // Reads come to their end in another order than they were begun.
        for _ in 0..<(entry.index * 7 + Int(offset / 1024)) % 5 { await Task.yield() }
        return content(of: entry.index, offset..<offset + UInt64(count))
    }

    func remember(crc: UInt32, of entry: PlacedZipEntry) async {
        counts.withLock { if $0.remembered.updateValue(crc, forKey: entry.index) != nil { $0.repeated += 1 } }
    }
}

extension TestArchive {
    /// A range of the archive's bytes; by default all of them, and with nothing known from elsewhere.
    func bytes(
        _ range: Range<UInt64>? = nil, checksums: SharedChecksums = SharedChecksums(), chunk: Int = 4096,
        budget: ReadAheadBudget = ReadAheadBudget(bytes: 1 << 20)
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let archive = ZipArchive(self, checksums: checksums, budget: budget, chunk: chunk)
        try await archive.write(range ?? 0..<layout.length) { bytes += $0 }
        return bytes
    }
}

/// Numbers that follow from a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
