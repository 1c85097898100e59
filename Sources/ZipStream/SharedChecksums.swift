internal import Synchronization

/// What is known of the checksums of one archive while any of its ranges is being written: one per archive, shared by all of them.
///
/// Every range adds what it reads for its recipient. What then is missing when a checksum must be written is read for it alone, and two ranges
/// never do that for the same bytes at the same time; nor does one wait for bytes that another reads at the pace of its recipient.
public final class SharedChecksums: Sendable {
    private let state = Mutex(State())
    private let claims = Claims()

    private struct State {
        var known: [Int: UInt32] = [:]
        /// Of entries that are known in part.
        var stretches: [Int: Stretches] = [:]
    }

    public init() {}

    /// The entry's checksum, if anybody knows it.
    func checksum(of placed: PlacedZipEntry) -> UInt32? {
        if let crc = placed.crc { return crc }
        return placed.entry.size == 0 ? 0 : state.withLock { $0.known[placed.index] }
    }

    /// Takes bytes of an entry that were read; returns its checksum if these were the last that it lacked.
    func add(_ bytes: [UInt8], at offset: UInt64, of placed: PlacedZipEntry) -> UInt32? {
        let read = offset..<offset + UInt64(bytes.count)
        let found = missing(in: read, of: placed).map { range in
            let part = Int(range.lowerBound - offset)..<Int(range.upperBound - offset)
            return Stretches.Stretch(range: range, crc: bytes.withUnsafeBytes { CRC32.of(UnsafeRawBufferPointer(rebasing: $0[part])) })
        }
        return state.withLock { state in
            guard state.known[placed.index] == nil else { return nil }
            var stretches = state.stretches.removeValue(forKey: placed.index) ?? Stretches()
            for stretch in found { stretches.insert(stretch) }
            guard let crc = stretches.checksum(ofFirst: placed.entry.size) else {
                state.stretches[placed.index] = stretches
                return nil
            }
            state.known[placed.index] = crc
            return crc
        }
    }

    /// Reads what is missing of a part of an entry, unless another range is about it: then waits for that.
    ///
    /// - Parameter part: the same for everyone, or two might read the same bytes.
    func complete(_ part: Range<UInt64>, of placed: PlacedZipEntry, from content: any ZipContent) async throws {
        while !missing(in: part, of: placed).isEmpty {
            let claim = Claims.Key(index: placed.index, offset: part.lowerBound)
            guard try await claims.take(claim) else { continue }
            defer { claims.release(claim) }
            // Looked for again: another may have come to its end just before.
            for gap in missing(in: part, of: placed) {
                let bytes = try await content.bytes(gap, of: placed)
                if let crc = add(bytes, at: gap.lowerBound, of: placed) { await content.remember(crc: crc, of: placed) }
            }
        }
    }

    private func missing(in range: Range<UInt64>, of placed: PlacedZipEntry) -> [Range<UInt64>] {
        guard placed.crc == nil else { return [] }
        return state.withLock { state in
            state.known[placed.index] != nil ? [] : state.stretches[placed.index]?.gaps(in: range) ?? [range]
        }
    }
}

extension ZipContent {
    /// Bytes of an entry's content, as many as the range has.
    func bytes(_ range: Range<UInt64>, of placed: PlacedZipEntry) async throws -> [UInt8] {
        let bytes = try await read(placed, offset: range.lowerBound, count: range.count)
        guard bytes.count == range.count else { throw ZipError(.wrongReadLength, index: placed.index) }
        return bytes
    }
}
