/// A line of `MANIFEST.csv`: which file of the archive is what, and what is missing.
///
/// Source: RFC 4180. The text begins with a byte order mark, without which spreadsheets take it for another character set.
struct ManifestRow {
    /// Nil when the instance is missing.
    var path: String?
    var studyDate: String?
    var studyDescription: String?
    var seriesNumber: Int64?
    var seriesDescription: String?
    var modality: String?
    var instanceNumber: Int64?
    var sopInstanceUID: String?
    /// Why it is missing, or what else is to be said.
    var remark: String?

    private static let columns = [
        "Path", "StudyDate", "StudyDescription", "SeriesNumber", "SeriesDescription", "Modality", "InstanceNumber", "SOPInstanceUID",
        "State",
        "Remark",
    ]
    static let header = [0xEF, 0xBB, 0xBF] + line(columns)

    var bytes: [UInt8] {
        Self.line([
            path, studyDate, studyDescription, seriesNumber.map(String.init), seriesDescription, modality, instanceNumber.map(String.init),
            sopInstanceUID, path == nil ? "missing" : "included", remark,
        ])
    }

    private static func line(_ fields: [String?]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(field ?? "", to: &bytes)
        }
        bytes += [0x0d, 0x0a]
        return bytes
    }

    /// A text in quotes that a spreadsheet does not take for a formula: one that begins as such has an apostrophe put before it, and control
    /// characters, which could hide the beginning, are spaces. A negative number is none.
    private static func append(_ field: String, to bytes: inout [UInt8]) {
        guard !field.isEmpty else { return }
        let isPlain = field.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
        let clean =
            isPlain
            ? field : String(String.UnicodeScalarView(field.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        bytes.append(UInt8(ascii: "\""))
        if let first = clean.first(where: { $0 != " " }), formulaStarts.contains(first), !isNegativeNumber(clean) {
            bytes.append(UInt8(ascii: "'"))
        }
        for byte in clean.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isNegativeNumber(_ text: String) -> Bool { text.hasPrefix("-") && Int64(text) != nil }

    /// Also their full-width forms, which some programs treat alike.
    private static let formulaStarts: Set<Character> = ["=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"]
}
