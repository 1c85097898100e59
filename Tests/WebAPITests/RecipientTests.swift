import Foundation
import HTTPServer
import Ledger
import Testing

@testable import WebAPI

@Suite struct `Whoever has a link` {
    private static let secret = #""password":"Sesam & öffne dich""#

    @Test func `without a password opens the page and downloads by one button`() async throws {
        try await ShareWorld.run { world in
            let (id, path) = try await world.share(#""note":"<script>alert(1)</script>""#)
            let page = try await world.send(.get, path)
            #expect(page.status == 200 && page.text.contains(#"<form class="open" method="post" action="\#(path)/unlock">"#))
            #expect(page.text.contains("&lt;script&gt;alert(1)") && !page.text.contains("<script"), "what others wrote is text")
            #expect(page.headers["Cache-Control"] == "no-store" && page.headers["Referrer-Policy"] == "no-referrer")
            #expect(page.headers["X-Robots-Tag"]?.contains("noindex") == true)
            #expect(page.headers["Content-Security-Policy"]?.contains("script-src") == false)
            let opened = try await world.unlock(path, nil)
            #expect(opened.status == 303 && opened.headers["Location"] == path + "/download")
            let cookie = try #require(opened.headers["Set-Cookie"])
            #expect(cookie.hasPrefix("__Secure-fileroom-share=") && cookie.contains("Path=\(path);") && cookie.contains("HttpOnly"))
            #expect(cookie.contains("Secure") && cookie.contains("SameSite=Lax"))
            let archive = try await world.send(.get, path + "/download", opened.cookieField)
            #expect(archive.status == 200 && archive.bytes.starts(with: [0x50, 0x4B, 3, 4]) && archive.headers["Accept-Ranges"] == "bytes")
            #expect(archive.headers["Content-Disposition"]?.hasPrefix("attachment; filename=") == true)
            #expect(archive.headers["ETag"] != nil && archive.headers["Last-Modified"] != nil)
            let share = try await world.ledger.share(id: id)
            #expect(share.downloadCount == 1 && share.bytesSent == Int64(archive.bytes.count))
        }
    }

    @Test func `gets any part of the same bytes`() async throws {
        try await ShareWorld.run { world in
            let (id, path) = try await world.share(Self.secret)
            let basic: HeaderFields = ["Authorization": "Basic " + Data(":Sesam & öffne dich".utf8).base64EncodedString()]
            func ask(_ method: HTTPMethod = .get, _ headers: HeaderFields = [:]) async throws -> Reply {
                var all = basic
                for field in headers.fields { all.append(field.name, field.value) }
                return try await world.send(method, path + "/download", all)
            }
            let head = try await ask(.head)
            let tag = try #require(head.headers["ETag"])
            #expect(head.status == 200 && head.bytes.isEmpty)
            let whole = try await ask()
            #expect(whole.headers["ETag"] == tag)
            let (length, middle) = (whole.bytes.count, whole.bytes.count / 2)
            let end = try await ask(.get, ["Range": "bytes=\(middle)-", "If-Range": tag])
            #expect(end.status == 206 && end.bytes == Array(whole.bytes[middle...]))
            #expect(end.headers["Content-Range"] == "bytes \(middle)-\(length - 1)/\(length)")
            let last = try await ask(.get, ["Range": "bytes=-7"])
            #expect(last.status == 206 && last.bytes == Array(whole.bytes.suffix(7)))
            let beyond = try await ask(.get, ["Range": "bytes=\(length)-"])
            #expect(beyond.status == 416 && beyond.headers["Content-Range"] == "bytes */\(length)")
            #expect(try await ask(.get, ["If-None-Match": tag]).status == 304)
            #expect(try await ask(.get, ["If-Match": "\"another\""]).status == 412)
            #expect(try await world.ledger.share(id: id).downloadCount == 1, "however many parts, it is one download")
            #expect(try await ask(.get, ["Range": "bytes=0-1", "If-Range": "\"another\""]).status == 200)
            #expect(try await world.ledger.share(id: id).downloadCount == 2, "once it is whole, the next is another")
        }
    }

    @Test func `but not the password is told so, waits, and in the end finds it locked, as its creator does`() async throws {
        try await ShareWorld.run { world in
            let caller = try await world.session("clinician")
            let (id, path) = try await world.share(Self.secret + #","shows_patient":true,"note":"geheim""#, as: caller)
            let locked = try await world.send(.get, path)
            #expect(locked.text.contains("type=\"password\"") && !locked.text.contains("Muster") && !locked.text.contains("geheim"))
            let wrong = try await world.unlock(path, "Sesam")
            #expect(wrong.status == 403 && wrong.text.contains("not right") && wrong.headers["Set-Cookie"] == nil)
            #expect(try await world.send(.get, path, ["Accept-Language": "de-CH, en;q=0.5"]).text.contains("Passwort"))
            var (waited, tries) = (false, 1)
            while tries < 200, try await world.ledger.share(id: id).state != .locked {
                let reply = try await world.unlock(path, "wrong \(tries)", from: "10.0.\(tries).1")
                waited = waited || reply.status == 429
                if reply.status == 429 { #expect(reply.headers["Retry-After"] != nil) }
                tries += 1
            }
            #expect(try await world.unlock(path, "Sesam & öffne dich").status == 403)
            let seen = try await world.send(.get, "/api/shares/\(id)", as: caller)
            #expect(seen["state"] as? String == "locked" && (seen["failed_passwords"] as? Int ?? 0) >= 100)
            #expect(try await world.send(.patch, "/api/shares/\(id)", #"{"locked":false}"#, as: caller)["state"] as? String == "active")
            let opened = try await world.unlock(path, "Sesam & öffne dich")
            #expect(opened.status == 303 && opened.headers["Location"] == path)
            let page = try await world.send(.get, path, opened.cookieField)
            #expect(page.text.contains("Muster, Zoë 1") && page.text.contains("geheim") && page.text.contains(#"href="\#(path)/download""#))
        }
    }

    @Test func `waits longer after each wrong password`() async throws {
        try await ShareWorld.run { world in
            let (_, path) = try await world.share(Self.secret)
            var statuses: [Int] = []
            for number in 0..<6 { statuses.append(try await world.unlock(path, "wrong \(number)").status) }
            #expect(statuses.first == 403 && statuses.last == 429)
            #expect(try await world.unlock(path, "Sesam & öffne dich").status == 429, "also with the right one")
            #expect(try await world.unlock(path, "Sesam & öffne dich", from: "198.51.100.9").status == 303, "but not from elsewhere")
            world.advance(3_600)
            #expect(try await world.unlock(path, "Sesam & öffne dich").status == 303)
        }
    }

    @Test func `is sent to the page by a browser, and asked for the password as a program`() async throws {
        try await ShareWorld.run { world in
            let (_, path) = try await world.share(Self.secret)
            for headers: HeaderFields in [["Sec-Fetch-Mode": "navigate"], ["Accept": "text/html,*/*;q=0.8"]] {
                let sent = try await world.send(.get, path + "/download", headers)
                #expect(sent.status == 303 && sent.headers["Location"] == path)
            }
            for headers: HeaderFields in [[:], ["Authorization": "Basic Ondyb25n"], ["Authorization": "Basic !"]] {
                let asked = try await world.send(.get, path + "/download", headers)
                #expect(asked.status == 401 && asked.headers["WWW-Authenticate"]?.hasPrefix("Basic realm=") == true)
            }
            #expect(
                try await world.send(
                    .post, path + "/unlock", "password=x", type: "application/x-www-form-urlencoded",
                    ["Sec-Fetch-Site": "cross-site"]
                ).status == 403)
        }
    }

    @Test func `looks at it with programs of chats and mail, and nothing is used up`() async throws {
        try await ShareWorld.run { world in
            let (id, path) = try await world.share(#""max_downloads":1"#)
            for _ in 0..<3 {
                for (method, place) in [(HTTPMethod.get, ""), (.head, ""), (.head, "/download"), (.get, "?utm_source=mail")] {
                    #expect(try await world.send(method, path + place).status == 200)
                }
            }
            let share = try await world.ledger.share(id: id)
            #expect(share.downloadCount == 0 && share.state == .active)
            #expect(try await world.send(.get, path + "/download").status == 200)
            #expect(try await world.ledger.share(id: id).state == .usedUp)
        }
    }

    @Test func `that does not work sees the same page, whatever the reason`() async throws {
        try await ShareWorld.run { world in
            let (expired, revoked, used) = (
                try await world.share(#""expires_in_seconds":60"#), try await world.share(), try await world.share(#""max_downloads":1"#)
            )
            world.advance(61)
            try await world.service.revoke(revoked.id, by: .local)
            #expect(try await world.send(.get, used.path + "/download").status == 200)
            let browser: HeaderFields = ["User-Agent": "another"]
            for language in ["en", "de"] {
                var answers: Set<[UInt8]> = []
                let unknown = "/s/" + String(repeating: "A", count: 43)
                for path in [unknown, "/s/x", "/s/x/y/z", "/s", expired.path, revoked.path, used.path] {
                    for place in ["", "/download"] {
                        var headers = browser
                        headers["Accept-Language"] = language
                        let reply = try await world.send(.get, path + place, headers)
                        #expect(reply.status == 404 && reply.headers["WWW-Authenticate"] == nil, "\(place)")
                        answers.insert(reply.bytes)
                    }
                }
                for path in [unknown, expired.path, revoked.path, used.path] {
                    let reply = try await world.send(
                        .post, path + "/unlock", "password=x", type: "application/x-www-form-urlencoded",
                        ["Accept-Language": language, "User-Agent": "another"])
                    #expect(reply.status == 404)
                    answers.insert(reply.bytes)
                }
                #expect(answers.count == 1)
            }
        }
    }

    @Test func `has a limit of its own, which slows nobody else`() async throws {
        var limits = RateLimits(percent: 100_000)
        limits.ofAddress[.share] = .init(burst: 20, perSecond: 1)
        try await ShareWorld.run(limits: limits) { world in
            let caller = try await world.session("clinician")
            let (_, path) = try await world.share(as: caller)
            var statuses: [Int] = []
            for number in 0..<100 { statuses.append(try await world.send(.get, "/s/guess\(number)").status) }
            #expect(statuses.prefix(20).allSatisfy { $0 == 404 } && statuses.dropFirst(20).allSatisfy { $0 == 429 })
            #expect(try await world.send(.get, "/api/shares", as: caller).status == 200)
            #expect(try await world.send(.get, path, as: ShareWorld.As.nobody.from("198.51.100.9")).status == 200)
        }
    }

    @Test func `leaves neither its secret nor a password in any log, figure or trail`() async throws {
        try await ShareWorld.run { world in
            let caller = try await world.session("clinician")
            let (id, path) = try await world.share(Self.secret, as: caller)
            let token = String(path.dropFirst(3))
            let opened = try await world.unlock(path, "Sesam & öffne dich")
            for place in ["", "/download", "/nothing"] { try await world.send(.get, path + place, opened.cookieField) }
            for method in [HTTPMethod.put, .delete, .post] { try await world.send(method, path) }
            try await world.unlock(path, "a wrong password")
            let trail = try await world.ledger.auditRows(limit: 100).map { "\($0.entry)" }.joined()
            let figures = String(decoding: await world.metrics.text(), as: UTF8.self)
            let log = try await world.send(.get, "/api/shares/\(id)/log", as: caller).text
            #expect(log.contains("\"unlock\"") && log.contains("\"download\"") && log.contains("\"view\""))
            #expect(figures.contains("fileroom_share_downloads_total 1"))
            for text in [world.logLines.joined(), trail, figures, log] {
                #expect(!text.isEmpty)
                let cookie = opened.headers["Set-Cookie"]?.split(separator: "=")[1].prefix { $0 != ";" } ?? "?"
                for secret in [token, "Sesam", "a wrong password", String(cookie)] { #expect(!text.contains(secret)) }
            }
        }
    }

    @Test func `may finish a download that was begun, also when the link has ended, and its page says how`() async throws {
        try await ShareWorld.run { world in
            let (_, path) = try await world.share(#""expires_in_seconds":3600"#)
            let opened = try await world.unlock(path, nil)
            let archive = try await world.send(.get, path + "/download", opened.cookieField)
            world.advance(7_200)
            let page = try await world.send(.get, path, opened.cookieField)
            #expect(page.status == 200 && page.text.contains("Go on with the download"))
            var headers = opened.cookieField
            (headers["Range"], headers["If-Range"]) = ("bytes=10-", archive.headers["ETag"])
            let rest = try await world.send(.get, path + "/download", headers)
            #expect(rest.status == 206 && rest.bytes == Array(archive.bytes[10...]))
            world.advance(24 * 3_600)
            #expect(try await world.send(.get, path + "/download", headers).status == 404)
        }
    }
}
