import Configuration
import Cryptography
import Foundation
import HTTPServer
import Ledger
import Synchronization
import Testing

@testable import WebAPI

/// The routes behind the access layer, with a ledger of their own and clocks that stand still until they are moved. Every answer is compared with
/// what the route's description says of it.
final class PeopleBench: Sendable {
    static let password = "correct horse battery"
    let folder = FileManager.default.temporaryDirectory.appending(path: "people-\(UUID().uuidString)").path
    let ledger: Ledger
    let access: AccessLayer
    let responder: any Responder
    let routes: [APIRoute]
    private let time: SharedValue<Double>
    private let lines: SharedValue<[String]>

    /// - Parameter more: routes besides those of people.
    init(limits: RateLimits = RateLimits(percent: 100_000), more: [APIRoute] = []) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (time, lines) = (SharedValue(1_800_000_000.0), SharedValue<[String]>([]))
        (self.time, self.lines) = (time, lines)
        let now: @Sendable () -> Double = { time.value }
        ledger = try Ledger(folder: folder, cost: PasswordHash.Cost(logN: 4, r: 8, p: 1), now: now)
        let log = JSONLog(now: now) { line in lines.change { $0.append(String(decoding: line, as: UTF8.self)) } }
        // Nothing settles by itself within a test: closing settles everything.
        access = AccessLayer(ledger: ledger, limits: limits, log: log, settling: .seconds(3_600), now: now)
        routes = OpenAPI.describing(PeopleRoutes(ledger: ledger, version: "1.2.3").routes + more, version: "1.2.3")
        responder = access.responder(for: routes)
    }

    // Only what this bench made itself is there.
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var logLines: [String] { lines.value }
    func advance(_ seconds: Double) { time.change { $0 += seconds } }
    var now: Double { time.value }

    /// Makes a user for each role, named like it.
    func addPeople() async throws {
        for role in Role.allCases { _ = try await ledger.addUser(role.rawValue, role: role, password: Self.password, by: .local) }
    }

    /// How a request shows who makes it.
    struct As: Sendable {
        var headers: HeaderFields = [:]
        var peer = Peer.address("192.0.2.7")
        var isSecure = true

        static let nobody = As()
        static let local = As(peer: .local)
        static func bearer(_ token: String) -> As { As(headers: ["Authorization": "Bearer \(token)"]) }
        static func cookie(_ token: String, csrf: String? = nil) -> As {
            var headers: HeaderFields = ["Cookie": "__Host-fileroom=\(token)"]
            headers["X-CSRF-Token"] = csrf
            return As(headers: headers)
        }
        func from(_ address: String) -> As {
            var other = self
            other.peer = .address(address)
            return other
        }
    }

    /// One with a session in a role, its CSRF token included.
    func session(_ name: String) async throws -> As {
        let session = try await ledger.startSession(name: name, password: Self.password, ipAddress: "192.0.2.7", userAgent: "a browser")
        return .cookie(session.token, csrf: session.signedIn.csrfToken)
    }

    func request(_ method: HTTPMethod, _ target: String, _ body: String? = nil, as caller: As) -> Request {
        var headers = caller.headers
        if body != nil { headers["Content-Type"] = "application/json" }
        let parts = target.split(separator: "?", maxSplits: 1)
        let items = URLComponents(string: "x:?" + (parts.count > 1 ? parts[1] : ""))?.queryItems ?? []
        return Request(
            method: method, rawPath: String(parts[0]),
            segments: parts[0].split(separator: "/").map { $0.removingPercentEncoding ?? String($0) },
            query: QueryParameters(items.map { (name: $0.name, value: $0.value ?? "") }), headers: headers,
            body: RequestBody(Array((body ?? "").utf8)), peer: caller.peer, isSecure: caller.isSecure, authority: "fileroom.test",
            id: "request-1")
    }

    func send(_ method: HTTPMethod, _ target: String, _ body: String? = nil, as caller: As = .nobody) async throws -> Reply {
        let request = request(method, target, body, as: caller)
        let response = try await responder.respond(to: request)
        let reply = try await Reply(response)
        reply.check(against: routes, request)
        return reply
    }
}

/// An answer as a test looks at it.
struct Reply: Sendable {
    let status: Int
    let headers: HeaderFields
    let bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Parameter isHead: whether it answers HEAD, so that no body is begun.
    init(_ response: Response, isHead: Bool = false) async throws {
        (status, headers) = (response.status.rawValue, response.headers)
        switch response.body {
        case .none, .file: bytes = []
        case .bytes(let body): bytes = isHead ? [] : body
        case .stream(_, let body):
            let collected = Collected()
            if !isHead { try await body(collected) }
            bytes = await collected.bytes
        }
    }

    /// Every status is documented for its route, and every JSON body fits its schema.
    func check(against routes: [APIRoute], _ request: Request) {
        let router = Router(routes.map { Router.Route($0.method, $0.pattern) { _ in Response() } })
        guard let pattern = router.pattern(of: request), status != 405,
            let route = routes.first(where: { $0.pattern == pattern && $0.method == request.method })
        else { return }
        let operation = "\(route.method) \(pattern) \(status)"
        let answer = route.operation.answers.first { $0.status.rawValue == status }
        #expect(answer != nil || CommonAnswer.all(of: route).contains { $0.status.rawValue == status }, "\(operation) is documented")
        let type = headers["Content-Type"]
        let schema = type == "application/problem+json" ? Schema.reference("Problem") : answer?.schema
        if let answer, type != "application/problem+json" { #expect(type == answer.contentType, "\(operation)") }
        guard let schema, type?.hasSuffix("json") == true else { return }
        guard let value = try? JSONReader.read(Array(text.utf8)) else {
            Issue.record("\(operation) is no JSON: \(text)")
            return
        }
        let problems = schema.problems(with: value, path: "$")
        #expect(problems.isEmpty, "\(operation): \(problems)")
    }

    private actor Collected: ResponseBodyWriter {
        var bytes: [UInt8] = []
        func write(_ piece: [UInt8]) { bytes += piece }
    }

    var object: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:] }
    /// The code of a problem.
    var code: String? { object["code"] as? String }
    subscript(name: String) -> Any? { object[name] }
    func list(_ name: String) -> [[String: Any]] { object[name] as? [[String: Any]] ?? [] }
    /// The token in the cookie that is set; "" when it is taken back.
    var cookie: String? {
        headers["Set-Cookie"].map { String($0.drop { $0 != "=" }.dropFirst().prefix { $0 != ";" }) }
    }
}

/// A value that several threads may change.
final class SharedValue<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>
    init(_ value: Value) { storage = Mutex(value) }
    var value: Value { storage.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) { storage.withLock { body(&$0) } }
}
