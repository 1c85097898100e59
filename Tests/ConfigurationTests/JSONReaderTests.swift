import Testing

@testable import Configuration

@Suite struct `The JSON reader` {
    /// The only key's text, or the error's `line:column: message`.
    private func read(_ text: String) -> String {
        let bytes = Array(text.utf8)
        do throws(JSONSyntaxError) {
            return try JSONReader.read(bytes).found
        } catch {
            return "\(ConfigurationProblem(path: "", position: .init(offset: error.offset, in: bytes), message: error.message))"
        }
    }

    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("-0.5e+3", "-0.5e+3"), ("[]", "a list"), ("{ }", "an object"),
        (#""a\"\\\/\n""#, "the text \"a\"\\/\n\""),
        (#""\u00e9\uD83D\uDE00""#, "the text \"é😀\""), ("\u{FEFF}1", "1"), ("[1, [2, {\"a\": []}]]", "a list"),
    ])
    func `reads what RFC 8259 allows`(text: String, expected: String) { #expect(read(text) == expected) }

    @Test(arguments: [
        ("", "1:1: the text ends where a value is expected"),
        ("{\n  \"a\": 1,\n}", "3:1: no comma may stand before \"}\""),
        ("[1,]", "1:4: no comma may stand before \"]\""),
        ("{\"é\": 1 \"b\": 2}", "1:9: \",\" or \"}\" is expected after the value of \"é\""),
        ("{\"a\" 1}", "1:6: \":\" is expected after the key \"a\""),
        ("{a: 1}", "1:2: a key in double quotes is expected"),
        ("{\n// no\n\"a\": 1}", "2:1: JSON has no comments; a key that begins with \"//\" is ignored and can hold one"),
        ("{\"a\": 'x'}", "1:7: texts stand in double quotes"),
        ("{\"a\": smb}", "1:7: texts stand in double quotes: \"smb\""),
        ("True", "1:1: write true, in small letters"),
        ("01", "1:1: a number has no leading zero"),
        ("1.", "1:3: a digit is expected"),
        ("-", "1:2: a digit is expected"),
        ("+1", "1:1: a value is expected: a text in double quotes, a number, true, false, null, a list or an object"),
        ("[1 2]", "1:4: \",\" or \"]\" is expected"),
        ("[1", "1:3: \",\" or \"]\" is expected"),
        ("\"abc", "1:1: the text that begins here is not closed"),
        ("\"a\nb\"", "1:3: the text is not closed on its line"),
        ("\"a\tb\"", "1:3: a control character in a text is written \\u00XX"),
        (#""C:\data""#, "1:4: there is no such escape; a backslash is written \\\\"),
        (#""\uD83D""#, "1:2: half of a surrogate pair stands alone"),
        (#""\u12G4""#, "1:6: four hexadecimal digits follow \\u"),
        ("1 2", "1:3: nothing may follow the end of the value"),
    ])
    func `says where and why a text is not JSON`(text: String, expected: String) { #expect(read(text) == expected) }

    @Test func `refuses what is not UTF-8 at the byte`() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONReader.read([0x22, 0xC3, 0xA9, 0xE9, 0x22]) }
        #expect(error?.offset == 3)
    }

    @Test func `refuses nesting that would exhaust the stack`() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONReader.read([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
        #expect(error?.message == "values are nested more than 64 deep")
    }

    @Test func `survives every cut and every changed byte of a text`() {
        let text = Array(#"{"a": [1.5e3, "x\u00e9\\", true, null, {"b": -0}], "é": "日本"}"#.utf8)
        for cut in text.indices { #expect(throws: JSONSyntaxError.self) { try JSONReader.read(Array(text[..<cut])) } }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                _ = try? JSONReader.read(changed)  // either way is right, as long as it returns
            }
        }
    }
}

@Suite struct `The nearest name` {
    private let names = [
        "retry_attempts", "retry_delay", "port", "path", "password", "password_file", "--workers", "--method", "gentle", "fast",
    ]

    @Test(arguments: [
        ("retry_attemps", "retry_attempts"), ("retryAttempts", "retry_attempts"), ("prot", "port"), ("Fast", "fast"),
        ("--wrokers", "--workers"),
        ("passwd", "password"), ("pth", "path"), ("retry_a", "retry_attempts"),
    ])
    func `is found for a slip`(typed: String, meant: String) { #expect(nearestName(to: typed, among: names) == meant) }

    @Test(arguments: ["", "x", "elephant", "zzzz", "--json"]) func `is none for what is unlike all`(typed: String) {
        #expect(nearestName(to: typed, among: names) == nil)
    }
}
