internal import Catalogue
internal import Configuration
internal import HTTPServer
public import Indexing
internal import Ledger

/// Jobs: starting and steering them, their history and their error reports [I7 I8 I10].
public struct IndexRoutes: Sendable {
    private let service: IndexService

    public init(service: IndexService) { self.service = service }

    public var routes: [APIRoute] {
        [
            start, status, wish("pause", "Lets jobs stop where they are; they keep their place.") { try await $0.pause($1) },
            wish("resume", "Lets jobs go on; also those that an earlier run of the server left.") { try await $0.resume($1) },
            wish("cancel", "Ends jobs for good; what they found stays.") { try await $0.cancel($1) }, confirm, jobs, job, errors, events,
        ]
    }

    private static let conflict = Operation.Answer.problem(.conflict, "It cannot be done now; `code` says why.")
    private static let unknownSource = Operation.Answer.problem(.notFound, "There is no such source.")

    // MARK: Orders

    private struct Order: Decodable {
        /// `auto` or a number.
        struct Workers: Decodable {
            let text: String
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                text = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
            }
        }
        let source: String
        let full, allNames: Bool?
        let workers: Workers?
        let method, name, username, password: String?

        private enum CodingKeys: String, CodingKey {
            case source, full, workers, method, name, username, password
            case allNames = "all_names"
        }

        var order: IndexOrder {
            var order = IndexOrder(source: source)
            (order.full, order.allNames) = (full ?? false, allNames ?? false)
            (order.workers, order.method, order.name) = (workers?.text, method, name)
            (order.username, order.password) = (username, password)
            return order
        }
    }

    private var start: APIRoute {
        APIRoute(
            .post, "/api/index/start", .admins, audit: .change("index.start"),
            Operation(
                "startIndexing", tag: "Jobs", "Begins a job on a source, or continues the one that was interrupted.",
                body: .reference("IndexOrder"),
                answers: [
                    .json(.accepted, .object([.init("job", .integer())]), "The job runs; `Location` is its address."), Self.unknownSource,
                    Self.conflict,
                ]),
            handler: answering { [service] request, _ in
                let order: Order = try request.body()
                let job = try await service.start(order.order)
                var response = Response.json(.accepted, ["job": .integer(job)])
                response.headers["Location"] = "/api/index/jobs/\(job)"
                return response
            })
    }

    private func wish(
        _ name: String, _ summary: String, _ ask: @escaping @Sendable (IndexService, Int64?) async throws -> [Int64]
    ) -> APIRoute {
        struct Choice: Decodable { let job: Int64? }
        return APIRoute(
            .post, "/api/index/\(name)", .admins, audit: .change("index.\(name)"),
            Operation(
                "\(name)Indexing", tag: "Jobs", summary, body: .reference("JobChoice"),
                answers: [.json(.accepted, .reference("Jobs"), "It takes effect within a second."), Self.unknownSource, Self.conflict]),
            handler: answering { [service] request, _ in
                let choice: Choice = try request.body()
                return .json(.accepted, ["jobs": .array(try await ask(service, choice.job).map { .integer($0) })])
            })
    }

    private var confirm: APIRoute {
        struct Subject: Decodable { let source: String }
        return APIRoute(
            .post, "/api/index/confirm", .admins, audit: .change("index.confirm"),
            Operation(
                "confirmMissing", tag: "Jobs", "Confirms that what a source's last scan missed, and holds, is gone.",
                body: .object([.init("source", .string(lengths: 1...4_096), "Its name.")]),
                answers: [
                    .json(.ok, .object([.init("files_removed", .integer())]), "It is gone from the catalogue."), Self.unknownSource,
                    Self.conflict,
                ]),
            handler: answering { [service] request, _ in
                let subject: Subject = try request.body()
                return .json(.ok, ["files_removed": .integer(try await service.confirm(source: subject.source))])
            })
    }

    // MARK: Looking

    private var status: APIRoute {
        APIRoute(
            .get, "/api/index/status", .admins,
            Operation(
                "getIndexStatus", tag: "Jobs", "What the jobs do now, as `index_status.json` has it.",
                answers: [.json(.ok, .reference("IndexStatus"), "The status.")]),
            handler: answering { [service] _, _ in .json(bytes: Array(try await service.status.json())) })
    }

    private var jobs: APIRoute {
        APIRoute(
            .get, "/api/index/jobs", .admins,
            Operation(
                "listJobs", tag: "Jobs", "Jobs, the newest first.",
                parameters: [
                    .query("source", .string(lengths: 1...200), "The name of the only source."),
                    .query("state", .string(allowed: IndexSchemas.jobStates), "The only state."),
                ] + PageParameters.parameters,
                answers: [.json(.ok, PageParameters.schema("jobs", of: .reference("StoredJob")), "A page of them.")]),
            handler: answering { [service] request, _ in
                let (limit, before) = (request.pageLimit, try Self.place(request))
                let (source, state) = (request.query["source"], request.query["state"].flatMap(JobState.init))
                let records = try await service.readers.read {
                    try JobReader($0).jobs(source: source, state: state, before: before, limit: limit + 1)
                }
                let live = await service.status
                let page = try records.prefix(limit).map { try JSON.snakeCase(StoredJob($0, live: live)) }
                let cursor = records.count > limit ? records[limit - 1].id : nil
                return .json(.ok, ["jobs": .array(page), "cursor": .string(cursor.map(String.init))])
            })
    }

    private var job: APIRoute {
        APIRoute(
            .get, "/api/index/jobs/{id}", .admins,
            Operation(
                "getJob", tag: "Jobs", "One job.", parameters: [.path("id", .integer(1...Int.max), "Its number.")],
                answers: [.json(.ok, .reference("StoredJob"), "The job."), .problem(.notFound, "There is no job of this number.")]),
            handler: answering { [service] request, _ in
                let id = try request.parameters.get("id", as: Int64.self)
                let found = try await service.readers.read { reader in
                    let jobs = JobReader(reader)
                    return try jobs.job(id).map { ($0, try jobs.lastErrors(of: id)) }
                }
                guard let (record, errors) = found else { throw Problem.noSuchThing }
                return .json(.ok, try .snakeCase(StoredJob(record, live: await service.status, errors: errors)))
            })
    }

    private var errors: APIRoute {
        APIRoute(
            .get, "/api/index/errors", .admins,
            Operation(
                "listErrors", tag: "Jobs", "Error reports, the newest first; of every source's last job unless one is named.",
                parameters: [
                    .query("job", .integer(1...Int.max), "The only job."),
                    .query("error_type", .string(lengths: 1...50), "Such as `network` or `file system`."),
                    .query("error_code", .string(lengths: 1...100), "A code such as `ACCESS_DENIED`."),
                    .query("path", .string(lengths: 1...1_000), "A part of the path."),
                ] + PageParameters.parameters,
                answers: [
                    .json(
                        .ok,
                        .object([
                            .init("errors", .array(of: .reference("StoredError"))), .init("cursor", .nullable(.string())),
                            .init("classes", .array(of: .reference("ErrorClass")), "All that fit, by their cause."),
                        ]), "A page of them.")
                ]),
            handler: answering { [service] request, _ in
                let (limit, before) = (request.pageLimit, try Self.place(request))
                let query = ErrorQuery(
                    job: request.query["job"].flatMap { Int64($0) }, errorType: request.query["error_type"],
                    errorCode: request.query["error_code"], path: request.query["path"])
                let (found, classes) = try await service.readers.read { reader in
                    let jobs = JobReader(reader)
                    return (try jobs.errors(query, before: before, limit: limit + 1), try jobs.errorClasses(query))
                }
                let page = try found.prefix(limit).map { try JSON.snakeCase(StoredErrorAnswer(error: $0)) }
                let cursor = found.count > limit ? found[limit - 1].id : nil
                return .json(
                    .ok,
                    [
                        "errors": .array(page), "cursor": .string(cursor.map(String.init)),
                        "classes": .array(classes.map(Self.json)),
                    ])
            })
    }

    private static func json(_ errors: ErrorClass) -> JSON {
        [
            "error_type": .string(errors.errorType), "error_code": .string(errors.errorCode), "count": .integer(errors.count),
            "suggestion": .string(errors.suggestion), "example_path": .string(errors.examplePath),
        ]
    }

    /// Lists by number: the cursor is the last one that was given.
    private static func place(_ request: Request) throws -> Int64? {
        guard let cursor = request.pageCursor else { return nil }
        guard let place = Int64(cursor), place > 0 else { throw PageParameters.badCursor }
        return place
    }

    // MARK: Events

    /// A stream ends after so long: a new one may find another way through proxies that go away.
    private static let longestStream = Duration.seconds(300)
    /// How long somebody who was signed out meanwhile is told more, at most.
    private static let longestTrust = Duration.seconds(5)

    private var events: APIRoute {
        APIRoute(
            .get, "/api/index/events", .searchers, isActivity: false,
            Operation(
                "followIndex", tag: "Jobs",
                "The status whenever it changes, a few times a second at most, as server-sent events named `status`. Admins get what "
                    + "`/api/index/status` gives, clinicians the totals without the jobs. Ends now and then: connect again.",
                parameters: [.header("Last-Event-ID", .string(lengths: 0...20), "The event that is known already.")],
                answers: [.text(contentType: "text/event-stream", "The events.")]),
            handler: answering { [service] request, caller in
                let lastID = request.headers["Last-Event-ID"].flatMap { UInt64($0) }
                let seesJobs = caller.identity?.role == .admin
                var response = Response(
                    headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"])
                response.body = .stream(length: nil) { writer in
                    let began = ContinuousClock.now
                    var asked = began
                    let listener = await service.listen(after: lastID)
                    try await writer.write(Array("retry: 2000\n\n".utf8))
                    while began.duration(to: .now) < Self.longestStream, let piece = await listener.next() {
                        if asked.duration(to: .now) > Self.longestTrust {
                            asked = .now
                            guard await request[Standing.self]?() ?? true else { return }
                        }
                        switch piece {
                        case .event(let event): try await writer.write(seesJobs ? event.full : event.totals)
                        case .heartbeat: try await writer.write(Array(": still here\n\n".utf8))
                        }
                    }
                }
                return response
            })
    }
}
