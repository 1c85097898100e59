import HTTPServer
import Ledger
import Testing

@testable import WebAPI

@Suite struct `Who may do what` {
    /// What is meant, written down by hand: a = admin, c = clinician, u = uploader, o = nobody in particular.
    private static let expected = [
        "GET /api/me": "acuo", "POST /auth/login": "acuo", "POST /auth/session": "acuo", "POST /auth/setup": "acuo",
        "DELETE /auth/session": "acu", "GET /auth/sessions": "acu", "DELETE /auth/sessions": "acu", "DELETE /auth/sessions/{id}": "acu",
        "PUT /auth/password": "acu", "GET /api/users": "a", "POST /api/users": "a", "GET /api/users/{name}": "a",
        "PATCH /api/users/{name}": "a", "DELETE /api/users/{name}/sessions": "a", "GET /api/keys": "a", "POST /api/keys": "a",
        "DELETE /api/keys/{id}": "a", "GET /api/audit": "a", "GET /api/audit/verify": "a", "GET /api/audit/export": "a",
        "GET /openapi.json": "acuo", "GET /healthz": "acuo", "GET /readyz": "acuo", "GET /metrics": "a",
        "POST /api/index/start": "a", "GET /api/index/status": "a", "POST /api/index/pause": "a", "POST /api/index/resume": "a",
        "POST /api/index/cancel": "a", "POST /api/index/confirm": "a", "GET /api/index/jobs": "a", "GET /api/index/jobs/{id}": "a",
        "GET /api/index/errors": "a", "GET /api/index/events": "ac", "GET /api/sources": "ac", "POST /api/sources": "a",
        "POST /api/sources/test": "a", "GET /api/sources/{id}": "a", "PATCH /api/sources/{id}": "a", "DELETE /api/sources/{id}": "a",
        "POST /api/sources/{id}/test": "a", "POST /api/sources/{id}/suggest": "a", "GET /api/sources/{id}/metrics": "a",
        "GET /api/search": "ac", "GET /api/studies/{uid}": "ac", "GET /api/studies/{uid}/series": "ac", "GET /api/series/{uid}": "ac",
        "GET /api/series/{uid}/instances": "ac", "GET /api/export": "ac",
    ]

    private static func letter(_ role: Role) -> Character {
        switch role {
        case .admin: "a"
        case .clinician: "c"
        case .uploader: "u"
        }
    }

    @Test func `every route is open to the roles that are meant, and to no other, by every means`() async throws {
        let world = try IndexWorld()
        defer { world.remove() }
        let bench = try PeopleBench(more: world.routes)
        try await bench.addPeople()
        #expect(Set(bench.routes.map { "\($0.method) \($0.pattern)" }) == Set(Self.expected.keys))
        // The routes as they are, but for what they do.
        let probes = bench.routes.map { route in
            var probe = route
            (probe.handler, probe.operation.body) = ({ _, _ in .empty(.noContent) }, nil)
            return probe
        }
        let responder = bench.access.responder(for: probes)
        var callers: [(letter: Character, caller: PeopleBench.As)] = [("o", .nobody), ("a", .local), ("o", .bearer("frk_nonsense"))]
        for role in Role.allCases {
            let letter = Self.letter(role)
            callers.append((letter, try await bench.session(role.rawValue)))
            let token = try await bench.ledger.issueToken(name: role.rawValue, password: PeopleBench.password, ipAddress: "192.0.2.7")
            callers.append((letter, .bearer(token.token)))
            callers.append((letter, .bearer(try await bench.ledger.createKey("key-\(role)", role: role, by: .local).secret)))
        }
        for probe in probes {
            let operation = "\(probe.method) \(probe.pattern)"
            let allowed = try #require(Self.expected[operation])
            let path = probe.pattern.replacing(/\{[^}]*\}/, with: "1")
            for (letter, caller) in callers {
                let reply = try await Reply(responder.respond(to: bench.request(probe.method, path, as: caller)))
                let wanted = allowed.contains(letter) ? 204 : letter == "o" ? 401 : 403
                #expect(reply.status == wanted, "\(operation) as \(letter) by \(caller.headers)")
                if wanted == 401 { #expect(reply.headers["WWW-Authenticate"] == "Bearer") }
                if wanted == 403 { #expect(reply.code == "ROLE_NOT_ALLOWED") }
            }
        }
    }

    @Test func `every state-changing route wants a session's CSRF token, and no other caller's`() async throws {
        let world = try IndexWorld()
        defer { world.remove() }
        let bench = try PeopleBench(more: world.routes)
        try await bench.addPeople()
        let (mine, other) = (try await bench.session("admin"), try await bench.session("admin"))
        let key = try await bench.ledger.createKey("k", role: .admin, by: .local).secret
        var without = mine
        without.headers["X-CSRF-Token"] = nil
        var foreign = mine
        foreign.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
        for route in bench.routes where !route.method.isSafe && route.access != .anyone {
            let path = route.pattern.replacing(/\{[^}]*\}/, with: "1")
            for caller in [without, foreign] {
                let reply = try await bench.send(route.method, path, "{}", as: caller)
                #expect(reply.status == 403 && reply.code == "CSRF_TOKEN_MISSING", "\(route.method) \(route.pattern)")
            }
            #expect(try await bench.send(route.method, path, "[", as: .bearer(key)).code != "CSRF_TOKEN_MISSING")
        }
        #expect(try await bench.send(.get, "/api/users", as: without).status == 200)
    }

    @Test func `another site cannot make a browser sign in`() async throws {
        let bench = try PeopleBench()
        try await bench.addPeople()
        let body = #"{"name":"admin","password":"\#(PeopleBench.password)"}"#
        var caller = PeopleBench.As.nobody
        for site in ["cross-site", "same-site"] {
            caller.headers["Sec-Fetch-Site"] = site
            #expect(try await bench.send(.post, "/auth/session", body, as: caller).code == "CROSS_SITE")
        }
        caller.headers["Sec-Fetch-Site"] = "same-origin"
        #expect(try await bench.send(.post, "/auth/session", body, as: caller).status == 200)
    }

    @Test func `a key that bears a user's name is not that user`() async throws {
        let bench = try PeopleBench()
        try await bench.addPeople()
        let key = PeopleBench.As.bearer(try await bench.ledger.createKey("clinician", role: .clinician, by: .local).secret)
        _ = try await bench.session("clinician")
        #expect(try await bench.send(.get, "/auth/sessions", as: key).code == "USERS_ONLY")
        #expect(try await bench.send(.delete, "/auth/sessions", as: key).code == "USERS_ONLY")
        #expect(try await bench.send(.delete, "/auth/session", as: key).code == "NOT_A_SESSION")
        let body = #"{"current_password":"\#(PeopleBench.password)","new_password":"something quite else"}"#
        #expect(try await bench.send(.put, "/auth/password", body, as: key).code == "USERS_ONLY")
        #expect(try await bench.ledger.sessions(of: "clinician").count == 1)
    }

    @Test func `what a role may not do is in the audit trail when it would have been kept`() async throws {
        let bench = try PeopleBench()
        try await bench.addPeople()
        _ = try await bench.send(.patch, "/api/users/clinician", #"{"role":"admin"}"#, as: bench.session("clinician"))
        let row = try #require(try await bench.ledger.auditRows(limit: 1).first)
        #expect(
            [row.entry.origin.actor, row.entry.action, row.entry.object, row.entry.outcome] == [
                "clinician", "changeUser", "clinician", "ROLE_NOT_ALLOWED",
            ])
    }
}
