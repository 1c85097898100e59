import Foundation
import HTTPServer
import Ledger
import Testing

@testable import WebAPI

@Suite struct `Users, keys and the audit trail through the API` {
    private let bench: PeopleBench
    private let admin: PeopleBench.As

    init() async throws {
        bench = try PeopleBench()
        try await bench.addPeople()
        admin = try await bench.session("admin")
    }

    @Test func `users are added, shown, changed, and not lost to administration`() async throws {
        let body = #"{"name":"Ada","role":"clinician","password":"\#(PeopleBench.password)"}"#
        let added = try await bench.send(.post, "/api/users", body, as: admin)
        #expect(added.status == 201 && added.headers["Location"] == "/api/users/Ada")
        #expect(!added.text.contains("password") && added.headers["Cache-Control"] == "no-store")
        #expect(try await bench.send(.post, "/api/users", body.replacing("Ada", with: "ADA"), as: admin).code == "USER_EXISTS")
        #expect(try await bench.send(.post, "/api/users", body.replacing("Ada", with: "local"), as: admin).code == "BAD_NAME")
        #expect(try await bench.send(.get, "/api/users/ada", as: admin)["name"] as? String == "Ada")
        #expect(try await bench.send(.get, "/api/users/nobody", as: admin).code == "NO_SUCH_USER")
        let changed = try await bench.send(.patch, "/api/users/ada", #"{"role":"uploader","is_disabled":true}"#, as: admin)
        #expect(changed["role"] as? String == "uploader" && changed["is_disabled"] as? Bool == true)
        #expect(try await bench.send(.patch, "/api/users/admin", #"{"role":"clinician"}"#, as: admin).code == "LAST_ADMIN")
        #expect(try await bench.send(.patch, "/api/users/nobody", #"{"role":"clinician"}"#, as: admin).status == 404)
        let names = try await bench.send(.get, "/api/users", as: admin).list("users").compactMap { $0["name"] as? String }
        #expect(names == ["Ada", "admin", "clinician", "uploader"])
    }

    @Test(arguments: [
        (#"{"name":"x y","role":"root","password":"short"}"#, ["$.name", "$.role", "$.password"]),
        (#"{"name":"eve","role":"admin","password":"correct horse battery","is_admin":true}"#, ["$.is_admin"]),
        (#"{"name":["eve"],"role":null}"#, ["$.name", "$.role", "$.password"]),
    ])
    func `what is wrong with a new user is told all at once`(_ body: String, _ paths: [String]) async throws {
        let reply = try await bench.send(.post, "/api/users", body, as: admin)
        #expect(reply.status == 422)
        #expect(Set(reply.list("errors").compactMap { $0["path"] as? String }) == Set(paths))
        #expect(!reply.text.contains("short\""))
    }

    @Test func `an admin signs someone out everywhere`() async throws {
        let clinician = try await bench.session("clinician")
        #expect(try await bench.send(.delete, "/api/users/clinician/sessions", as: admin).status == 204)
        #expect(try await bench.send(.get, "/auth/sessions", as: clinician).status == 401)
        #expect(try await bench.send(.delete, "/api/users/nobody/sessions", as: admin).status == 404)
    }

    @Test func `a key is shown once, works until it is revoked, and is listed without itself`() async throws {
        let made = try await bench.send(.post, "/api/keys", #"{"name":"pacs","role":"admin","expires_at":null}"#, as: admin)
        let secret = try #require(made["key"] as? String)
        #expect(made.status == 201 && made["created_by"] as? String == "admin")
        #expect(try await bench.send(.post, "/api/keys", #"{"name":"PACS","role":"admin"}"#, as: admin).code == "KEY_EXISTS")
        let late = try await bench.send(.post, "/api/keys", #"{"name":"x","role":"admin","expires_at":"2001-01-01T00:00:00Z"}"#, as: admin)
        #expect(late.status == 422 && late.list("errors").first?["path"] as? String == "$.expires_at")
        let list = try await bench.send(.get, "/api/keys", as: .bearer(secret))
        #expect(list.status == 200 && !list.text.contains(secret))
        let id = try #require(made["id"] as? Int)
        #expect(try await bench.send(.delete, "/api/keys/\(id)", as: admin).status == 204)
        #expect(try await bench.send(.get, "/api/keys", as: .bearer(secret)).status == 401)
        #expect(try await bench.send(.delete, "/api/keys/999", as: admin).status == 404)
    }

    @Test func `the audit trail is paged from the newest, filtered, and says who from where`() async throws {
        for number in 0..<7 { _ = try await bench.send(.get, "/api/users/nobody\(number)", as: admin) }
        for role in ["uploader", "clinician"] {
            _ = try await bench.send(.patch, "/api/users/uploader", #"{"role":"\#(role)"}"#, as: admin.from("198.51.100.9"))
        }
        let all = try await bench.send(.get, "/api/audit", as: admin).list("entries").compactMap { $0["id"] as? Int }
        var paged: [Int] = []
        var cursor: String?
        repeat {
            let page = try await bench.send(.get, "/api/audit?limit=2" + (cursor.map { "&after=\($0)" } ?? ""), as: admin)
            paged += page.list("entries").compactMap { $0["id"] as? Int }
            cursor = page["cursor"] as? String
        } while cursor != nil
        #expect(paged == all && all == all.sorted(by: >) && all.count == 6)
        let changes = try await bench.send(.get, "/api/audit?action=user.change&actor=ADMIN&outcome=ok", as: admin).list("entries")
        #expect(changes.map { $0["detail"] as? String } == ["role clinician", "role uploader"])
        #expect(changes.allSatisfy { $0["ip_address"] as? String == "198.51.100.9" && $0["object"] as? String == "uploader" })
        #expect(try await bench.send(.get, "/api/audit?from=2100-01-01T00:00:00Z", as: admin).list("entries").isEmpty)
        for query in ["limit=0", "after=x", "after=-1", "from=yesterday", "nonsense=1", "limit=1&limit=2"] {
            #expect(try await bench.send(.get, "/api/audit?\(query)", as: admin).code == "BAD_QUERY", "\(query)")
        }
    }

    @Test func `the audit trail is verified, and exported so that anyone can verify it`() async throws {
        let verdict = try await bench.send(.get, "/api/audit/verify", as: admin)
        #expect(verdict["is_intact"] as? Bool == true && verdict["entries"] as? Int == 4 && verdict["first_broken"] is NSNull)
        let export = try await bench.send(.get, "/api/audit/export", as: admin)
        #expect(export.headers["Content-Type"] == "application/jsonl")
        let rows = export.text.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
        #expect(rows.compactMap { $0["id"] as? Int } == [1, 2, 3, 4, 5])
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0["hash"] as? String == $1["previous_hash"] as? String })
        #expect(rows.last?["action"] as? String == "audit.export")
    }
}

@Suite struct `The description of the API` {
    /// With every route of the product.
    private func withBench(_ body: (PeopleBench) async throws -> Void) async throws {
        let world = try IndexWorld()
        defer { world.remove() }
        try await body(try PeopleBench(more: world.routes))
    }

    @Test func `has every route with its parameters, bodies and answers`() async throws {
        try await withBench { bench in
            let document = try await bench.send(.get, "/openapi.json").object
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            for route in bench.routes {
                let operation = try #require(paths[route.pattern]?[route.method.rawValue.lowercased()])
                let parameters = operation["parameters"] as? [[String: Any]] ?? []
                let inPath = parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
                #expect(inPath == route.pattern.matches(of: /\{([^}]*)\}/).map { String($0.output.1) }, "\(route.pattern)")
                #expect((operation["requestBody"] != nil) == (route.operation.body != nil), "\(route.pattern)")
                let responses = try #require(operation["responses"] as? [String: Any])
                #expect(responses.keys.contains { $0.hasPrefix("2") } && responses["500"] != nil, "\(route.pattern)")
                if route.access != .anyone { #expect(responses["401"] != nil && responses["403"] != nil, "\(route.pattern)") }
                if route.rate != .unlimited { #expect(responses["429"] != nil, "\(route.pattern)") }
            }
            let ids = bench.routes.map(\.operation.id)
            #expect(Set(ids).count == ids.count, "every operation has a name of its own")
        }
    }

    @Test func `refers to nothing that is not there`() async throws {
        try await withBench { bench in
            let reply = try await bench.send(.get, "/openapi.json")
            let components = try #require(reply["components"] as? [String: [String: Any]])
            for match in reply.text.matches(of: /"#\/components\/([a-z]+)\/([A-Za-z]+)"/) {
                #expect(components[String(match.output.1)]?[String(match.output.2)] != nil, "\(match.output.0)")
            }
        }
    }
}
