public import Catalogue
internal import HTTPServer

/// Search, studies, series, instances and export [S1 S2 S4].
///
/// Everything is read on the catalogue's own connections: nothing waits for the one who writes it, and no search for an export.
public struct SearchRoutes: Sendable {
    private let readers: CatalogueReaders
    private let longestExport: Duration

    /// - Parameter longestExport: an export holds one state of the catalogue for as long as it lasts. A client that is slower than this loses its
    ///   connection, so that it sees that the export is not whole.
    public init(readers: CatalogueReaders, longestExport: Duration = .seconds(3_600)) {
        (self.readers, self.longestExport) = (readers, longestExport)
    }

    public var routes: [APIRoute] { [search, study, seriesOfStudy, series, instances, export] }

    static var components: [String: Schema] { SearchSchemas.components }

    private static let uid = Schema.string(pattern: "^[0-9.]{1,64}$", words: "a UID: digits and dots, at most 64 of them")

    private static let date = Schema.string(
        pattern: "^[0-9]{4}-?[0-9]{2}-?[0-9]{2}$", words: "a date such as 20240131 or 2024-01-31")

    // MARK: Search

    /// Studies that one request looks at at most: what matches hardly anything would else take seconds in a large catalogue.
    private static let mostExamined = 200_000

    private var search: APIRoute {
        APIRoute(
            .get, "/api/search", .searchers, rate: .search, audit: .search,
            Operation(
                "searchCatalogue", tag: "Catalogue", "Finds studies, series or instances.",
                parameters: Self.searchParameters,
                answers: [
                    .json(
                        .ok,
                        .object([
                            .init(
                                "results", .array(of: .either([.reference("Study"), .reference("Series"), .reference("Instance")])),
                                "As many as `limit` or fewer; fewer does not mean that there are no more."),
                            .init("cursor", .nullable(.string()), "To be given as `after` for the next page; null at the end."),
                        ]), "What was found, in the order that was asked for.")
                ]),
            handler: answering { [readers] request, _ in
                let query = try Self.query(request)
                let page = try await readers.read { try $0.search(query) }
                return .json(bytes: Self.bytes(page, "results"))
            })
    }

    private static let searchParameters: [Operation.Parameter] = [
        .query(
            "q", .string(lengths: 0...500),
            "Words of a name, an ID, a description, a modality; beginnings and parts of words; `\"…\"`, `*` and `?`; or a UID."),
        .query("level", .string(allowed: SearchLevel.allCases.map(\.rawValue)), "What a result stands for; `series` unless given."),
        .query("modality", .array(of: .string(lengths: 1...16)), "One of these; separated by commas, or the name repeated."),
        .query("from", Self.date, "The first study date, as 20240131 or 2024-01-31."),
        .query("to", Self.date, "The last study date."),
        .query("patient_id", .string(lengths: 1...64), "The whole patient ID."),
        .query("accession_number", .string(lengths: 1...64), "The whole accession number."),
        .query("body_part", .string(lengths: 1...64), "The body part examined."),
        .query("source", .string(lengths: 1...200), "The name of a source that holds files of it."),
        .query("order", .string(allowed: SearchOrder.allCases.map(\.rawValue)), "`date`, the newest first, unless given."),
        .query("limit", .integer(1...SearchQuery.mostLimit), "How many at most; 50 unless given."),
        .query("after", .string(lengths: 1...500), "The `cursor` of the page before, or of one of its results."),
    ]

    private static func query(_ request: Request) throws -> SearchQuery {
        let query = request.query
        return SearchQuery(
            text: query["q"] ?? "", level: query["level"].flatMap(SearchLevel.init) ?? .series,
            modalities: query.values("modality").flatMap { $0.split(separator: ",").map(String.init) },
            from: query["from"]?.filter { $0 != "-" }, to: query["to"]?.filter { $0 != "-" }, patientID: query["patient_id"],
            accessionNumber: query["accession_number"], bodyPart: query["body_part"], source: query["source"],
            order: query["order"].flatMap(SearchOrder.init) ?? .date, limit: query["limit"].flatMap { Int($0) } ?? 50,
            after: query["after"], mostExamined: mostExamined)
    }

    /// Written by the catalogue itself, in one pass.
    private static func bytes(_ page: SearchPage, _ name: String) -> [UInt8] {
        var json = Array("{\"\(name)\":".utf8)
        append(page.results, to: &json)
        json += Array(",\"cursor\":".utf8) + JSON.string(page.cursor).bytes
        json.append(UInt8(ascii: "}"))
        return json
    }

    private static func append(_ results: [SearchResult], to json: inout [UInt8]) {
        json.append(UInt8(ascii: "["))
        for (index, result) in results.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            result.appendJSON(to: &json)
        }
        json.append(UInt8(ascii: "]"))
    }

    // MARK: One of them

    private static let unknown = Operation.Answer.problem(.notFound, "The catalogue has nothing of this UID.")

    private var study: APIRoute {
        APIRoute(
            .get, "/api/studies/{uid}", .searchers, audit: .view("study.view"),
            Operation(
                "getStudy", tag: "Catalogue", "One study, with where its files contradict each other.",
                parameters: [.path("uid", Self.uid, "The StudyInstanceUID.")],
                answers: [.json(.ok, .reference("StudyWithConflicts"), "The study."), Self.unknown]),
            handler: answering { [readers] request, _ in
                let uid = try request.parameters.get("uid")
                let found = try await readers.read { try $0.study(uid: uid) }
                guard let (study, conflicts) = found else { throw Problem.noSuchThing }
                var json: [UInt8] = []
                study.appendJSON(to: &json)
                json.removeLast()
                json += Array(",\"Conflicts\":".utf8) + JSON.array(conflicts.map(Self.json)).bytes
                json.append(UInt8(ascii: "}"))
                return .json(bytes: json)
            })
    }

    private static func json(_ conflict: CatalogueConflict) -> JSON {
        [
            "attribute": .string(conflict.attribute), "kept": .string(conflict.kept), "found": .string(conflict.found),
            "series": .string(conflict.seriesInstanceUID), "instance": .string(conflict.sopInstanceUID),
        ]
    }

    private var seriesOfStudy: APIRoute {
        APIRoute(
            .get, "/api/studies/{uid}/series", .searchers, audit: .view("study.view"),
            Operation(
                "listSeries", tag: "Catalogue", "The series of a study, in the order of their numbers.",
                parameters: [.path("uid", Self.uid, "The StudyInstanceUID.")],
                answers: [.json(.ok, .object([.init("series", .array(of: .reference("Series")))]), "All of them."), Self.unknown]),
            handler: answering { [readers] request, _ in
                let uid = try request.parameters.get("uid")
                let found = try await readers.read { try $0.series(ofStudy: uid) }
                guard let series = found else { throw Problem.noSuchThing }
                var json = Array("{\"series\":".utf8)
                Self.append(series, to: &json)
                json.append(UInt8(ascii: "}"))
                return .json(bytes: json)
            })
    }

    private var series: APIRoute {
        APIRoute(
            .get, "/api/series/{uid}", .searchers, audit: .view("series.view"),
            Operation(
                "getSeries", tag: "Catalogue", "One series.", parameters: [.path("uid", Self.uid, "The SeriesInstanceUID.")],
                answers: [.json(.ok, .reference("Series"), "The series."), Self.unknown]),
            handler: answering { [readers] request, _ in
                let uid = try request.parameters.get("uid")
                let found = try await readers.read { try $0.series(uid: uid) }
                guard let series = found else { throw Problem.noSuchThing }
                var json: [UInt8] = []
                series.appendJSON(to: &json)
                return .json(bytes: json)
            })
    }

    private var instances: APIRoute {
        APIRoute(
            .get, "/api/series/{uid}/instances", .searchers, audit: .view("series.view"),
            Operation(
                "listInstances", tag: "Catalogue", "The instances of a series, in the order of their numbers.",
                parameters: [.path("uid", Self.uid, "The SeriesInstanceUID.")] + PageParameters.parameters,
                answers: [.json(.ok, PageParameters.schema("instances", of: .reference("Instance")), "A page of them."), Self.unknown]),
            handler: answering { [readers] request, _ in
                let uid = try request.parameters.get("uid")
                let (limit, after) = (request.pageLimit, request.pageCursor)
                let page = try await readers.read { try $0.instances(ofSeries: uid, limit: limit, after: after) }
                guard let page else { throw Problem.noSuchThing }
                return .json(bytes: Self.bytes(page, "instances"))
            })
    }

    // MARK: Export

    struct ExportTookTooLong: Error {}

    private var export: APIRoute {
        APIRoute(
            .get, "/api/export", .searchers, rate: .export, audit: .view("catalogue.export"),
            Operation(
                "exportCatalogue", tag: "Catalogue", "Every series with the paths of its files, as one state of the catalogue has them.",
                parameters: [.query("format", .string(allowed: ExportFormat.allCases.map(\.rawValue)), "`json` unless given.")],
                answers: [
                    .json(.ok, .array(of: .reference("ExportedSeries")), "An array of series."),
                    .text(contentType: "text/csv; charset=utf-8", "The same as a table, for `format=csv`."),
                ]),
            handler: answering { [readers, longestExport] request, _ in
                let format = request.query["format"].flatMap(ExportFormat.init) ?? .json
                var response = Response(
                    headers: [
                        "Content-Type": format == .json ? "application/json" : "text/csv; charset=utf-8", "Cache-Control": "no-store",
                        "Content-Disposition": "attachment; filename=\"catalogue.\(format.rawValue)\"",
                    ])
                response.body = .stream(length: nil) { writer in
                    let end = ContinuousClock.now + longestExport
                    try await readers.stream(
                        to: { piece in
                            guard .now < end else { throw ExportTookTooLong() }
                            try await writer.write(piece)
                        }, { try $0.export(format, to: $1) })
                }
                return response
            })
    }
}
