internal import CZlib
internal import Glibc

/// Inflates a deflated data set piece by piece into a buffer of fixed size.
///
/// A class, for zlib's state must stay where it is, and hardly any file needs one.
///
/// Source: PS3.5 §A.5; zlib `inflate`.
final class Inflater {
    /// Room for the longest element that is wanted whole, many times over.
    private static let capacity = 32 * 1024
    /// What a header may inflate to. A small file can inflate a thousandfold, and none has so large a header.
    private static let mostBytes: UInt64 = 64 << 20

    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer: UnsafeMutableRawPointer
    private var count = 0
    /// The offset in the inflated stream of the buffer's first byte.
    private var start: UInt64 = 0
    /// Whether there is no more to come.
    private(set) var hasEnded = false
    /// Whether it ended by an error.
    private(set) var isDamaged = false

    /// - Parameter isWrapped: whether the stream has zlib's header, which PS3.5 does not have but some writers do.
    init?(isWrapped: Bool) {
        stream = .allocate(capacity: 1)
        buffer = .allocate(byteCount: Inflater.capacity, alignment: 16)
        stream.initialize(to: z_stream())
        let bits = isWrapped ? MAX_WBITS : -MAX_WBITS
        let code = inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        if code != Z_OK {
            hasEnded = true
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    /// Whether two bytes are the header of a zlib stream (RFC 1950 §2.2). A raw stream that starts so would be a stored block with
    /// nonzero padding, which no compressor writes.
    static func isWrapped(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x78 && (UInt16(bytes[0]) << 8 | UInt16(bytes[1])) % 31 == 0
    }

    /// Whether the limit is reached.
    var isExhausted: Bool { start + UInt64(count) >= Inflater.mostBytes }

    /// What is inflated and not discarded.
    var window: Window {
        let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
        return Window(start: start, bytes: bytes, end: hasEnded ? start + UInt64(count) : Window.unknownEnd)
    }

    /// Forgets what precedes that position of the inflated stream.
    func discard(upTo position: UInt64) {
        guard position > start else { return }
        let unneeded = Int(min(position - start, UInt64(count)))
        memmove(buffer, buffer + unneeded, count - unneeded)
        count -= unneeded
        start += UInt64(unneeded)
    }

    /// Inflates until the buffer is full or the input used up, and returns how much of the input was used.
    func fill(from input: UnsafeRawBufferPointer) -> Int {
        guard !hasEnded, count < Inflater.capacity else { return 0 }
        let offered = min(input.count, Int(UInt32.max))
        let room = Inflater.capacity - count
        // zlib does not write to its input.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = (buffer + count).assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let code = inflate(stream, Z_NO_FLUSH)
        count += room - Int(stream.pointee.avail_out)
        if code != Z_OK, code != Z_BUF_ERROR {
            hasEnded = true
            isDamaged = code != Z_STREAM_END
        }
        return offered - Int(stream.pointee.avail_in)
    }

    /// Says that the file has no more bytes.
    func endInput() {
        if !hasEnded { isDamaged = true }
        hasEnded = true
    }

    /// Whether everything that the input so far gives is in the buffer.
    var isDrained: Bool { hasEnded || count < Inflater.capacity }
}
