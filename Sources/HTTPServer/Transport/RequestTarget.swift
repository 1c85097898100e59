/// A request's target, taken apart: `/api/studies/1.2?limit=10`.
///
/// Source: RFC 3986 §2.1, §3.3; RFC 9112 §3.2; the URL standard's form encoding for the query.
struct RequestTarget: Hashable {
    var rawPath: String
    var segments: [String]
    var query: QueryParameters

    /// - Throws: ``Problem`` 400. A path that could mean one thing here and another to whoever stands before or behind is refused: `.` and
    ///   `..` in any spelling, a backslash, NUL and other control characters, text that is not UTF-8, and empty segments but the last.
    init(_ text: String) throws(Problem) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw Self.refusal("has characters that must be percent-encoded") }
        guard text.utf8.first == UInt8(ascii: "/") else { throw Self.refusal("must be a path that begins with /") }
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw Self.refusal("must not have a fragment") }
        let mark = text.utf8.firstIndex(of: UInt8(ascii: "?"))
        rawPath = String(text[..<(mark ?? text.endIndex)])
        let parts = rawPath.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        segments = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty, isLast { break }
            guard let segment = Self.decode(part, plusIsSpace: false), !part.isEmpty, segment != ".", segment != ".." else {
                throw Self.refusal("has a part that cannot be understood: an empty one, . or .., or a wrong percent-encoding")
            }
            guard segment.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
                throw Self.refusal("has a backslash or control character")
            }
            segments.append(segment)
        }
        query = QueryParameters()
        if let mark {
            guard let parameters = QueryParameters(encoded: text.utf8[text.utf8.index(after: mark)...]) else {
                throw Problem(.badRequest, "MALFORMED_QUERY", "The query's percent-encoding is wrong, or what it encodes is not UTF-8.")
            }
            query = parameters
        }
    }

    /// Nil when the encoding is wrong, or the bytes are not UTF-8 or hold NUL.
    static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func refusal(_ what: String) -> Problem { Problem(.badRequest, "MALFORMED_PATH", "The address \(what).") }
}
