import Catalogue
import CommandLineInterface
import Foundation
import Glibc
import Indexing

/// `search` and `export`.
enum SearchCommands {
    static func search(_ options: SearchOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let path = context.folder.catalogue
        let query = SearchQuery(
            text: options.text, level: SearchLevel(rawValue: options.level.rawValue) ?? .series, modalities: options.modalities,
            from: options.from, to: options.to, patientID: options.patientID, accessionNumber: options.accessionNumber,
            bodyPart: options.bodyPart, source: options.source, order: SearchOrder(rawValue: options.order.rawValue) ?? .date,
            limit: options.limit, after: options.after)
        let page = try await blocking { try results(query, path) }
        if options.general.writesJSON {
            var json: [UInt8] = Array("[".utf8)
            for (index, result) in page.results.enumerated() {
                json += Array((index == 0 ? "\n" : ",\n").utf8)
                result.appendJSON(to: &json)
            }
            try Terminal.write(json + Array("\n]\n".utf8))
            return .done
        }
        try Terminal.print(ResultTable.text(page, level: options.level))
        return .done
    }

    /// As many results as are wanted. A page of the catalogue is bounded in size and time, and may be shorter though more follow: whoever reads
    /// JSON takes a short page for the last.
    @Sendable private static func results(_ wanted: SearchQuery, _ catalogue: String) throws -> SearchPage {
        let reader = try CatalogueReader(path: catalogue)
        var query = wanted
        var page = try reader.search(query)
        while page.results.count < wanted.limit, let cursor = page.cursor {
            query.limit = wanted.limit - page.results.count
            query.after = cursor
            let more = try reader.search(query)
            page.results += more.results
            page.cursor = more.cursor
        }
        return page
    }

    static func export(_ options: ExportOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let path = context.folder.catalogue
        let format: ExportFormat = options.format == .csv ? .csv : .json
        guard let output = options.output else {
            try await blocking { try CatalogueReader(path: path).export(format) { try Terminal.write($0, to: STDOUT_FILENO) } }
            return .done
        }
        try await blocking { try export(path, format, toFile: output) }
        Terminal.note("Written to \(output)")
        return .done
    }

    /// Writes beside `output` and renames, so that a broken export never looks like a whole one.
    @Sendable private static func export(_ catalogue: String, _ format: ExportFormat, toFile output: String) throws {
        let temporary = output + ".part"
        // For its owner's eyes only: it holds patients' names.
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        func failure(_ verb: String) -> Failure { Failure("\(output) cannot be \(verb): \(String(cString: strerror(errno)))") }
        guard descriptor >= 0 else { throw failure("written") }
        do {
            defer { close(descriptor) }
            try CatalogueReader(path: catalogue).export(format) { try Terminal.write($0, to: descriptor) }
            guard fsync(descriptor) == 0 else { throw failure("written") }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, output) == 0 else { throw failure("put in place") }
    }
}

/// Search results for a terminal.
private enum ResultTable {
    static func text(_ page: SearchPage, level: SearchOptions.Level) -> String {
        guard !page.results.isEmpty else { return "Nothing found." }
        var table = TextTable(columns: columns(level))
        for result in page.results { table.append(cells(result, level)) }
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

    private static func cells(_ result: SearchResult, _ level: SearchOptions.Level) -> [String] {
        let flag = result.hasPatientConflict ? "! " : ""
        let patient = [flag + name(result.patientName ?? ""), result.patientID ?? "", date(result.studyDate ?? "")]
        switch level {
        case .study:
            return patient + [
                result.modalitiesInStudy.joined(separator: " "), result.studyDescription ?? "", String(result.numberOfStudyRelatedSeries),
                Quantity.count(result.fileCount),
            ]
        case .series:
            return patient + [
                result.modality ?? "", result.studyDescription ?? "", result.seriesNumber.map(String.init) ?? "",
                result.seriesDescription ?? "",
                Quantity.count(result.fileCount),
            ]
        case .instance:
            return patient + [
                result.modality ?? "", result.seriesDescription ?? "", result.instanceNumber.map(String.init) ?? "",
                result.sopInstanceUID ?? "",
            ]
        }
    }

    /// `Doe^John^^Dr=山田^太郎` as `Doe, John (山田 太郎)`.
    static func name(_ value: String) -> String {
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
    static func date(_ value: String) -> String {
        guard value.utf8.count == 8, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return value }
        return "\(value.prefix(4))-\(value.dropFirst(4).prefix(2))-\(value.suffix(2))"
    }
}
