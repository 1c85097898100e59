/// What a `Range` header asks for. Source: RFC 9110 §14.1.2.
enum ByteRange: Equatable {
    /// From an offset to the end.
    case from(UInt64)
    /// From the first offset to the last, which is part of it.
    case between(UInt64, UInt64)
    /// So many bytes at the end.
    case last(UInt64)

    /// - Returns: nil for what is to be answered with the whole: another unit, several ranges, or what is malformed. Source: RFC 9110 §14.2.
    init?(header: String) {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased().trimmed == "bytes", !parts[1].contains(",") else { return nil }
        let ends = parts[1].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).trimmed }
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true): return nil
        case (true, false): self = .last(Self.number(ends[1]))
        case (false, true): self = .from(Self.number(ends[0]))
        case (false, false):
            let (first, last) = (Self.number(ends[0]), Self.number(ends[1]))
            guard first <= last else { return nil }
            self = .between(first, last)
        }
    }

    /// Whether who asks for it has nothing yet.
    var isFromBeginning: Bool {
        switch self {
        case .from(0), .between(0, _): true
        default: false
        }
    }

    /// The offsets that it means in something of `length` bytes; nil when there are none.
    func resolved(length: UInt64) -> Range<UInt64>? {
        let range: Range<UInt64>
        switch self {
        case .from(let first): range = first..<max(first, length)
        case .between(let first, let last): range = first..<max(first, min(last, max(length, 1) - 1) + 1)
        case .last(let count): range = length - min(count, length)..<length
        }
        return range.isEmpty || range.upperBound > length ? nil : range
    }

    /// Digits; more than fit are as many as fit.
    private static func number(_ digits: String) -> UInt64 { UInt64(digits) ?? .max }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
