internal import SQLite

/// The forms in which the catalogue is exported.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// One array of objects, UTF-8, one object a line.
    case json
    /// RFC 4180, UTF-8, with a line of keys first.
    case csv
}

extension CatalogueReader {
    /// Writes every series with the paths of its files, in the order in which they came into the catalogue.
    ///
    /// The keys are `SeriesKey, PatientName, PatientID, PatientBirthDate, StudyDate, StudyDescription, SeriesDescription, SeriesNumber,
    /// Modality, files, file_count`. `files` lists every location: an instance that lies in two places is there twice. A path is the
    /// source's URL or folder, and what is below it, as it is: not percent-encoded. Bytes of names that are not UTF-8 are written as `\xE9`.
    /// One state of the catalogue is written, however long it takes and whatever is indexed meanwhile.
    ///
    /// In JSON, what is absent is null. In CSV it is empty; `files` are separated by `|`, which no name on an SMB share has; and text that a
    /// spreadsheet would take for a formula, beginning with `= + - @`, a tab or a line end, has an apostrophe put before it.
    ///
    /// Memory does not grow with the catalogue. When `write` or reading fails in the middle, the error is thrown and what was written is
    /// cut off: write to a temporary file and rename it.
    ///
    /// - Parameter write: takes pieces of about 64 KiB.
    /// - Throws: ``CatalogueError``, and what `write` throws.
    public func export(_ format: ExportFormat, to write: (UnsafeRawBufferPointer) throws -> Void) throws {
        try snapshot {
            switch format {
            case .json: try writeExport(JSONExport(), write)
            case .csv: try writeExport(CSVExport(), write)
            }
        }
    }

    private func writeExport(_ form: some ExportForm, _ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        var output = ExportOutput()
        form.begin(&output)
        let rows = try ExportRows(self)
        var isFirst = true
        let series = try connection.prepare(
            """
            SELECT e.id, e.series_key, s.patient_name, p.patient_id, s.patient_birth_date, s.study_date, s.study_description,
                e.series_description, e.series_number, e.modality
            FROM series e JOIN study s ON s.id = e.study_id JOIN patient p ON p.id = s.patient_id ORDER BY e.id
            """)
        try series.forEachRow { row in
            form.beginSeries(isFirst: isFirst, &output)
            isFirst = false
            for (index, key) in ExportKeys.texts.enumerated() { form.text(key, row.optionalText(Int32(index) + 1), &output) }
            form.integer("SeriesNumber", row.optionalInteger(8), &output)
            form.text("Modality", row.optionalText(9), &output)
            form.beginFiles(&output)
            var count = 0
            try rows.files(ofSeries: row.integer(0)) { path in
                form.file(path, isFirst: count == 0, &output)
                count += 1
                try output.flushIfLarge(write)
            }
            form.endFiles(&output)
            form.integer("file_count", Int64(count), &output)
            form.endSeries(&output)
            try output.flushIfLarge(write)
        }
        form.end(&output)
        try output.flush(write)
    }
}

/// The keys of an exported series, in order; the last ones follow in code.
private enum ExportKeys {
    static let texts = ["SeriesKey", "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyDescription", "SeriesDescription"]
    static let all = texts + ["SeriesNumber", "Modality", "files", "file_count"]
}

/// Collects bytes into pieces.
struct ExportOutput {
    private(set) var bytes: [UInt8] = []
    private static let piece = 65_536

    init() {
        bytes.reserveCapacity(Self.piece + 4_096)
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Lets a writer of values append to the bytes.
    mutating func withBytes(_ body: (inout [UInt8]) -> Void) { body(&bytes) }

    mutating func flushIfLarge(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        if bytes.count >= Self.piece { try flush(write) }
    }

    mutating func flush(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !bytes.isEmpty else { return }
        try bytes.withUnsafeBytes(write)
        bytes.removeAll(keepingCapacity: true)
    }
}

// MARK: - Forms

private protocol ExportForm {
    func begin(_ output: inout ExportOutput)
    func beginSeries(isFirst: Bool, _ output: inout ExportOutput)
    func text(_ key: String, _ value: String?, _ output: inout ExportOutput)
    func integer(_ key: String, _ value: Int64?, _ output: inout ExportOutput)
    func beginFiles(_ output: inout ExportOutput)
    func file(_ path: String, isFirst: Bool, _ output: inout ExportOutput)
    func endFiles(_ output: inout ExportOutput)
    func endSeries(_ output: inout ExportOutput)
    func end(_ output: inout ExportOutput)
}

private struct JSONExport: ExportForm {
    func begin(_ output: inout ExportOutput) { output.append("[") }
    func beginSeries(isFirst: Bool, _ output: inout ExportOutput) { output.append(isFirst ? "\n{" : ",\n{") }

    func text(_ key: String, _ value: String?, _ output: inout ExportOutput) {
        self.key(key, &output)
        output.withBytes { JSONText.append(value, to: &$0) }
    }

    func integer(_ key: String, _ value: Int64?, _ output: inout ExportOutput) {
        self.key(key, &output)
        output.withBytes { JSONText.append(value, to: &$0) }
    }

    func beginFiles(_ output: inout ExportOutput) {
        key("files", &output)
        output.append("[")
    }

    func file(_ path: String, isFirst: Bool, _ output: inout ExportOutput) {
        if !isFirst { output.append(", ") }
        output.withBytes { JSONText.append(path, to: &$0) }
    }

    func endFiles(_ output: inout ExportOutput) { output.append("]") }
    func endSeries(_ output: inout ExportOutput) { output.append("}") }
    func end(_ output: inout ExportOutput) { output.append("\n]\n") }

    private func key(_ key: String, _ output: inout ExportOutput) {
        output.append(key == ExportKeys.all[0] ? "\"\(key)\": " : ", \"\(key)\": ")
    }
}

/// Source: RFC 4180.
private struct CSVExport: ExportForm {
    func begin(_ output: inout ExportOutput) { output.append(ExportKeys.all.joined(separator: ",") + "\r\n") }
    func beginSeries(isFirst: Bool, _ output: inout ExportOutput) {}

    func text(_ key: String, _ value: String?, _ output: inout ExportOutput) {
        separate(key, &output)
        guard let value, let first = value.utf8.first else { return }
        output.append(UInt8(ascii: "\""))
        if "=+-@\t\r\n".utf8.contains(first) { output.append(UInt8(ascii: "'")) }
        escape(value, &output)
        output.append(UInt8(ascii: "\""))
    }

    func integer(_ key: String, _ value: Int64?, _ output: inout ExportOutput) {
        separate(key, &output)
        if let value { output.append(String(value)) }
    }

    func beginFiles(_ output: inout ExportOutput) { output.append(",\"") }

    func file(_ path: String, isFirst: Bool, _ output: inout ExportOutput) {
        if !isFirst { output.append("|") }
        escape(path, &output)
    }

    func endFiles(_ output: inout ExportOutput) { output.append("\"") }
    func endSeries(_ output: inout ExportOutput) { output.append("\r\n") }
    func end(_ output: inout ExportOutput) {}

    private func separate(_ key: String, _ output: inout ExportOutput) {
        if key != ExportKeys.all[0] { output.append(",") }
    }

    private func escape(_ value: String, _ output: inout ExportOutput) {
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") { output.append(byte) }
            output.append(byte)
        }
    }
}
