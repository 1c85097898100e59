internal import Catalogue
internal import Configuration
internal import HTTPServer
public import Indexing
internal import Ledger
internal import SourceAccess

/// Sources: declaring, changing, removing, examining them [I1 I11].
public struct SourceRoutes: Sendable {
    let service: IndexService
    private let register: SourceRegister

    public init(service: IndexService, register: SourceRegister) { (self.service, self.register) = (service, register) }

    public var routes: [APIRoute] { [list, create, testUnsaved, one, change, remove, test, suggest, metrics] }

    private static let id = Operation.Parameter.path("id", .string(lengths: 1...4_096), "The source's name.")
    private static let unknown = Operation.Answer.problem(.notFound, "There is no such source.")
    private static let conflict = Operation.Answer.problem(.conflict, "It cannot be done now; `code` says why.")
    private static let invalid = Operation.Answer.problem(.unprocessableContent, "What is wrong in the body is listed with its paths.")

    // MARK: Reading

    private var list: APIRoute {
        APIRoute(
            .get, "/api/sources", .searchers,
            Operation(
                "listSources", tag: "Sources", "Every source that is declared or was indexed. Clinicians get the names only.",
                answers: [
                    .json(
                        .ok,
                        .object([
                            .init(
                                "sources",
                                .array(of: .either([.reference("Source"), .object([.init("id", .string()), .init("name", .string())])])))
                        ]), "All of them, by name.")
                ]),
            handler: answering { request, caller in
                let sources = try await all()
                if caller.identity?.role == .admin { return .json(.ok, ["sources": .array(try sources.map { try $0.json() })]) }
                let names = sources.map(\.configuration.name)
                return .json(.ok, ["sources": .array(names.map { ["id": .string($0), "name": .string($0)] })])
            })
    }

    private var one: APIRoute {
        APIRoute(
            .get, "/api/sources/{id}", .admins,
            Operation(
                "getSource", tag: "Sources", "One source.", parameters: [Self.id],
                answers: [.json(.ok, .reference("Source"), "The source."), Self.unknown]),
            handler: answering { request, _ in .json(.ok, try await answer(request.parameters.get("id")).json()) })
    }

    /// Declared ones and those that only the catalogue knows, by name.
    private func all() async throws -> [SourceAnswer] {
        let (known, jobs) = try await service.readers.read { reader in
            let jobs = JobReader(reader)
            return (try jobs.sources(), try jobs.jobs(onlyLast: true))
        }
        let live = await service.status
        func answer(_ source: SourceConfiguration, _ origin: String, _ row: CatalogueSource?) -> SourceAnswer {
            let job = jobs.first { $0.sourceURL == source.address.canonicalURL }
            return SourceAnswer(configuration: source, origin: origin, lastJob: job.map { StoredJob($0, live: live) }, known: row)
        }
        let declared = try await register.declaredSources()
        var answers: [SourceAnswer] = []
        for source in declared {
            let url = source.configuration.address.canonicalURL
            var one = answer(source.configuration, source.origin.rawValue, known.first { $0.url == url })
            one.declaration = source.declaration
            one.nextRun = await service.nextRun(of: source.configuration.name)
            answers.append(one)
        }
        for row in known where !declared.contains(where: { $0.configuration.address.canonicalURL == row.url }) {
            // It was one when it was indexed.
            guard let address = try? SourceAddress(argument: row.url, workingDirectory: "/") else { continue }
            answers.append(answer(SourceConfiguration(name: row.name, address: address), "catalogue", row))
        }
        return answers.sorted { $0.configuration.name < $1.configuration.name }
    }

    private func answer(_ name: String) async throws -> SourceAnswer {
        guard let source = try await all().first(where: { $0.configuration.name == name }) else {
            throw SourceRegister.unknown(name, among: try await register.declaredSources())
        }
        return source
    }

    // MARK: Declaring

    private var create: APIRoute {
        APIRoute(
            .post, "/api/sources", .admins, audit: .byHandler,
            Operation(
                "createSource", tag: "Sources",
                "Declares a source with the keys that it would have in config.json; its password is stored encrypted.",
                body: .reference("SourceDeclaration"),
                answers: [.json(.created, .reference("Source"), "It is declared; `Location` is its address."), Self.conflict, Self.invalid]),
            handler: answering { request, caller in
                let name = try await register.add(request.checkedBody, by: caller.auditOrigin)
                try await service.declarationsChanged()
                var response = Response.json(.created, try await answer(name).json())
                response.headers["Location"] = "/api/sources/\(Self.encoded(name))"
                return response
            })
    }

    private var change: APIRoute {
        APIRoute(
            .patch, "/api/sources/{id}", .admins, audit: .byHandler,
            Operation(
                "changeSource", tag: "Sources",
                "Changes what is named, and removes what is null. A stored password must be given again for another server or user.",
                parameters: [Self.id], body: .reference("SourceChange"),
                answers: [.json(.ok, .reference("Source"), "As it is now."), Self.unknown, Self.conflict, Self.invalid]),
            handler: answering { request, caller in
                let name = try request.parameters.get("id")
                try await register.change(name, with: request.checkedBody, by: caller.auditOrigin)
                try await service.declarationsChanged()
                return .json(.ok, try await answer(name).json())
            })
    }

    private var remove: APIRoute {
        APIRoute(
            .delete, "/api/sources/{id}", .admins, audit: .byHandler,
            Operation(
                "removeSource", tag: "Sources",
                "Removes a source's declaration; with `forget`, also what only it holds from the catalogue.",
                parameters: [
                    Self.id, .query("forget", .boolean, "Remove its entries from the catalogue as well. The files themselves stay."),
                ],
                answers: [.empty(.noContent, "It is gone."), Self.unknown, Self.conflict]),
            handler: answering { request, caller in
                let name = try request.parameters.get("id")
                guard let source = try await all().first(where: { $0.configuration.name == name }) else {
                    // One that this version does not understand is nowhere else.
                    try await register.remove(name, by: caller.auditOrigin)
                    return .empty()
                }
                let (forgets, url) = (request.query["forget"] == "true", source.configuration.address.canonicalURL)
                switch source.origin {
                case "catalogue" where !forgets:
                    throw Problem(.conflict, "SOURCE_NOT_DECLARED", "\(name) is in the catalogue only: remove it with forget=true.")
                case "config":
                    throw Problem(.conflict, "SOURCE_IS_CONFIGURED", "\(name) is declared in config.json: remove it there first.")
                default: break
                }
                try await service.refuseBusy(url: url)
                try await register.remove(
                    name, isDeclared: source.origin == "ledger", forgetting: forgets ? { _ = try await service.forget(url: url) } : nil,
                    by: caller.auditOrigin)
                try await service.declarationsChanged()
                return .empty()
            })
    }

    private static func encoded(_ name: String) -> String {
        name.utf8.map { byte in
            let isLetter = (0x41...0x5A).contains(byte & 0xDF)
            let isPlain = isLetter || (0x30...0x39).contains(byte) || "-._~".utf8.contains(byte)
            let digits = Array("0123456789ABCDEF")
            return isPlain ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }

    // MARK: Examining

    private var testUnsaved: APIRoute {
        APIRoute(
            .post, "/api/sources/test", .admins, audit: .change("source.test"),
            Operation(
                "testDeclaration", tag: "Sources", "Tries everything that indexing needs, without declaring anything.",
                body: .reference("SourceDeclaration"),
                answers: [.json(.ok, .reference("SourceTest"), "What was found."), Self.conflict, Self.invalid]),
            handler: answering { request, _ in
                let declaration = try SourceDeclaration(json: request.checkedBody)
                var password = ""
                if case .set(let secret) = declaration.password { password = secret.reveal() }
                return .json(.ok, try .snakeCase(try await SourceExamination(declaration.source, password: password).test()))
            })
    }

    private var test: APIRoute {
        APIRoute(
            .post, "/api/sources/{id}/test", .admins, audit: .change("source.test"),
            Operation(
                "testSource", tag: "Sources", "Tries everything that indexing needs. A wrong password is tried once.",
                parameters: [Self.id],
                answers: [.json(.ok, .reference("SourceTest"), "What was found."), Self.unknown, Self.conflict]),
            handler: answering { request, _ in .json(.ok, try .snakeCase(try await examination(request).test())) })
    }

    private var suggest: APIRoute {
        APIRoute(
            .post, "/api/sources/{id}/suggest", .admins, audit: .change("source.test"),
            Operation(
                "suggestForSource", tag: "Sources", "Tries a source and says what would make reading it faster or safer.",
                parameters: [Self.id],
                answers: [.json(.ok, .array(of: .reference("Suggestion")), "The most important first."), Self.unknown, Self.conflict]),
            handler: answering { request, _ in .json(.ok, try .snakeCase(try await examination(request).suggestions().advice)) })
    }

    private var metrics: APIRoute {
        APIRoute(
            .get, "/api/sources/{id}/metrics", .admins, rate: .change,
            Operation(
                "getSourceMetrics", tag: "Sources", "What the connections of the job that runs do; without one, those of a short test.",
                parameters: [Self.id],
                answers: [.json(.ok, .reference("SourceMetrics"), "The figures."), Self.unknown, Self.conflict]),
            handler: answering { request, _ in
                let source = try await answer(request.parameters.get("id")).configuration
                if let live = await service.metrics(ofSource: source.address.canonicalURL) { return .json(.ok, try .snakeCase(live)) }
                guard let (_, metrics) = try await examination(request).metrics() else {
                    throw Problem(.conflict, "NO_METRICS", "Metrics are kept for SMB connections; a folder has none.")
                }
                return .json(.ok, try .snakeCase(metrics))
            })
    }

    private func examination(_ request: Request) async throws -> SourceExamination {
        let source = try await answer(request.parameters.get("id")).configuration
        return SourceExamination(source, password: try service.password(of: source) ?? "")
    }
}
