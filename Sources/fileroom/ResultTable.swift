import Catalogue
import CommandLineInterface
import Foundation

/// What a search found.
struct FoundPage: Sendable {
    private(set) var results: [FoundResult] = []
    /// Where it goes on; nil at the end.
    var cursor: String?

    /// Takes a page of the API's.
    ///
    /// - Throws: ``Failure`` for what is none.
    mutating func append(_ answer: APIAnswer) throws {
        let objects = JSONObjects.inList(of: answer.body)
        var rest = answer.body
        // What is handed on as it came need not be understood.
        if let first = objects.first, let last = objects.last { rest.removeSubrange(first.startIndex..<last.endIndex) }
        cursor = try APIAnswer(body: rest).json()["cursor"] as? String
        results += objects.map { FoundResult(json: $0) }
    }

    /// An array of objects, each on a line of its own.
    var json: [UInt8] {
        var json: [UInt8] = Array("[".utf8)
        for (index, result) in results.enumerated() { json += Array((index == 0 ? "\n" : ",\n").utf8) + result.json }
        return json + Array("\n]\n".utf8)
    }
}

/// Finds objects in a JSON text, to hand them on as they were written.
enum JSONObjects {
    /// The objects in the lists that are members of the outermost object.
    static func inList(of json: Data) -> [Data] {
        var found: [Data] = []
        var (depth, begin, isText, isEscaped) = (0, json.startIndex, false, false)
        for (index, byte) in zip(json.indices, json) {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    isText = byte != UInt8(ascii: "\"")
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth == 3 { begin = index }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 3, byte == UInt8(ascii: "}") { found.append(json[begin...index]) }
                depth -= 1
            default: break
            }
        }
        return found
    }
}

/// A result as it came.
struct FoundResult: Sendable {
    let json: Data

    /// - Throws: ``Failure`` for what is no object.
    func read() throws -> ReadResult { ReadResult(try APIAnswer(body: json).json()) }
}

/// A result by the names of its JSON.
struct ReadResult: Sendable {
    private let values: [String: ResultValue]
    let hasPatientConflict: Bool

    init(_ object: [String: Any]) {
        values = object.compactMapValues { value in
            switch value {
            case let text as String: .text(text)
            case let texts as [String]: .texts(texts)
            case let number as NSNumber: .integer(number.int64Value)
            default: nil
            }
        }
        hasPatientConflict = object["has_patient_conflict"] as? Bool ?? false
    }

    /// Empty when it is absent.
    func text(_ keyword: String) -> String {
        switch values[keyword] {
        case .text(let text?): text
        case .texts(let texts): texts.joined(separator: " ")
        case .integer(let number?): String(number)
        default: ""
        }
    }

    func count(_ keyword: String) -> String {
        if case .integer(let number?) = values[keyword] { Quantity.count(Int(number)) } else { "" }
    }
}

/// Search results for a terminal.
enum ResultTable {
    static func text(_ page: FoundPage, level: SearchOptions.Level) throws -> String {
        guard !page.results.isEmpty else { return "Nothing found." }
        var table = TextTable(columns: columns(level))
        for result in page.results { table.append(cells(try result.read(), level)) }
        let more = page.cursor.map { "\nMore: repeat with --after \($0)" } ?? ""
        return table.text(style: Terminal.outputStyle) + more
    }

    private static func columns(_ level: SearchOptions.Level) -> [TextTable.Column] {
        let patient: [TextTable.Column] = [.init("PATIENT", leastWidth: 16), .init("ID"), .init("DATE")]
        switch level {
        case .study:
            return patient + [
                .init("MODALITIES"), .init("STUDY"), .init("SERIES", isRightAligned: true), .init("FILES", isRightAligned: true),
            ]
        case .series:
            return patient + [
                .init("MOD"), .init("STUDY"), .init("NO", isRightAligned: true), .init("SERIES"), .init("FILES", isRightAligned: true),
            ]
        case .instance:
            return patient + [.init("MOD"), .init("SERIES"), .init("NO", isRightAligned: true), .init("SOP INSTANCE UID")]
        }
    }

    private static func cells(_ result: ReadResult, _ level: SearchOptions.Level) -> [String] {
        let flag = result.hasPatientConflict ? "! " : ""
        let patient = [flag + name(result.text("PatientName")), result.text("PatientID"), date(result.text("StudyDate"))]
        switch level {
        case .study:
            return patient + [
                result.text("ModalitiesInStudy"), result.text("StudyDescription"), result.text("NumberOfStudyRelatedSeries"),
                result.count("file_count"),
            ]
        case .series:
            return patient + [
                result.text("Modality"), result.text("StudyDescription"), result.text("SeriesNumber"), result.text("SeriesDescription"),
                result.count("file_count"),
            ]
        case .instance:
            return patient + [
                result.text("Modality"), result.text("SeriesDescription"), result.text("InstanceNumber"), result.text("SOPInstanceUID"),
            ]
        }
    }

    /// `Doe^John^^Dr=山田^太郎` as `Doe, John (山田 太郎)`.
    private static func name(_ value: String) -> String {
        let groups = value.split(separator: "=", omittingEmptySubsequences: false).map { group in
            group.split(separator: "^").map(String.init)
        }
        guard let first = groups.first else { return "" }
        let alphabetic =
            first.isEmpty ? "" : [first[0], first.dropFirst().joined(separator: " ")].filter { !$0.isEmpty }.joined(separator: ", ")
        let others = groups.dropFirst().filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
        guard let shown = others.first else { return alphabetic }
        return alphabetic.isEmpty ? shown : "\(alphabetic) (\(shown))"
    }

    /// `20240501` as `2024-05-01`; anything else as it is.
    private static func date(_ value: String) -> String {
        guard value.utf8.count == 8, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return value }
        return "\(value.prefix(4))-\(value.dropFirst(4).prefix(2))-\(value.suffix(2))"
    }
}
