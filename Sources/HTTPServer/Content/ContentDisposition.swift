/// How a browser is told to keep an answer as a file, and under which name.
///
/// Source: RFC 6266; RFC 8187 for names beyond ASCII.
public enum ContentDisposition {
    /// - Parameter fileName: any text; for old clients it is also given in ASCII, where other characters are `_`.
    public static func attachment(fileName: String) -> String {
        let plain = String(fileName.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
        let value = "attachment; filename=\"\(plain)\""
        return plain == fileName ? value : value + "; filename*=UTF-8''" + extended(fileName)
    }

    /// What every client understands within quotes. A `%` is decoded by some, and quotes need escapes that not all know.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        (0x20..<0x7F).contains(scalar.value) && !["\"", "\\", "%", "/"].contains(scalar)
    }

    /// Source: RFC 8187 §3.2.1, `attr-char`.
    private static func extended(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let isAllowed =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$&+-.^_`|~".utf8.contains(byte)
                }
            return isAllowed ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
