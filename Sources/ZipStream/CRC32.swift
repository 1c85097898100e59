internal import CZlib

/// The checksum of the format.
///
/// Source: PKWARE APPNOTE 6.3.10 §4.4.7; zlib `crc32_z`, `crc32_combine`.
enum CRC32 {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// The checksum of two stretches one after the other, of which the second has `length` bytes.
    static func combine(_ first: UInt32, _ second: UInt32, length: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), Int(length)))
    }
}
