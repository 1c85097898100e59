import Catalogue
import CommandLineInterface
import Foundation
import Indexing

/// `search` and `export`. Both show patients, so that neither is done without its row in the audit trail.
enum SearchCommands {
    static func search(_ options: SearchOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        try await context.requireCatalogue()
        let page = try await context.withAPI { try await results(options, $0) }
        if options.general.writesJSON {
            try Terminal.write(page.json)
        } else {
            try Terminal.print(ResultTable.text(page, level: options.level))
        }
        return .done
    }

    /// As many results as are wanted. A page of the API is bounded in size and time, and may be shorter though more follow: whoever reads JSON
    /// takes a short page for the last.
    private static func results(_ options: SearchOptions, _ server: any APIClient) async throws -> FoundPage {
        var page = FoundPage()
        page.cursor = options.after
        repeat {
            let modalities = options.modalities.isEmpty ? nil : options.modalities.joined(separator: ",")
            let call = try APICall(
                "GET", ["api", "search"],
                query: [
                    ("q", options.text.isEmpty ? nil : options.text), ("level", options.level.rawValue), ("modality", modalities),
                    ("from", options.from), ("to", options.to), ("patient_id", options.patientID),
                    ("accession_number", options.accessionNumber), ("body_part", options.bodyPart), ("source", options.source),
                    ("order", options.order.rawValue), ("limit", String(min(SearchQuery.mostLimit, options.limit - page.results.count))),
                    ("after", page.cursor),
                ])
            try page.append(try await server.answer(call))
        } while page.results.count < options.limit && page.cursor != nil
        return page
    }

    static func export(_ options: ExportOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let format = options.format.rawValue
        if let remote = try context.remote() {
            var call = try APICall("GET", ["api", "export"], query: [("format", format)])
            call.mayTakeLong = true
            try await Output.write(to: options.output) { output in try await remote.download(call) { try output.write($0) } }
            return .done
        }
        try await context.requireCatalogue()
        // Then the file is read here: an export may take longer than the process that owns the data folder for a moment, and must hold up nobody
        // who wants to.
        var announcement = try APICall("POST", ["local", "exports"], query: [("format", format)])
        announcement.isRepeatable = true
        try await context.withAPI { [announcement] in _ = try await $0.answer(announcement) }
        let path = context.folder.catalogue
        try await Output.write(to: options.output) { output in
            let format: ExportFormat = options.format == .csv ? .csv : .json
            try await blocking { try CatalogueReader(path: path).export(format) { try output.write($0) } }
        }
        return .done
    }
}
