internal import CQREncode

/// A text as a square of dark and light modules that a telephone's camera reads.
///
/// Source: ISO/IEC 18004; `QRcode_encodeData`.
public struct QRCode: Sendable, Hashable {
    /// Modules on each side, 21…177, without the quiet zone: a reader needs ``quietZone`` light modules around it.
    public let size: Int
    private let isDark: [Bool]

    /// How many light modules belong around the code. Source: ISO/IEC 18004 §5.3.8.
    public static let quietZone = 4

    /// The smallest code that holds the text and can still be read when 15 % of it cannot.
    ///
    /// - Parameter text: as UTF-8. Readers guess the encoding of what is not ASCII, and some guess wrong.
    /// - Throws: ``QRCodeError`` when it is empty or longer than a code can hold, which is 2,331 bytes.
    public init(_ text: String) throws(QRCodeError) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.mostBytes else { throw QRCodeError(bytes: bytes.count) }
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else { throw QRCodeError(bytes: bytes.count) }
        defer { QRcode_free(code) }
        size = Int(code.pointee.width)
        // The lowest bit of each byte is the module; the others say what it is for.
        isDark = UnsafeBufferPointer(start: code.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// Of the largest code, version 40, at this level of correction. Source: ISO/IEC 18004, Table 7.
    private static let mostBytes = 2_331

    /// Whether a module is dark; rows from the top, columns from the left.
    public subscript(row: Int, column: Int) -> Bool { isDark[row * size + column] }

    /// Each row as a text of `0`, light, and `1`, dark.
    public var rows: [String] { (0..<size).map { row in String((0..<size).map { self[row, $0] ? "1" : "0" }) } }
}

/// A text is no text for a QR code.
public struct QRCodeError: Error, Sendable, CustomStringConvertible {
    let bytes: Int

    public var description: String {
        bytes == 0 ? "There is no QR code of nothing." : "A text of \(bytes) bytes does not go into a QR code."
    }
}
