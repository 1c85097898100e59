import Foundation
import HTTPServer
import Ledger
import SQLite
import Synchronization
import Testing

@testable import WebAPI

@Suite struct `What stands before every route` {
    private static func route(
        _ method: HTTPMethod, _ pattern: String, _ audit: AuditRule? = nil, rate: RateClass? = nil, body: Schema? = nil,
        parameters: [WebAPI.Operation.Parameter] = [], handler: @escaping APIRoute.Handler = { _, _ in .json(.ok, [:]) }
    ) -> APIRoute {
        APIRoute(
            method, pattern, .signedIn, rate: rate, audit: audit,
            WebAPI.Operation(
                "probe\(method)\(pattern.filter(\.isLetter))", tag: "probe", "A probe.", parameters: parameters, body: body,
                answers: [.json(.ok, .object([]), ""), .problem(.conflict, "")]),
            handler: handler)
    }

    /// How often something was begun.
    private static let begun = Mutex<[String: Int]>([:])

    private static let probes = [
        route(.get, "/probe/study/{uid}", .view("study.view"), parameters: [.path("uid", .string(), "")]),
        route(.post, "/probe/start", .change("index.start"), body: .object([.init("source", .string())])) { request, _ in
            struct Order: Decodable { let source: String }
            let order: Order = try request.body()
            begun.withLock { $0[order.source, default: 0] += 1 }
            return .json(.ok, [:])
        },
        route(.post, "/probe/refuse", .change("index.cancel"), body: .object([.init("job", .integer(), isOptional: true)])) { _, _ in
            throw Problem(.conflict, "NO_SUCH_JOB", "There is no such job.")
        },
        route(
            .get, "/probe/search", .search, rate: .search,
            parameters: [.query("q", .string(), ""), .query("modality", .array(of: .string()), "")] + PageParameters.parameters),
        route(.get, "/probe/broken") { _, _ in
            struct Doe: Error { let patient = "Doe^John" }
            throw Doe()
        },
    ]

    private func bench(_ limits: RateLimits = RateLimits(percent: 100_000)) async throws -> PeopleBench {
        let bench = try PeopleBench(limits: limits, more: Self.probes)
        try await bench.addPeople()
        return bench
    }

    private func trail(_ bench: PeopleBench, _ count: Int) async throws -> [AuditEntry] {
        try await bench.access.close()
        return try await bench.ledger.auditRows(limit: count).reversed().map(\.entry)
    }

    @Test func `views, changes and refused changes are kept with their object`() async throws {
        let bench = try await bench()
        let caller = try await bench.session("clinician")
        _ = try await bench.send(.get, "/probe/study/1.2.3", as: caller)
        _ = try await bench.send(.post, "/probe/start", #"{"source":"nas"}"#, as: caller)
        _ = try await bench.send(.post, "/probe/refuse", #"{"job":7}"#, as: caller)
        let entries = try await trail(bench, 3)
        #expect(entries.map(\.action) == ["study.view", "index.start", "index.cancel"])
        #expect(entries.map(\.object) == ["1.2.3", "nas", "job 7"])
        #expect(entries.map(\.outcome) == ["ok", "ok", "NO_SUCH_JOB"])
        #expect(entries.allSatisfy { $0.origin == AuditOrigin(actor: "clinician", method: "session", ipAddress: "192.0.2.7") })
    }

    @Test func `of a search that is being typed the last is kept, and of another one as well`() async throws {
        let bench = try await bench()
        let caller = try await bench.session("clinician")
        for text in ["d", "do", "doe", "do", "doe", "doe jo", "mei", "meier"] {
            _ = try await bench.send(.get, "/probe/search?q=\(text.replacing(" ", with: "%20"))", as: caller)
        }
        _ = try await bench.send(.get, "/probe/search?q=meier&modality=CT&limit=10", as: caller)
        _ = try await bench.send(.get, "/probe/search?q=meier&modality=CT&after=x", as: caller)
        let entries = try await trail(bench, 20).filter { $0.action == "search" }
        #expect(entries.map(\.detail) == ["q=doe jo", "q=meier&modality=CT"])
    }

    @Test func `nothing is looked up unseen by being quick`() async throws {
        let bench = try await bench()
        let caller = try await bench.session("clinician")
        for query in [
            "q=doe", "q=", "q=roe", "q=r", "q=&modality=CT", "q=&modality=MR", "modality=\(String(repeating: "CT,", count: 500))CT&q=x",
        ] {
            _ = try await bench.send(.get, "/probe/search?\(query)", as: caller)
        }
        let kept = try await trail(bench, 20).filter { $0.action == "search" }.compactMap(\.detail)
        #expect(kept.prefix(4) == ["q=doe", "q=roe", "q=&modality=CT", "q=&modality=MR"])
        #expect(kept.count == 5 && kept[4].hasSuffix("&q=x"), "a long list of filters hides nothing")
    }

    @Test func `a further page is kept unless its search was`() async throws {
        let bench = try await bench()
        let callers = [
            try await bench.session("clinician"), .bearer(try await bench.ledger.createKey("pacs", role: .clinician, by: .local).secret),
        ]
        for caller in callers {
            for query in ["q=doe", "q=doe&after=x", "q=roe&after=x", "q=roe&after=y"] {
                _ = try await bench.send(.get, "/probe/search?\(query)", as: caller)
            }
        }
        let entries = try await trail(bench, 20).filter { $0.action == "search" }
        for method in ["session", "key"] {
            #expect(entries.filter { $0.origin.method == method }.map(\.detail) == ["q=doe", "q=roe"], "\(method)")
        }
    }

    @Test func `software's searches are kept one by one, and people's apart from each other's`() async throws {
        let bench = try await bench()
        let key = PeopleBench.As.bearer(try await bench.ledger.createKey("pacs", role: .clinician, by: .local).secret)
        let (one, two) = (try await bench.session("clinician"), try await bench.session("admin"))
        for text in ["a", "ab"] { for caller in [key, one, two] { _ = try await bench.send(.get, "/probe/search?q=\(text)", as: caller) } }
        let entries = try await trail(bench, 20).filter { $0.action == "search" }
        #expect(
            entries.map { "\($0.origin.actor) \($0.detail ?? "")" } == ["key:pacs q=a", "key:pacs q=ab", "clinician q=ab", "admin q=ab"])
    }

    @Test func `nobody sees or does anything while the audit trail cannot be written`() async throws {
        let bench = try await bench()
        let caller = try await bench.session("clinician")
        let file = try Connection(path: bench.folder + "/ledger.sqlite3")
        try file.execute("ALTER TABLE audit_head RENAME TO away")
        #expect(try await bench.send(.post, "/probe/start", #"{"source":"unseen"}"#, as: caller).status == 503)
        #expect(Self.begun.withLock { $0["unseen"] } == nil)
        for path in ["/probe/study/1.2.3", "/probe/search?q=doe"] {
            #expect(try await bench.send(.get, path, as: caller).status == 503, "\(path)")
        }
        try file.execute("ALTER TABLE away RENAME TO audit_head")
        #expect(try await bench.send(.get, "/probe/study/1.2.3", as: caller).status == 200)
    }

    @Test func `the log has a line for every request, with neither names, queries nor tokens in it`() async throws {
        let bench = try await bench()
        let session = try await bench.session("clinician")
        let key = try await bench.ledger.createKey("pacs", role: .clinician, by: .local).secret
        _ = try await bench.send(.get, "/probe/study/1.2.840.99", as: session)
        _ = try await bench.send(.get, "/probe/search?q=Doe", as: .bearer(key))
        _ = try await bench.send(.get, "/nothing/Doe?Doe=Doe")
        let broken = try await bench.send(.get, "/probe/broken", as: session)
        #expect(broken.status == 500 && broken.code == "INTERNAL_ERROR" && !broken.text.contains("Doe"))
        let lines = bench.logLines.map { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] ?? [:] }
        let requests = lines.filter { $0["event"] as? String == "request" }
        #expect(requests.map { $0["route"] as? String } == ["/probe/study/{uid}", "/probe/search", nil, "/probe/broken"])
        #expect(requests.map { $0["actor"] as? String } == ["clinician", "key:pacs", nil, "clinician"])
        #expect(requests.map { $0["status"] as? Int } == [200, 200, 404, 500])
        let text = bench.logLines.joined()
        for secret in ["1.2.840.99", "Doe^", "q=", key, session.headers["Cookie"] ?? "?", session.headers["X-CSRF-Token"] ?? "?"] {
            #expect(!text.contains(secret), "\(secret)")
        }
    }

    @Test func `requests beyond the rate wait, each user and address by itself, and nobody at the control socket`() async throws {
        var limits = RateLimits(percent: 100_000)
        limits.ofUser[.read] = .init(burst: 3, perSecond: 0.5)
        limits.ofAddress[.read] = .init(burst: 5, perSecond: 1)
        let bench = try await bench(limits)
        let (one, two) = (try await bench.session("clinician"), try await bench.session("admin"))
        func statuses(_ caller: PeopleBench.As, _ count: Int) async throws -> [Int] {
            var statuses: [Int] = []
            for _ in 0..<count { statuses.append(try await bench.send(.get, "/auth/sessions", as: caller).status) }
            return statuses
        }
        #expect(try await statuses(one, 4) == [200, 200, 200, 429])
        #expect(try await bench.send(.get, "/auth/sessions", as: one.from("192.0.2.8")).headers["Retry-After"] == "2")
        #expect(try await statuses(two, 2) == [200, 429])
        #expect(try await statuses(two.from("2001:db8::1"), 2) == [200, 200])
        #expect(try await statuses(.local, 10).allSatisfy { $0 == 403 })
        bench.advance(2)
        #expect(try await statuses(one, 2) == [200, 429])
    }

    @Test func `sign-ins that the limit refuses are one row for each address, with their number`() async throws {
        var limits = RateLimits()
        limits.ofAddress[.signIn] = .init(burst: 1, perSecond: 0.001)
        let bench = try await bench(limits)
        let body = #"{"name": "nobody", "password": "wrong wrong wrong"}"#
        for address in ["192.0.2.7", "192.0.2.7", "192.0.2.7", "2001:db8::1", "2001:db8::2"] {
            _ = try await bench.send(.post, "/auth/session", body, as: .nobody.from(address))
        }
        try await bench.access.close()
        let rows = try await bench.ledger.auditRows(limit: 10).map(\.entry).filter { $0.outcome == "TOO_MANY_REQUESTS" }
        #expect(
            Set(rows.map { "\($0.action) \($0.origin.ipAddress): \($0.detail ?? "")" }) == [
                "sign_in 192.0.2.7: 2 refused within a minute", "sign_in 2001:db8::/64: 1 refused within a minute",
            ])
        try await bench.access.close()
        #expect(try await bench.ledger.auditRows(limit: 10).filter { $0.entry.outcome == "TOO_MANY_REQUESTS" }.count == 2)
    }

    @Test func `the limits' memory is bounded, and forgets those first that are not limited`() throws {
        let time = SharedValue(0.0)
        var limits = RateLimits()
        limits.largestMemory = 100
        limits.ofAddress[.read] = .init(burst: 2, perSecond: 1)
        let limiter = RateLimiter(limits, now: { time.value })
        for number in 0..<1_000 {
            time.change { $0 += 0.01 }
            try limiter.admit(address: "busy", to: .read)
            time.change { $0 += 0.99 }
            try limiter.admit(address: "10.0.\(number / 256).\(number % 256)", to: .read)
            #expect(limiter.count <= 101)
        }
        try limiter.admit(address: "busy", to: .read)
        #expect(throws: Problem.self) { for _ in 0..<3 { try limiter.admit(address: "busy", to: .read) } }
        #expect(throws: Problem.self) { for number in 0..<3 { try limiter.admit(address: "2001:db8::\(number)", to: .read) } }
    }

    @Test func `browsers are told what to refuse with every answer, and of TLS only by a real certificate`() async throws {
        let bench = try await bench()
        for path in ["/api/me", "/api/users", "/nothing"] {
            let headers = try await bench.send(.get, path).headers
            let policy = try #require(headers["Content-Security-Policy"])
            #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'") && policy.hasPrefix("default-src 'none'"))
            #expect(headers["X-Content-Type-Options"] == "nosniff" && headers["Referrer-Policy"] == "no-referrer")
            #expect(headers["Strict-Transport-Security"] == nil)
        }
        let real = bench.access.responder(for: bench.routes, isCertificateReal: true)
        var caller = PeopleBench.As.nobody
        for isSecure in [true, false] {
            caller.isSecure = isSecure
            let response = try await real.respond(to: bench.request(.get, "/api/me", as: caller))
            #expect((response.headers["Strict-Transport-Security"] != nil) == isSecure)
        }
    }

    @Test func `bodies are looked at only when the caller may send them`() async throws {
        let bench = try await bench()
        #expect(try await bench.send(.post, "/api/users", "{").status == 401)
        #expect(try await bench.send(.post, "/api/users", "{", as: bench.session("clinician")).status == 403)
        #expect(try await bench.send(.post, "/api/users", "{", as: bench.session("admin")).status == 400)
    }
}
