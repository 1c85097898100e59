/// Writes JSON values as UTF-8.
///
/// Source: RFC 8259.
enum JSONText {
    static func append(_ text: String?, to output: inout [UInt8]) {
        guard var text else { return output.append(contentsOf: "null".utf8) }
        output.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            // What needs no escape, which is nearly everything, goes over in one piece.
            var done = 0
            for (index, byte) in bytes.enumerated() where needsEscape(byte) {
                output.append(contentsOf: bytes[done..<index])
                append(escaping: byte, to: &output)
                done = index + 1
            }
            output.append(contentsOf: bytes[done...])
        }
        output.append(UInt8(ascii: "\""))
    }

    static func append(_ integer: Int64?, to output: inout [UInt8]) {
        output.append(contentsOf: (integer.map(String.init) ?? "null").utf8)
    }

    static func append(_ texts: [String], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { output.append(contentsOf: ", ".utf8) }
            append(text, to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func append(escaping byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
        case 0x0a: output.append(contentsOf: "\\n".utf8)
        case 0x0d: output.append(contentsOf: "\\r".utf8)
        case 0x09: output.append(contentsOf: "\\t".utf8)
        default:
            output.append(contentsOf: "\\u00".utf8)
            output.append(hexadecimal(byte >> 4))
            output.append(hexadecimal(byte & 15))
        }
    }

    static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10 }
}

/// Writes an object's braces, keys and commas.
struct JSONObjectWriter {
    private var isFirst = true

    init() {}

    func begin(_ output: inout [UInt8]) { output.append(UInt8(ascii: "{")) }

    mutating func key(_ key: String, _ output: inout [UInt8]) {
        if !isFirst { output.append(contentsOf: ", ".utf8) }
        isFirst = false
        JSONText.append(key, to: &output)
        output.append(contentsOf: ": ".utf8)
    }

    func end(_ output: inout [UInt8]) { output.append(UInt8(ascii: "}")) }
}
