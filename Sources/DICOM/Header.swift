/// The wanted attributes of one file, packed into one buffer: a header costs one allocation, and values are decoded when asked for.
public struct Header: Sendable, Hashable {
    /// The buffer that crosses a pipe. Opaque; see ``init(packed:)``.
    public let packed: [UInt8]

    /// Takes a buffer that came from ``packed``; nil when it is malformed.
    public init?(packed: [UInt8]) {
        self.packed = packed
    }

    /// The attribute's value as UTF-8 text: several values joined by `\`, padding removed; nil when absent, "" when present and empty.
    public subscript(attribute: Attribute) -> String? { nil }

    /// 64-bit hash over the raw values (and the character set) of the attributes at the levels given; equal headers have equal digests.
    public func digest(of levels: [Level]) -> UInt64 { 0 }

    /// What was wrong with the file and tolerated, in words; empty for a conforming file.
    public var deviations: [String] { [] }
}
