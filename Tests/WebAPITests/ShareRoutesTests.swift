import Foundation
import HTTPServer
import Ledger
import Testing

@testable import WebAPI

@Suite struct `Sharing through the API` {
    @Test func `a link is told once, as text and as a QR code, and nobody knows it any more`() async throws {
        try await ShareWorld.run { world in
            let caller = try await world.session("clinician")
            let body = #"{"items":[{"uid":"1.1"},{"type":"series","uid":"1.2.1"}],"note":"Grüße","max_downloads":2,"language":"de"}"#
            let made = try await world.send(.post, "/api/shares", body, as: caller)
            #expect(made.status == 201)
            let (link, share) = (try #require(made["link"] as? String), try #require(made["share"] as? [String: Any]))
            #expect(link.hasPrefix("https://fileroom.test/s/") && link.count == "https://fileroom.test/s/".count + 43)
            #expect((made["qr"] as? [String: Any])?["rows"] is [String])
            #expect(
                share["kind"] as? String == "set" && share["state"] as? String == "active" && share["created_by"] as? String == "clinician")
            #expect((share["summary"] as? [String: Any])?["instances"] as? Int == 6)
            let id = try #require(share["id"] as? String)
            #expect(made.headers["Location"] == "/api/shares/\(id)")
            for path in ["/api/shares", "/api/shares/\(id)", "/api/shares/\(id)/log"] {
                let text = try await world.send(.get, path, as: caller).text
                #expect(!text.contains(link.suffix(43)) && (path.hasSuffix("log") || text.contains("Grüße")))
            }
        }
    }

    @Test func `everybody sees and changes one's own, and admins all`() async throws {
        try await ShareWorld.run { world in
            let (own, other, admin) = (
                try await world.session("clinician"), try await world.session("other"), try await world.session("admin")
            )
            let (id, _) = try await world.share(as: own)
            func ids(_ caller: ShareWorld.As, _ query: String = "") async throws -> [String?] {
                try await world.send(.get, "/api/shares\(query)", as: caller).list("shares").map { $0["id"] as? String }
            }
            for (caller, query) in [(own, ""), (admin, ""), (admin, "?creator=clinician"), (own, "?creator=me&state=active")] {
                #expect(try await ids(caller, query) == [id], "\(query)")
            }
            for (caller, query) in [(other, ""), (other, "?creator=clinician"), (admin, "?creator=me"), (own, "?state=locked")] {
                #expect(try await ids(caller, query).isEmpty, "\(query)")
            }
            for (method, path, body) in [
                (HTTPMethod.get, "", nil), (.get, "/log", nil), (.patch, "", #"{"note":"x"}"#), (.delete, "", nil),
            ] {
                let reply = try await world.send(method, "/api/shares/\(id)\(path)", body, as: other)
                #expect(reply.status == 404 && reply.code == "NO_SUCH_SHARE", "\(method) \(path)")
            }
            #expect(
                try await world.send(.patch, "/api/shares/\(id)", #"{"note":"neu","max_downloads":null}"#, as: own)["note"] as? String
                    == "neu")
            #expect(try await world.send(.delete, "/api/shares/\(id)", as: admin).status == 204)
            let revoked = try await world.send(.get, "/api/shares/\(id)", as: own)
            #expect(revoked["state"] as? String == "revoked" && revoked["revoked_by"] as? String == "admin")
            #expect(try await world.send(.patch, "/api/shares/\(id)", #"{"note":"x"}"#, as: own).code == "SHARE_REVOKED")
            let totals = try await world.send(.get, "/api/shares/statistics", as: own)
            #expect((totals["shares"] as? [String: Int])?["revoked"] == 1)
        }
    }

    @Test func `lists come in pages, newest first`() async throws {
        try await ShareWorld.run { world in
            let caller = try await world.session("clinician")
            var ids: [String] = []
            for _ in 0..<5 {
                ids.insert(try await world.share(as: caller).id, at: 0)
                world.advance(1)
            }
            var (seen, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try await world.send(.get, "/api/shares?limit=2\(cursor.map { "&after=\($0)" } ?? "")", as: caller)
                seen += page.list("shares").compactMap { $0["id"] as? String }
                cursor = page["cursor"] as? String
            } while cursor != nil
            #expect(seen == ids)
        }
    }

    @Test(arguments: [
        (#"{"items":[]}"#, "$.items"), (#"{"items":[{"type":"patient","uid":"1"}]}"#, "$.items[0].type"),
        (#"{"items":[{"uid":"1.1"}],"expires_in_seconds":60,"expires_at":"2027-03-01T00:00:00Z"}"#, "$.expires_at"),
        (#"{"items":[{"uid":"1.1"}],"expires_at":"2020-03-01T00:00:00Z"}"#, "$.expires_at"),
        (#"{"items":[{"uid":"1.1"}],"expires_in_seconds":99999999}"#, "$.expires_at"),
        (#"{"items":[{"uid":"1.1"}],"password":"short"}"#, "$.password"),
    ])
    func `what is wrong with an order is told with its place`(_ body: String, _ path: String) async throws {
        try await ShareWorld.run { world in
            let reply = try await world.send(.post, "/api/shares", body, as: world.session("clinician"))
            #expect(reply.status == 422 && reply.list("errors").first?["path"] as? String == path, "\(reply.text)")
        }
    }

    @Test func `what the catalogue does not have is not shared, and what contradicts itself only when that is known`() async throws {
        try await ShareWorld.run { world in
            let caller = try await world.session("clinician")
            let unknown = try await world.send(.post, "/api/shares", #"{"items":[{"type":"series","uid":"9.9"}]}"#, as: caller)
            #expect(unknown.status == 404 && unknown.code == "UNKNOWN_OBJECT")
            try world.world.putFile(of: "1.1", patientName: "Andere^Anna", patientID: "P9")
            try await world.world.index("archive")
            let order = #"{"items":[{"type":"study","uid":"1.1"}]"#
            let refused = try await world.send(.post, "/api/shares", order + "}", as: caller)
            #expect(refused.status == 409 && refused.code == "PATIENT_CONFLICT")
            #expect((refused["detail"] as? String)?.contains("P9") == true, "the conflict is named")
            let shared = try await world.send(.post, "/api/shares", order + #","confirm_conflict":true}"#, as: caller)
            #expect((shared["share"] as? [String: Any])?["is_conflict_confirmed"] as? Bool == true)
        }
    }

    @Test func `a link begins with the configured address, else with the one that was asked, else with the server's own`() async throws {
        let order = #"{"items":[{"uid":"1.1"}]}"#
        try await ShareWorld.run(publicURL: "https://images.example") { world in
            let made = try await world.send(.post, "/api/shares", order, as: .local)
            #expect((made["link"] as? String)?.hasPrefix("https://images.example/s/") == true)
        }
        try await ShareWorld.run { world in
            let refused = try await world.send(.post, "/api/shares", order, as: .local)
            #expect(refused.status == 409 && refused.code == "ADDRESS_UNKNOWN")
            #expect(try await world.ledger.shares(limit: 10).isEmpty)
            world.address.isServed(at: "https://nas.local:8443")
            let made = try await world.send(.post, "/api/shares", order, as: .local)
            #expect((made["link"] as? String)?.hasPrefix("https://nas.local:8443/s/") == true)
            var plain = try await world.session("clinician")
            plain = ShareWorld.As(headers: plain.headers, isSecure: false)
            plain.headers["Cookie"] = plain.headers["Cookie"]?.replacing("__Host-", with: "")
            let other = try await world.send(.post, "/api/shares", order, as: plain)
            #expect((other["link"] as? String)?.hasPrefix("http://fileroom.test/s/") == true)
        }
    }
}
