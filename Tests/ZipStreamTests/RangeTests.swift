import Foundation
import Testing
import ZipStream

/// Any range of an archive, whatever is known of its checksums.
struct RangeTests {
    @Test func `random ranges are parts of the whole, and joined they are the whole`() async throws {
        let seed = ProcessInfo.processInfo.environment["FILEROOM_TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        print("FILEROOM_TEST_SEED=\(seed)")
        var random = SplitMix(seed: seed)
        for _ in 0..<6 {
            let sizes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                Bool.random(using: &random) ? Int.random(in: 0...60_000, using: &random) : Int.random(in: 0...3, using: &random)
            }
            let whole = try await TestArchive(sizes: sizes).bytes()
            let shared = (archive: try TestArchive(sizes: sizes), checksums: SharedChecksums())
            var start = 0
            var joined: [UInt8] = []
            while start < whole.count {
                let end = min(whole.count, start + Int.random(in: 1...whole.count / 3 + 1, using: &random))
                joined += try await shared.archive.bytes(UInt64(start)..<UInt64(end), checksums: shared.checksums)
                start = end
            }
            #expect(joined == whole, "seed \(seed)")
            for _ in 0..<20 {
                let start = Int.random(in: 0...whole.count, using: &random)
                let end = Int.random(in: start...whole.count, using: &random)
                let part = try await TestArchive(sizes: sizes).bytes(UInt64(start)..<UInt64(end))
                #expect(part.elementsEqual(whole[start..<end]), "seed \(seed), \(start)..<\(end)")
            }
        }
    }

    @Test func `four ranges at once, joined, are the whole`() async throws {
        let archive = try TestArchive(sizes: [100_000, 3, 0, 50_000, 90_000])
        let whole = try await archive.bytes()
        let other = try TestArchive(sizes: [100_000, 3, 0, 50_000, 90_000])
        let checksums = SharedChecksums()
        let quarter = other.layout.length / 4
        let joined = try await withThrowingTaskGroup(of: (UInt64, [UInt8]).self) { group in
            for part in 0..<4 as Range<UInt64> {
                let range = part * quarter..<(part == 3 ? other.layout.length : (part + 1) * quarter)
                group.addTask { (part, try await other.bytes(range, checksums: checksums)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap { $0.1 }
        }
        #expect(joined == whole)
        #expect(other.seen.remembered.count == 4 && other.seen.repeated == 0)
    }

    @Test func `the bytes do not depend on what is known, in what pieces it is read, or how much is read ahead`() async throws {
        let archive = try TestArchive(sizes: [10, 70_000, 0, 20_000])
        let whole = try await archive.bytes()
        #expect(try await archive.bytes() == whole)
        for (chunk, budget) in [(300, 0), (999, 200_000), (1 << 20, 1 << 24)] {
            let other = try TestArchive(sizes: [10, 70_000, 0, 20_000])
            #expect(try await other.bytes(chunk: chunk, budget: ReadAheadBudget(bytes: budget)) == whole)
        }
    }

    @Test func `an empty range is empty, and one beyond the end is refused`() async throws {
        let archive = try TestArchive(sizes: [5])
        #expect(try await archive.bytes(3..<3) == [])
        await #expect(throws: ZipError.self) { try await archive.bytes(0..<archive.layout.length + 1) }
    }

    @Test func `content that fails in the middle ends the range with its error, after what precedes it`() async throws {
        let sizes = [9000, 9000, 9000]
        let whole = try await TestArchive(sizes: sizes).bytes()
        let failing = try TestArchive(sizes: sizes, failingAt: 1)
        let archive = ZipArchive(failing, checksums: SharedChecksums(), budget: ReadAheadBudget(bytes: 1 << 20), chunk: 4096)
        var given: [UInt8] = []
        await #expect(throws: TestArchive.Failure()) {
            try await archive.write(0..<archive.length) { given += $0 }
        }
        #expect(whole.starts(with: given) && given.count < failing.offsets[2])
    }

    @Test func `content that is not what was laid out is never sent as if it were`() async throws {
        let planned = try TestArchive(sizes: [500, 500, 500])
        let changed = try TestArchive(sizes: [500, 501, 500])
        let archive = ZipArchive(
            Relaid(layout: planned.layout, content: changed), checksums: SharedChecksums(), budget: ReadAheadBudget(bytes: 0))
        var given = 0
        let error = await #expect(throws: ZipError.self) { try await archive.write(0..<archive.length) { given += $0.count } }
        #expect(error?.code == .inconsistentLayout && given < archive.length)
    }
}

/// Content under the layout of another.
private struct Relaid: ZipContent {
    let layout: ZipLayout
    let content: TestArchive

    func entries(from index: Int, count: Int) async throws -> [PlacedZipEntry] { try await content.entries(from: index, count: count) }
    func index(at offset: UInt64) async throws -> Int { try await content.index(at: offset) }
    func remember(crc: UInt32, of entry: PlacedZipEntry) async {}
    func read(_ entry: PlacedZipEntry, offset: UInt64, count: Int) async throws -> [UInt8] {
        try await content.read(entry, offset: offset, count: count)
    }
}
