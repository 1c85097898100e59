import Catalogue
import CommandLineInterface
import Foundation
import Indexing

/// `search` and `export`.
enum SearchCommands {
    static func search(_ options: SearchOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let page: FoundPage
        if let remote = try context.remote() {
            page = try await results(options, remote)
        } else {
            let path = context.folder.catalogue
            page = try await blocking { try results(options, path) }
        }
        if options.general.writesJSON {
            try Terminal.write(page.json)
        } else {
            try Terminal.print(ResultTable.text(page, level: options.level))
        }
        return .done
    }

    /// As many results as are wanted. A page of the catalogue is bounded in size and time, and may be shorter though more follow: whoever reads
    /// JSON takes a short page for the last.
    @Sendable private static func results(_ options: SearchOptions, _ catalogue: String) throws -> FoundPage {
        let reader = try CatalogueReader(path: catalogue)
        var query = SearchQuery(
            text: options.text, level: SearchLevel(rawValue: options.level.rawValue) ?? .series, modalities: options.modalities,
            from: options.from, to: options.to, patientID: options.patientID, accessionNumber: options.accessionNumber,
            bodyPart: options.bodyPart, source: options.source, order: SearchOrder(rawValue: options.order.rawValue) ?? .date,
            limit: options.limit, after: options.after)
        var page = FoundPage()
        repeat {
            query.limit = options.limit - page.results.count
            let more = try reader.search(query)
            page.results += more.results.map(FoundResult.init)
            (page.cursor, query.after) = (more.cursor, more.cursor)
        } while page.results.count < options.limit && page.cursor != nil
        return page
    }

    /// The same from a server, whose pages have at most 1,000 results.
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
                    ("order", options.order.rawValue), ("limit", String(min(1_000, options.limit - page.results.count))),
                    ("after", page.cursor),
                ])
            let answer = try await server.answer(call).json()
            page.results += try (answer["results"] as? [[String: Any]] ?? []).map(FoundResult.init)
            page.cursor = answer["cursor"] as? String
        } while page.results.count < options.limit && page.cursor != nil
        return page
    }

    static func export(_ options: ExportOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let path = context.folder.catalogue
        let remote = try context.remote()
        try await Output.write(to: options.output) { output in
            if let remote {
                var call = try APICall("GET", ["api", "export"], query: [("format", options.format.rawValue)])
                call.mayTakeLong = true
                try await remote.download(call) { try output.write($0) }
            } else {
                let format: ExportFormat = options.format == .csv ? .csv : .json
                try await blocking { try CatalogueReader(path: path).export(format) { try output.write($0) } }
            }
        }
        return .done
    }
}
