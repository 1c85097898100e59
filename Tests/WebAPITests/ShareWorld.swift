import Configuration
import Foundation
import HTTPServer
import Indexing
import Ledger
import Sharing
import SourceAccess
import Testing

@testable import WebAPI

/// A catalogue of two small studies with people who share them, and the API behind the access layer; the ledger's clock stands still until it is moved.
final class ShareWorld: Sendable {
    static let password = "correct horse battery"
    static let configured = #"{"name": "archive", "type": "local", "path": "FILES"}"#

    let world: IndexWorld
    let service: ShareService
    let routes: [APIRoute]
    let address: PublicAddress
    let metrics = Metrics()
    private let responder: any Responder
    private let sources: DownloadSources
    private let time: SharedValue<Double>
    private let lines = SharedValue<[String]>([])

    var ledger: Ledger { world.ledger }
    var logLines: [String] { lines.value }
    func advance(_ seconds: Double) { time.change { $0 += seconds } }

    private init(_ limits: RateLimits, publicURL: String?) async throws {
        let time = SharedValue(1_800_000_000.0)
        self.time = time
        world = try IndexWorld(configured: Self.configured, clock: { time.value })
        sources = DownloadSources(world.register)
        service = ShareService(ledger: world.ledger, catalogue: world.service.readers, sources: sources, now: { time.value })
        address = PublicAddress(configured: publicURL)
        let pages = RecipientPages(assets: "/assets/0", resume: .seconds(24 * 3_600))
        routes =
            ShareRoutes(
                ledger: world.ledger, service: service, readers: world.service.readers, configuration: ShareConfiguration(),
                address: address,
                now: { time.value }
            ).routes
            + RecipientRoutes(ledger: world.ledger, service: service, pages: pages, address: address, now: { time.value }).routes
        metrics.add(service, ledger: world.ledger)
        let log = JSONLog(now: { time.value }) { [lines] line in lines.change { $0.append(String(decoding: line, as: UTF8.self)) } }
        let access = AccessLayer(ledger: world.ledger, limits: limits, log: log, now: { time.value })
        responder = access.responder(
            for: routes + PeopleRoutes(ledger: world.ledger, version: "1").routes, observers: [metrics.count], showing: pages.show)
    }

    /// Runs a test in a world of its own.
    static func run(
        limits: RateLimits = RateLimits(percent: 100_000), publicURL: String? = nil, _ body: (ShareWorld) async throws -> Void
    ) async throws {
        let world = try await ShareWorld(limits, publicURL: publicURL)
        defer { world.world.remove() }
        try world.world.putFiles(series: 2, of: 3)
        try await world.world.index("archive")
        for role in Role.allCases { _ = try await world.ledger.addUser(role.rawValue, role: role, password: password, by: .local) }
        _ = try await world.ledger.addUser("other", role: .clinician, password: password, by: .local)
        try await body(world)
        world.service.close()
        await world.sources.close()
        await world.world.service.stop()
    }

    // MARK: Requests

    typealias As = PeopleBench.As

    func session(_ name: String) async throws -> As {
        let session = try await ledger.startSession(name: name, password: Self.password, ipAddress: "192.0.2.7", userAgent: "a browser")
        return .cookie(session.token, csrf: session.signedIn.csrfToken)
    }

    @discardableResult
    func send(
        _ method: HTTPMethod, _ path: String, _ body: String? = nil, as caller: As = .nobody, type: String = "application/json",
        _ more: HeaderFields = [:]
    ) async throws -> Reply {
        let parts = path.split(separator: "?", maxSplits: 1)
        let items = URLComponents(string: "x:?" + (parts.count > 1 ? parts[1] : ""))?.queryItems ?? []
        var headers = caller.headers
        for field in more.fields { headers.append(field.name, field.value) }
        if body != nil { headers["Content-Type"] = type }
        let request = Request(
            method: method, rawPath: String(parts[0]),
            segments: parts[0].split(separator: "/").map { $0.removingPercentEncoding ?? String($0) },
            query: QueryParameters(items.map { (name: $0.name, value: $0.value ?? "") }), headers: headers,
            body: RequestBody(Array((body ?? "").utf8)), peer: caller.peer, isSecure: caller.isSecure, authority: "fileroom.test",
            id: "request-1")
        let reply = try await Reply(try await responder.respond(to: request), isHead: method == .head)
        reply.check(against: routes, request)
        return reply
    }

    @discardableResult
    func send(_ method: HTTPMethod, _ path: String, _ headers: HeaderFields) async throws -> Reply {
        try await send(method, path, nil, as: .nobody, headers)
    }

    /// Shares the first study.
    ///
    /// - Returns: its id, and its link's path.
    func share(_ more: String = "", as caller: As = .local) async throws -> (id: String, path: String) {
        address.isServed(at: "https://fileroom.test")
        let body = #"{"items":[{"type":"study","uid":"1.1"}]\#(more.isEmpty ? "" : ", " + more)}"#
        let made = try await send(.post, "/api/shares", body, as: caller)
        try #require(made.status == 201, "\(made.text)")
        let id = try #require((made["share"] as? [String: Any])?["id"] as? String)
        return (id, String(try #require(made["link"] as? String).dropFirst("https://fileroom.test".count)))
    }

    @discardableResult
    func unlock(_ path: String, _ password: String?, from address: String = "192.0.2.7") async throws -> Reply {
        let form = password.map { "password=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") } ?? ""
        return try await send(
            .post, path + "/unlock", form, as: As.nobody.from(address), type: "application/x-www-form-urlencoded",
            ["Sec-Fetch-Site": "same-origin"])
    }
}

extension Reply {
    /// The cookie that is set, as it is sent back.
    var cookieField: HeaderFields { ["Cookie": String((headers["Set-Cookie"] ?? "").prefix { $0 != ";" })] }
}
