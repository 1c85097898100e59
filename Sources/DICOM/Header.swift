internal import Glibc

/// The wanted attributes of one file, packed into one buffer: a header costs one allocation, and values are decoded when asked for.
public struct Header: Sendable, Hashable {
    /// The buffer that crosses a pipe. Opaque; see ``init(packed:)``.
    public let packed: [UInt8]

    /// Takes a buffer that came from ``packed``; nil when it is malformed.
    public init?(packed: [UInt8]) {
        let isValid = packed.withUnsafeBytes { bytes in
            guard bytes.count >= PackedLayout.valuesOffset, bytes[0] == PackedLayout.version, Int(bytes[1]) == AttributeOrder.count,
                bytes[2] == 0, bytes[3] == 0
            else { return false }
            let deviations = Header.deviations(in: bytes)
            guard Deviations.packable.isSuperset(of: deviations) else { return false }
            var end = PackedLayout.valuesOffset
            for rank in 0..<AttributeOrder.count {
                let length = Header.length(rank: rank, in: bytes)
                if length == PackedLayout.absent { continue }
                guard Int(length) <= ValueStore.longestValue else { return false }
                end += Int(length)
            }
            return end == bytes.count
        }
        guard isValid else { return nil }
        self.packed = packed
    }

    /// Takes what a reader gathered.
    init(_ values: borrowing ValueStore, _ deviations: Deviations) {
        packed = values.packed(with: deviations)
    }

    /// What reading found wrong; ``deviations`` adds what decoding the text finds.
    public var readingDeviations: Deviations { packed.withUnsafeBytes { Header.deviations(in: $0) } }

    /// Whether the attribute is present, if only empty.
    public func contains(_ attribute: Attribute) -> Bool {
        packed.withUnsafeBytes { Header.range(of: attribute, in: $0) != nil }
    }

    /// Gives the body the value's bytes as they are in the file, without padding; nil when the attribute is absent.
    ///
    /// Numbers that the file stores in binary are decimal text here. The bytes are valid only within the body.
    public func withRawValue<Result>(of attribute: Attribute, _ body: (UnsafeRawBufferPointer?) throws -> Result) rethrows -> Result {
        try packed.withUnsafeBytes { bytes in
            try body(Header.range(of: attribute, in: bytes).map { UnsafeRawBufferPointer(rebasing: bytes[$0]) })
        }
    }

    /// The attribute's value, or the first of several, as a whole number; nil when it is absent or not a whole number.
    public func integer(_ attribute: Attribute) -> Int? {
        withRawValue(of: attribute) { $0.flatMap(Header.integer) }
    }

    // MARK: - The buffer

    /// Where the attribute's value is; nil when it is absent.
    static func range(of attribute: Attribute, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        let rank = AttributeOrder.rank(of: attribute)
        let length = Header.length(rank: rank, in: bytes)
        guard length != PackedLayout.absent else { return nil }
        var start = PackedLayout.valuesOffset
        for earlier in 0..<rank {
            let length = Header.length(rank: earlier, in: bytes)
            if length != PackedLayout.absent { start += Int(length) }
        }
        return start..<start + Int(length)
    }

    /// The stored length, ``PackedLayout/absent`` included.
    static func length(rank: Int, in bytes: UnsafeRawBufferPointer) -> UInt16 {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: PackedLayout.lengthsOffset + 2 * rank, as: UInt16.self))
    }

    private static func deviations(in bytes: UnsafeRawBufferPointer) -> Deviations {
        Deviations(rawValue: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: PackedLayout.deviationsOffset, as: UInt32.self)))
    }

    /// Reads an Integer String leniently: a fraction of zeros ("1.0", written by some modalities) does not make it another number.
    private static func integer(_ text: UnsafeRawBufferPointer) -> Int? {
        var digits = text.prefix { $0 != UInt8(ascii: "\\") }
        while digits.last == UInt8(ascii: " ") { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")), point > digits.startIndex {
            guard digits[(point + 1)...].allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
            digits = digits[..<point]
        }
        guard !digits.isEmpty else { return nil }
        var result = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = Int(byte - UInt8(ascii: "0"))
            let (product, productOverflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if productOverflow || sumOverflow { return nil }
            result = sum
        }
        return result
    }
}
