/// Why bytes are not a message of this protocol.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String
    /// Position in the payload where it went wrong.
    public var offset: Int

    public init(_ reason: String, at offset: Int) {
        (self.reason, self.offset) = (reason, offset)
    }

    public var description: String { "\(reason) at byte \(offset)" }
}

/// The bounds of everything that crosses the pipe. A message outside of them is malformed.
public enum WireLimit {
    /// Bytes in a frame, its length not counted.
    public static let frame = 4 << 20
    /// Bytes in a path or a name.
    public static let path = 32 << 10
    /// Bytes in a text for people.
    public static let text = 4 << 10
    /// Entries in a page, files in a batch.
    public static let items = 16 << 10
    /// Bytes of file content in one answer.
    public static let data = 2 << 20
}

/// Memory that a worker has in common with the program that started it.
///
/// At its start stands a number of eight bytes in this machine's order: which file of the batch is being read, counted from 1; 0 between batches.
public enum SharedMemory {
    /// Where the bytes are that were read last: a page of its own begins there.
    public static let dataOffset = 4096
    public static let length = dataOffset + WireLimit.data
}

/// Appends little-endian integers and counted byte strings to a frame.
struct ByteWriter {
    private var bytes: [UInt8]

    init(reserving capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity + Frame.prefixLength)
        // The length, which is known at the end.
        put(UInt32(0))
    }

    /// What was written, with its length before it.
    consuming func frame() -> [UInt8] {
        let length = UInt32(bytes.count - Frame.prefixLength)
        withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(..<Frame.prefixLength, with: $0) }
        return bytes
    }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func put(_ value: [UInt8]) {
        put(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func put(_ value: String) {
        put(Array(value.utf8.prefix(WireLimit.text)))
    }
}

/// Takes apart what ``ByteWriter`` made, trusting nothing.
struct ByteReader {
    private let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int

    init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
        self.bytes = bytes
        (position, end) = (range?.lowerBound ?? 0, range?.upperBound ?? bytes.count)
    }

    var remaining: Int { end - position }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(WireError) -> Value {
        let size = Value.bitWidth / 8
        guard remaining >= size else { throw WireError("an integer of \(size) bytes is cut off", at: position) }
        defer { position += size }
        return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self)) }
    }

    mutating func bool() throws(WireError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw WireError("neither true nor false", at: position - 1)
        }
    }

    mutating func byteString(limit: Int) throws(WireError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw WireError("\(count) bytes where at most \(limit) are allowed", at: position) }
        guard count <= remaining else { throw WireError("\(count) bytes are announced and \(remaining) are there", at: position) }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func text() throws(WireError) -> String {
        String(decoding: try byteString(limit: WireLimit.text), as: UTF8.self)
    }

    /// A count of items of which each takes at least `size` bytes.
    mutating func count(limit: Int = WireLimit.items, each size: Int) throws(WireError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw WireError("\(count) items where at most \(limit) are allowed", at: position) }
        guard count * size <= remaining else { throw WireError("\(count) items cannot be in \(remaining) bytes", at: position) }
        return count
    }

    /// Nothing may follow.
    func finish() throws(WireError) {
        guard remaining == 0 else { throw WireError("\(remaining) bytes too many", at: position) }
    }
}

/// Frames: a length of four bytes, little-endian, and as many bytes of payload.
public enum Frame {
    public static let prefixLength = 4

    /// The payload's length, from the four bytes before it.
    /// - Parameter offset: where in `bytes` these are.
    /// - Throws: ``WireError`` for a length of none or beyond ``WireLimit/frame``.
    public static func length(_ bytes: [UInt8], at offset: Int = 0) throws(WireError) -> Int {
        var reader = ByteReader(bytes, in: offset..<min(bytes.count, offset + prefixLength))
        let length = Int(try reader.integer(UInt32.self))
        guard length > 0, length <= WireLimit.frame else { throw WireError("a frame of \(length) bytes", at: 0) }
        return length
    }
}
