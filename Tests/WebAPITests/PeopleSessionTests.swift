import Cryptography
import Foundation
import HTTPServer
import Ledger
import Testing

@testable import WebAPI

@Suite struct `Signing in through the API` {
    private let bench: PeopleBench
    private static let body = #"{"name":"Admin","password":"\#(PeopleBench.password)"}"#

    init() async throws {
        bench = try PeopleBench()
        try await bench.addPeople()
    }

    private func name(_ reply: Reply) -> String? { (reply["user"] as? [String: Any])?["name"] as? String }

    @Test func `a session's cookie is out of reach of scripts and other sites, and opens what its user may`() async throws {
        let reply = try await bench.send(.post, "/auth/session", Self.body)
        #expect(reply.status == 200 && name(reply) == "admin")
        let field = try #require(reply.headers["Set-Cookie"])
        #expect(field.hasPrefix("__Host-fileroom=") && field.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"))
        let caller = PeopleBench.As.cookie(try #require(reply.cookie), csrf: reply["csrf_token"] as? String)
        let me = try await bench.send(.get, "/api/me", as: caller)
        #expect(name(me) == "admin" && me["csrf_token"] as? String == reply["csrf_token"] as? String)
        #expect(try await bench.send(.get, "/api/users", as: caller).list("users").count == 3)
        let end = try await bench.send(.delete, "/auth/session", as: caller)
        #expect(end.status == 204 && end.cookie == "")
        #expect(name(try await bench.send(.get, "/api/me", as: caller)) == nil)
    }

    @Test func `over plain HTTP the cookie has another name, and neither counts on the other's connection`() async throws {
        var plain = PeopleBench.As.nobody
        plain.isSecure = false
        let reply = try await bench.send(.post, "/auth/session", Self.body, as: plain)
        #expect(reply.headers["Set-Cookie"]?.hasPrefix("fileroom=") == true)
        #expect(reply.headers["Set-Cookie"]?.contains("Secure") == false)
        let token = try #require(reply.cookie)
        for (cookie, isSecure, isKnown) in [
            ("fileroom=\(token)", false, true), ("fileroom=\(token)", true, false), ("__Host-fileroom=\(token)", true, true),
            ("__Host-fileroom=\(token)", false, false), ("a=b; fileroom=\(token)", false, true),
            ("fileroom=planted; fileroom=\(token)", false, false), ("fileroom=", false, false),
        ] {
            var caller = PeopleBench.As(headers: ["Cookie": cookie])
            caller.isSecure = isSecure
            #expect((name(try await bench.send(.get, "/api/me", as: caller)) == "admin") == isKnown, "\(cookie) \(isSecure)")
        }
    }

    @Test func `a planted session is never adopted, and the one before ends`() async throws {
        let planted = try await bench.send(.post, "/auth/session", Self.body, as: .cookie("planted-token"))
        #expect(planted.cookie != "planted-token")
        #expect(name(try await bench.send(.get, "/api/me", as: .cookie("planted-token"))) == nil)
        // An attacker signs in as itself, plants that, and waits for the victim to sign in.
        let attackers = try await bench.ledger.startSession(
            name: "uploader", password: PeopleBench.password, ipAddress: "192.0.2.66", userAgent: "")
        let victims = try await bench.send(.post, "/auth/session", Self.body, as: .cookie(attackers.token))
        #expect(victims.cookie != attackers.token)
        #expect(name(try await bench.send(.get, "/api/me", as: .cookie(attackers.token))) == nil)
    }

    @Test func `a session ends by itself, and with it its cookie's worth`() async throws {
        let caller = try await bench.session("admin")
        bench.advance(30 * 60)
        #expect(try await bench.send(.get, "/api/users", as: caller).code == "NOT_SIGNED_IN")
        #expect(try await bench.send(.get, "/api/me", as: caller).status == 200)
    }

    @Test func `an Authorization is judged alone, though a good cookie comes with it`() async throws {
        for authorization in ["Bearer nonsense", "Bearer frk_nonsense", "Basic YWRtaW46YWRtaW4=", "Bearer", ""] {
            var caller = try await bench.session("admin")
            caller.headers["Authorization"] = authorization
            #expect(try await bench.send(.get, "/api/users", as: caller).status == 401, "\(authorization)")
        }
    }

    @Test func `a signed token serves software for a quarter of an hour, and cannot be made by others`() async throws {
        let reply = try await bench.send(.post, "/auth/login", Self.body)
        #expect(reply["expires_in"] as? Int == 900 && reply.headers["Set-Cookie"] == nil)
        let token = try #require(reply["access_token"] as? String)
        #expect(try await bench.send(.get, "/api/users", as: .bearer(token)).status == 200)
        let parts = token.split(separator: ".").map(String.init)
        let header = try #require(Base64.url.decode(parts[0]).map { String(decoding: $0, as: UTF8.self) })
        let unsigned = Base64.url.encode(Array(header.replacing("HS256", with: "none").utf8))
        let payload = try #require(Base64.url.decode(parts[1]).map { String(decoding: $0, as: UTF8.self) })
        let others = Base64.url.encode(Array(payload.replacing("admin", with: "uploader").utf8))
        for forged in ["\(unsigned).\(parts[1]).", "\(unsigned).\(parts[1]).\(parts[2])", "\(parts[0]).\(others).\(parts[2])"] {
            #expect(try await bench.send(.get, "/api/users", as: .bearer(forged)).status == 401)
        }
        bench.advance(900)
        #expect(try await bench.send(.get, "/api/users", as: .bearer(token)).status == 401)
    }

    @Test func `refusals are alike whoever is not let in, and further ones must wait`() async throws {
        _ = try await bench.ledger.changeUser("uploader", isDisabled: true, by: .local)
        func refusal(_ name: String, _ password: String) async throws -> Reply {
            try await bench.send(.post, "/auth/login", #"{"name":"\#(name)","password":"\#(password)"}"#)
        }
        let refusals = [
            try await refusal("clinician", "wrong"), try await refusal("nobody", "wrong"),
            try await refusal("uploader", PeopleBench.password),
        ]
        #expect(Set(refusals.map(\.text)).count == 1)
        #expect(refusals.allSatisfy { $0.status == 401 && $0.code == "SIGN_IN_REFUSED" })
        for _ in 0..<5 { #expect(try await refusal("clinician", "wrong").status == 401) }
        let slowed = try await refusal("clinician", PeopleBench.password)
        #expect(slowed.status == 429 && slowed.headers["Retry-After"] == "1")
        bench.advance(1)
        #expect(try await refusal("clinician", PeopleBench.password).status == 200)
    }

    @Test func `one sees and ends one's own sessions, and no one else's`() async throws {
        let (mine, other, foreign) = (
            try await bench.session("clinician"), try await bench.session("clinician"), try await bench.session("admin")
        )
        let sessions = try await bench.send(.get, "/auth/sessions", as: mine).list("sessions")
        #expect(sessions.count == 2 && sessions.count { $0["is_current"] as? Bool == true } == 1)
        let id = try #require(sessions.first { $0["is_current"] as? Bool == false }?["id"] as? Int)
        #expect(try await bench.send(.delete, "/auth/sessions/\(id)", as: foreign).status == 404)
        #expect(try await bench.send(.delete, "/auth/sessions/\(id)", as: mine).status == 204)
        #expect(try await bench.send(.get, "/auth/sessions", as: other).status == 401)
        #expect(try await bench.send(.delete, "/auth/sessions/x", as: mine).status == 404)
        #expect(try await bench.send(.delete, "/auth/sessions", as: mine).status == 204)
        #expect(try await bench.send(.get, "/auth/sessions", as: mine).status == 401)
        #expect(try await bench.send(.get, "/auth/sessions", as: foreign).status == 200)
    }

    @Test func `a new password needs the old one, and ends the other sessions`() async throws {
        let (mine, other) = (try await bench.session("clinician"), try await bench.session("clinician"))
        func change(_ current: String, _ new: String) async throws -> Reply {
            try await bench.send(.put, "/auth/password", #"{"current_password":"\#(current)","new_password":"\#(new)"}"#, as: mine)
        }
        #expect(try await change("wrong", "something quite else").code == "PASSWORD_WRONG")
        let weak = try await change(PeopleBench.password, "clinician1")
        #expect(weak.status == 422 && weak.list("errors").first?["path"] as? String == "$.new_password")
        #expect(try await change(PeopleBench.password, "something quite else").status == 204)
        #expect(try await bench.send(.get, "/auth/sessions", as: mine).status == 200)
        #expect(try await bench.send(.get, "/auth/sessions", as: other).status == 401)
    }

    @Test func `the set-up link makes the first admin, once`() async throws {
        let fresh = try PeopleBench()
        #expect(try await fresh.send(.get, "/api/me")["setup_needed"] as? Bool == true)
        let token = try #require(try await fresh.ledger.makeSetupToken())
        func setUp(_ token: String) async throws -> Reply {
            try await fresh.send(.post, "/auth/setup", #"{"token":"\#(token)","name":"root","password":"\#(PeopleBench.password)"}"#)
        }
        #expect(try await setUp("wrong").code == "SETUP_TOKEN_WRONG")
        let reply = try await setUp(token)
        #expect(reply.status == 200 && name(reply) == "root")
        #expect(try await fresh.send(.get, "/api/users", as: .cookie(try #require(reply.cookie))).status == 200)
        let again = try await setUp(token)
        #expect(again.status == 404 && again.code == "SETUP_DONE")
        #expect(try await fresh.send(.get, "/api/me")["setup_needed"] as? Bool == false)
    }
}
