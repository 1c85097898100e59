import Testing

@testable import ZipStream

/// Who reads what for checksums that nobody knows yet.
struct ChecksumTests {
    private let sizes = [20_000, 0, 7, 50_000, 4096]
    private var total: Int { sizes.reduce(0, +) }

    @Test func `the whole reads every byte once and remembers every checksum once`() async throws {
        let archive = try TestArchive(sizes: sizes)
        _ = try await archive.bytes()
        #expect(archive.seen.bytes == total)
        #expect(archive.seen.remembered.count == 4 && archive.seen.repeated == 0)
    }

    @Test func `a range that goes on where another ended reads nothing twice`() async throws {
        let archive = try TestArchive(sizes: sizes)
        let checksums = SharedChecksums()
        let middle = archive.offsets[3] + 25_000
        let whole =
            try await archive.bytes(0..<middle, checksums: checksums)
            + archive.bytes(middle..<archive.layout.length, checksums: checksums)
        #expect(archive.seen.bytes == total)
        #expect(try await whole == TestArchive(sizes: sizes).bytes())
    }

    @Test func `a range that begins within an entry reads its beginning too, when nobody knows it`() async throws {
        let archive = try TestArchive(sizes: sizes)
        let start = archive.offsets[3] + 25_000
        _ = try await archive.bytes(start..<archive.offsets[4])
        #expect(archive.seen.bytes == sizes[3])
        #expect(archive.seen.remembered.count == 1)
    }

    @Test func `a range that ends within an entry reads only what it gives`() async throws {
        let archive = try TestArchive(sizes: sizes)
        let start = archive.offsets[3] + 25_000
        #expect(try await archive.bytes(start..<start + 1000).count == 1000)
        #expect(archive.seen.bytes == 1000)
    }

    @Test func `the tail reads every unknown entry once, and nothing when all are known`() async throws {
        let archive = try TestArchive(sizes: sizes)
        let tail = archive.layout.directoryOffset..<archive.layout.length
        let first = try await archive.bytes(tail)
        #expect(archive.seen.bytes == total)
        #expect(try await archive.bytes(tail) == first)
        #expect(archive.seen.bytes == total)
    }

    @Test func `what ends the archive needs no checksum`() async throws {
        let archive = try TestArchive(sizes: sizes)
        #expect(try await archive.bytes(archive.layout.endOffset..<archive.layout.length).count == 22)
        #expect(archive.seen.reads == 0)
    }

    @Test func `tails that are asked for at once share the reading`() async throws {
        let archive = try TestArchive(sizes: (0..<50).map { 1000 * $0 })
        let checksums = SharedChecksums()
        let tail = archive.layout.directoryOffset..<archive.layout.length
        let tails = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 { group.addTask { try await archive.bytes(tail, checksums: checksums) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(tails.count == 1)
        #expect(archive.seen.bytes == archive.entries.reduce(0) { $0 + Int($1.size) })
        #expect(archive.seen.repeated == 0)
    }

    @Test func `who waits for another's reading is freed when that ends or the wait is cancelled`() async throws {
        let claims = Claims()
        let key = Claims.Key(index: 0, offset: 0)
        #expect(try await claims.take(key))
        let cancelled = Task { try await claims.take(key) }
        let waiting = Task { try await claims.take(key) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        claims.release(key)
        // It came after the release, and has the claim, or before, and may try again.
        if try await !waiting.value { #expect(try await claims.take(key)) }
    }

    @Test func `stretches are joined in whatever order they come`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let crc = bytes.withUnsafeBytes { CRC32.of($0) }
        var random = SplitMix(seed: 3)
        var stretches = Stretches()
        for start in Swift.stride(from: 0, to: 1000, by: 50).shuffled(using: &random) {
            #expect(stretches.checksum(ofFirst: 1000) == nil)
            let part = bytes[start..<start + 50].withUnsafeBytes { CRC32.of($0) }
            stretches.insert(.init(range: UInt64(start)..<UInt64(start + 50), crc: part))
            #expect(stretches.gaps(in: UInt64(start)..<UInt64(start + 50)).isEmpty)
        }
        #expect(stretches.checksum(ofFirst: 1000) == crc)
    }
}
