/// A JSON value that knows where in the text it began, so that a problem with it can be shown there.
package struct JSONValue: Sendable {
    package struct Member: Sendable {
        package var key: String
        package var keyOffset: Int
        package var value: JSONValue
    }

    package enum Content: Sendable {
        case null
        case boolean(Bool)
        /// The literal as it was written: whether `1e3` is a whole number is for the reader of the key to decide.
        case number(String)
        case string(String)
        case array([JSONValue])
        case object([Member])
    }

    package var content: Content
    /// Offset of the value's first byte.
    package var offset: Int

    /// The value in words for "found …"; a string is quoted, since it may be empty or look like a number.
    package var found: String {
        switch content {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let literal): literal
        case .string(let text): "the text \"\(text.count > 60 ? text.prefix(57) + "…" : text[...])\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Why a text is not JSON, and at which byte.
package struct JSONSyntaxError: Error {
    package var offset: Int
    package var message: String
}

/// Reads JSON as RFC 8259 defines it, with no extension; a byte order mark is skipped.
package struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private static let maximumDepth = 64

    /// - Throws: ``JSONSyntaxError`` at the first byte that cannot continue a JSON text.
    package static func read(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        if let offset = firstInvalidUTF8(bytes) {
            throw JSONSyntaxError(offset: offset, message: "this is not UTF-8")
        }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value()
        reader.skipSpace()
        if reader.position < bytes.count { throw reader.error("nothing may follow the end of the value") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ message: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(offset: offset ?? position, message: message)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        let start = position
        guard let byte = next else { throw error("the text ends where a value is expected") }
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw error("values are nested more than \(Self.maximumDepth) deep") }
        let content: JSONValue.Content
        switch byte {
        case UInt8(ascii: "{"): content = .object(try members())
        case UInt8(ascii: "["): content = .array(try elements())
        case UInt8(ascii: "\""): content = .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try number())
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): content = try word()
        case UInt8(ascii: "/"), UInt8(ascii: "#"):
            throw error("JSON has no comments; a key that begins with \"//\" is ignored and can hold one")
        case UInt8(ascii: "'"): throw error("texts stand in double quotes")
        default: throw error("a value is expected: a text in double quotes, a number, true, false, null, a list or an object")
        }
        return JSONValue(content: content, offset: start)
    }

    private mutating func members() throws(JSONSyntaxError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        position += 1
        while true {
            skipSpace()
            if next == UInt8(ascii: "}") {
                if !members.isEmpty { throw error("no comma may stand before \"}\"") }
                position += 1
                return members
            }
            let keyOffset = position
            guard next == UInt8(ascii: "\"") else {
                if next == UInt8(ascii: "/") || next == UInt8(ascii: "#") {
                    throw error("JSON has no comments; a key that begins with \"//\" is ignored and can hold one")
                }
                throw error("a key in double quotes is expected")
            }
            let key = try string()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("\":\" is expected after the key \"\(key)\"") }
            position += 1
            members.append(JSONValue.Member(key: key, keyOffset: keyOffset, value: try value()))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
            } else if next == UInt8(ascii: "}") {
                position += 1
                return members
            } else {
                throw error("\",\" or \"}\" is expected after the value of \"\(key)\"")
            }
        }
    }

    private mutating func elements() throws(JSONSyntaxError) -> [JSONValue] {
        var elements: [JSONValue] = []
        position += 1
        while true {
            skipSpace()
            if next == UInt8(ascii: "]") {
                if !elements.isEmpty { throw error("no comma may stand before \"]\"") }
                position += 1
                return elements
            }
            elements.append(try value())
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
            } else if next == UInt8(ascii: "]") {
                position += 1
                return elements
            } else {
                throw error("\",\" or \"]\" is expected")
            }
        }
    }

    private mutating func word() throws(JSONSyntaxError) -> JSONValue.Content {
        let start = position
        while let byte = next, (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        default:
            let lowered = word.lowercased()
            if ["true", "false", "null"].contains(lowered) { throw error("write \(lowered), in small letters", at: start) }
            throw error("texts stand in double quotes: \"\(word)\"", at: start)
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let integer = position
        try digits()
        if bytes[integer] == UInt8(ascii: "0"), position > integer + 1 { throw error("a number has no leading zero", at: start) }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw error("a digit is expected") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = next else { throw error("the text that begins here is not closed", at: start) }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try appendEscape(to: &text)
            case 0..<0x20:
                throw error(byte == 0x0A ? "the text is not closed on its line" : "a control character in a text is written \\u00XX")
            default:
                text.append(byte)
                position += 1
            }
        }
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONSyntaxError) {
        let start = position - 1
        guard let byte = next else { throw error("the text is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar(from: start)).utf8)
        default: throw error("there is no such escape; a backslash is written \\\\", at: start)
        }
    }

    private mutating func escapedScalar(from start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // RFC 8259 §7: characters above U+FFFF are written as two escapes, a surrogate pair.
        if (0xD800...0xDBFF).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            let second = try fourHexDigits()
            if (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) {
                return scalar
            }
        }
        throw error("half of a surrogate pair stands alone", at: start)
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = hexDigit(byte) else { throw error("four hexadecimal digits follow \\u") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

/// The value of an ASCII hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
