/// A JSON value to be sent. Members keep their order, and an absent value is written as `null`: an answer has the same members always.
///
/// Source: RFC 8259.
enum JSON: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])
    /// A JSON value as bytes, as the catalogue writes its results.
    case written([UInt8])

    static func string(_ text: String?) -> JSON { text.map { .string($0 as String) } ?? .null }
    static func integer(_ number: Int?) -> JSON { number.map { .integer(Int64($0)) } ?? .null }
    static func integer(_ number: Int64?) -> JSON { number.map { .integer($0 as Int64) } ?? .null }

    /// A time, as ``Timestamp`` writes it.
    static func time(_ unixSeconds: Double?) -> JSON { .string(unixSeconds.map(Timestamp.text)) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .boolean(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        // JSON has no infinities and no NaN.
        case .number(let value): output += (value.isFinite ? String(value) : "null").utf8
        case .string(let value): Self.write(value, to: &output)
        case .written(let value): output += value
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.0, to: &output)
                output.append(UInt8(ascii: ":"))
                member.1.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                output += "\\u00".utf8
                output += [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value as String) }
    init(integerLiteral value: Int64) { self = .integer(value as Int64) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
}
