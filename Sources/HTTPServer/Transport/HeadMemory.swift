/// Reads a request's head as it lies in libmicrohttpd's memory.
///
/// libmicrohttpd 0.9.75 says what it made of a head, not how it was written, and it takes bare line feeds, folded lines, NUL and spaces before a
/// colon. It parses in place, though: the head stays where it was received, beginning at the method that it hands over, as many bytes long as it
/// says, with NUL in the place of the separators that it recognised: the space or the colon, and each CR and each LF of a line's end. So a
/// line that ended in CR LF is followed by two NULs. Whatever does not look exactly so is refused, including what a later version might
/// lay out in another way.
enum HeadMemory {
    /// - Parameters:
    ///   - bytes: from the method's first byte to the end of the head.
    ///   - target: as it was before its parameters were taken apart.
    /// - Throws: ``Problem`` 400 when the head is not written as RFC 9112 says.
    static func read(_ bytes: UnsafeRawBufferPointer, target: [UInt8], limits: Limits) throws(Problem) -> RequestHead {
        guard bytes.count <= limits.headBytes else { throw RequestHead.tooLarge("\(limits.headBytes) bytes of headers at most") }
        var reader = Reader(bytes: bytes)
        let method = try reader.text()
        try reader.skip(target.count + 1)
        let version = try reader.text()
        try reader.lineEnd()
        var fields: [HeaderFields.Field] = []
        while !reader.isAtEmptyLine {
            let name = try reader.text()
            let value = try reader.text()
            try reader.lineEnd()
            fields.append(HeaderFields.Field(name: name, value: value))
        }
        try reader.end()
        guard let target = String(validating: target, as: UTF8.self) else { throw unclear }
        return try RequestHead(method: method, target: target, version: version, fields: fields, limits: limits)
    }

    private static var unclear: Problem {
        RequestHead.malformed(
            "The request's head is not written as HTTP/1.1 demands: lines end in CR LF and are not folded, and all text is UTF-8.")
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        var isAtEmptyLine: Bool { position < bytes.count && bytes[position] == 0 }

        /// Up to a NUL, which is passed as well.
        mutating func text() throws(Problem) -> String {
            var end = position
            while end < bytes.count, bytes[end] != 0 { end += 1 }
            guard end < bytes.count, let text = String(validating: bytes[position..<end], as: UTF8.self) else { throw unclear }
            position = end + 1
            return text
        }

        mutating func skip(_ count: Int) throws(Problem) {
            guard position + count <= bytes.count, bytes[position + count - 1] == 0 else { throw unclear }
            position += count
        }

        /// The line feed, after the carriage return that ``text()`` has passed.
        mutating func lineEnd() throws(Problem) {
            guard position < bytes.count, bytes[position] == 0 else { throw unclear }
            position += 1
        }

        /// The empty line, and nothing behind it.
        func end() throws(Problem) {
            guard position + 2 == bytes.count, bytes[position] == 0, bytes[position + 1] == 0 else { throw unclear }
        }
    }
}
