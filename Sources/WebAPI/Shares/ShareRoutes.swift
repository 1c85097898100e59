public import Catalogue
public import Configuration
internal import HTTPServer
public import Ledger
internal import QRCode
public import Sharing

/// Making links for outside recipients, and looking after them [H1 H4].
public struct ShareRoutes: Sendable {
    private let ledger: Ledger
    private let service: ShareService
    private let readers: CatalogueReaders
    private let configuration: ShareConfiguration
    private let address: PublicAddress
    private let now: @Sendable () -> Double

    /// - Parameter now: seconds since 1970 UTC.
    public init(
        ledger: Ledger, service: ShareService, readers: CatalogueReaders, configuration: ShareConfiguration, address: PublicAddress,
        now: @escaping @Sendable () -> Double = wallClock
    ) {
        (self.ledger, self.service, self.readers) = (ledger, service, readers)
        (self.configuration, self.address, self.now) = (configuration, address, now)
    }

    public var routes: [APIRoute] { [create, list, statistics, settings, one, change, revoke, log] }

    private static let id = Operation.Parameter.path("id", .string(lengths: 1...64), "The share's, as the list has it.")
    private static let unknown = Operation.Answer.problem(.notFound, "There is no such share, or it is somebody else's.")

    // MARK: Making one

    private struct NewItems: Decodable {
        struct Item: Decodable {
            let type: Share.Item.Level?
            let uid: String
        }
        let items: [Item]
        let confirmConflict: Bool?
        private enum CodingKeys: String, CodingKey {
            case items
            case confirmConflict = "confirm_conflict"
        }
    }

    private var create: APIRoute {
        APIRoute(
            .post, "/api/shares", .searchers, audit: .byHandler,
            Operation(
                "createShare", tag: "Shares", "Makes a link from which studies or series can be downloaded without an account.",
                body: ShareSchemas.newShare,
                answers: [
                    .json(.created, .reference("NewShare"), "Made; `Location` is its address in this API, `link` what the recipient gets."),
                    .problem(.notFound, "The catalogue has nothing of this UID."),
                    .problem(
                        .conflict,
                        "`PATIENT_CONFLICT`: its files name different patients, as `detail` says; or the server's own address is not known."
                    ),
                ]),
            handler: answering { request, caller in
                let base = try address.base(for: request)
                let created = try await service.create(try await order(request), creator: caller.shareCreator, by: caller.auditOrigin)
                let link = "\(base)/s/\(created.token)"
                var response = Response.json(
                    .created,
                    [
                        "share": .of(created.share, active: 0), "link": .string(link), "qr": .of(try QRCode(link)),
                    ])
                response.headers["Location"] = "/api/shares/\(created.share.id)"
                return response
            })
    }

    private func order(_ request: Request) async throws -> ShareOrder {
        let (picked, terms): (NewItems, ShareTerms) = (try request.body(), try request.body())
        var order = ShareOrder([])
        for item in picked.items { order.items.append(ContentItem(try await kind(of: item), uid: item.uid)) }
        (order.expiresAt, order.password) = (try terms.end(now: now()), terms.password ?? nil)
        (order.maxDownloads, order.language) = (terms.maxDownloads ?? nil, terms.language ?? nil)
        (order.note, order.policy) = (terms.note ?? "", terms.policy ?? .strict)
        (order.showsPatient, order.confirmsConflict) = (terms.showsPatient, picked.confirmConflict ?? false)
        return order
    }

    /// What a UID is of, where the client does not say.
    private func kind(of item: NewItems.Item) async throws -> ContentItem.Kind {
        switch item.type {
        case .study: return .study
        case .series: return .series
        case nil:
            let isStudy = try await readers.read { try $0.study(uid: item.uid) != nil }
            return isStudy ? .study : .series
        }
    }

    // MARK: Looking

    private var list: APIRoute {
        APIRoute(
            .get, "/api/shares", .searchers,
            Operation(
                "listShares", tag: "Shares", "Shares, newest first: one's own, and everybody's for admins.",
                parameters: [
                    .query("state", ShareSchemas.state, "Only those in this state."),
                    .query("creator", .string(lengths: 1...100), "Only those of this user, or `me`."),
                ] + PageParameters.parameters,
                answers: [.json(.ok, PageParameters.schema("shares", of: .reference("Share")), "A page of them.")]),
            handler: answering { request, caller in
                let creator = request.query["creator"]
                var filter = ShareFilter(state: request.query["state"].flatMap(Share.State.init))
                if creator == "me" || !caller.seesAllShares { filter.creator = caller.shareCreator }
                if let creator, creator != "me" { filter.createdBy = creator }
                let limit = request.pageLimit
                let shares = try await ledger.shares(filter, limit: limit + 1, after: request.pageCursor)
                let active = service.activeDownloads
                let page = shares.prefix(limit).map { JSON.of($0, active: active[$0.id] ?? 0) }
                return .json(
                    .ok, ["shares": .array(page), "cursor": .string(shares.count > limit ? shares[limit - 1].id : nil)])
            })
    }

    private var one: APIRoute {
        APIRoute(
            .get, "/api/shares/{id}", .searchers,
            Operation(
                "getShare", tag: "Shares", "One share; its link is known to nobody any more.", parameters: [Self.id],
                answers: [.json(.ok, .reference("Share"), "The share."), Self.unknown]),
            handler: answering { request, caller in
                let id = try await permitted(request, caller)
                return .json(.ok, answer(try await ledger.share(id: id)))
            })
    }

    private var log: APIRoute {
        APIRoute(
            .get, "/api/shares/{id}/log", .searchers,
            Operation(
                "listShareAccess", tag: "Shares", "Who opened the link and what was downloaded, newest first.",
                parameters: [
                    Self.id, .query("limit", .integer(1...1000), "How many at most; \(PageParameters.usualLimit) unless given."),
                    .query("before", .integer(1...Int.max), "The `cursor` of the page before."),
                ],
                answers: [
                    .json(
                        .ok,
                        .object([
                            .init("entries", .array(of: .reference("ShareAccess"))),
                            .init("cursor", .nullable(.integer()), "To be given as `before` for the next page; null at the end."),
                        ]), "A page of it."), Self.unknown,
                ]),
            handler: answering { request, caller in
                let (id, limit) = (try await permitted(request, caller), request.pageLimit)
                let before = request.query["before"].flatMap { Int64($0) }
                let rows = try await ledger.shareLog(id, limit: limit + 1, before: before)
                return .json(
                    .ok,
                    [
                        "entries": .array(rows.prefix(limit).map { .of($0) }),
                        "cursor": .integer(rows.count > limit ? rows[limit - 1].id : nil),
                    ])
            })
    }

    private var statistics: APIRoute {
        APIRoute(
            .get, "/api/shares/statistics", .searchers,
            Operation(
                "getShareStatistics", tag: "Shares", "Totals over one's own shares, and over everybody's for admins.",
                answers: [.json(.ok, .reference("ShareStatistics"), "The totals.")]),
            handler: answering { _, caller in
                .json(.ok, .of(try await ledger.shareStatistics(of: caller.seesAllShares ? nil : caller.shareCreator)))
            })
    }

    private var settings: APIRoute {
        APIRoute(
            .get, "/api/shares/settings", .searchers,
            Operation(
                "getShareSettings", tag: "Shares", "What holds for shares on this server.",
                answers: [.json(.ok, .reference("ShareSettings"), "The settings.")]),
            handler: { [configuration] _, _ in
                .json(
                    .ok,
                    [
                        "default_expiry_seconds": .integer(configuration.defaultExpiry.components.seconds),
                        "max_expiry_seconds": .integer(configuration.maximumExpiry.components.seconds),
                        "is_password_required": .boolean(configuration.requiresPassword),
                        "shows_patient": .boolean(configuration.showsPatient),
                        "resume_seconds": .integer(configuration.resume.components.seconds),
                    ])
            })
    }

    // MARK: Changing

    private var change: APIRoute {
        APIRoute(
            .patch, "/api/shares/{id}", .searchers, audit: .byHandler,
            Operation(
                "changeShare", tag: "Shares",
                "Changes what is given. Whoever unlocked it with a password must do so anew when that changes.",
                parameters: [Self.id], body: ShareSchemas.change,
                answers: [
                    .json(.ok, .reference("Share"), "The share as it is now."), Self.unknown,
                    .problem(.conflict, "It was revoked, and stays so."),
                ]),
            handler: answering { request, caller in
                let id = try await permitted(request, caller)
                let terms: ShareTerms = try request.body()
                return .json(.ok, answer(try await ledger.changeShare(id, terms.change(now: now()), by: caller.auditOrigin)))
            })
    }

    private var revoke: APIRoute {
        APIRoute(
            .delete, "/api/shares/{id}", .searchers, audit: .byHandler,
            Operation(
                "revokeShare", tag: "Shares", "Ends a share for good, and the downloads that run, at once.", parameters: [Self.id],
                answers: [.empty(.noContent, "Its link is worth nothing any more."), Self.unknown]),
            handler: answering { request, caller in
                try await service.revoke(try await permitted(request, caller), by: caller.auditOrigin)
                return .empty()
            })
    }

    private func answer(_ share: Share) -> JSON { .of(share, active: service.activeDownloads[share.id] ?? 0) }

    /// The share that the path names, if the caller may look after it.
    ///
    /// - Throws: ``Problem`` 404, also when it is somebody else's; `LedgerError` noSuchShare.
    private func permitted(_ request: Request, _ caller: Caller) async throws -> String {
        let id: String = try request.parameters.get("id")
        if caller.seesAllShares { return id }
        guard try await ledger.isShare(id, of: caller.shareCreator) else { throw Problem.noSuchShare }
        return id
    }
}

extension Problem {
    static let noSuchShare = Problem(LedgerError(.noSuchShare, "There is no such share", "See the list of shares."))
}

extension Caller {
    /// Whose right a share of this caller's follows.
    var shareCreator: ShareCreator {
        guard let identity else { preconditionFailure("nobody makes no share") }
        switch (identity.means, identity.id) {
        case (.local, _): return .local
        case (.key, let id?): return .key(id: id)
        default: return .user(name: identity.name)
        }
    }

    var seesAllShares: Bool { identity?.role == .admin }
}
