import Foundation
import Testing

@testable import HTTPServer

/// What holds for a request whichever way it comes.
@Suite struct ResponderTests {
    private static let long = String(repeating: "text and more text ", count: 200)

    private struct Secret: Error { let patient = "Doe" }

    private let app = Router([
        .init(.get, "/studies/{uid}") { request in
            Response(
                contentType: "text/plain", bytes: Array("\(try request.parameters.get("uid") as String) \(request.query["q"] ?? "-")".utf8))
        },
        .init(.post, "/studies") { request in
            Response(.created, contentType: "application/json", bytes: try await request.jsonBody(upTo: 100))
        },
        .init(.get, "/fails") { _ in throw Secret() },
        .init(.get, "/long") { _ in
            Response(headers: ["Content-Type": "application/json", "ETag": "\"v1\""], body: .bytes(Array(Self.long.utf8)))
        },
        .init(.get, "/stream") { _ in
            Response(
                headers: ["Content-Type": "text/csv"],
                body: .stream(length: nil) { for _ in 0..<100 { try await $0.write(Array("a,b,c\n".utf8)) } })
        },
        .init(.get, "/part") { request in
            try Representation(contentType: "text/plain", bytes: Array("0123456789".utf8), tag: EntityTag("v1")).response(to: request)
        },
        .init(.delete, "/part") { _ in Response(.noContent) },
    ]).behind([
        RequestIDMiddleware(), SecurityHeaders(hasTrustedCertificate: false), ConditionalMiddleware(), CompressionMiddleware(),
        ErrorsAsAnswers(),
    ])

    @Test(arguments: Way.allCases)
    func `a path's parameters and a query are decoded`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/studies/1%2F2?q=M%C3%BCller+A&q=2")
        #expect(answer.status == 200)
        #expect(answer.text == "1/2 Müller A")
        #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
        #expect(answer.headers["Cache-Control"] == "no-store")
    }

    @Test(arguments: Way.allCases)
    func `an unknown address is a problem that names its request`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/nothing")
        #expect(answer.status == 404)
        #expect(answer.headers["Content-Type"] == "application/problem+json")
        let id = try #require(answer.headers["X-Request-Id"])
        #expect(answer.text.contains("\"code\":\"NOT_FOUND\"") && answer.text.contains("\"request_id\":\"\(id)\""))
    }

    @Test(arguments: Way.allCases)
    func `a slash behind an address makes it another`(_ way: Way) async throws {
        #expect(try await way.ask(app, "GET", "/studies/1.2/").status == 404)
    }

    @Test(arguments: Way.allCases)
    func `an unknown method is told which are known`(_ way: Way) async throws {
        let answer = try await way.ask(app, "PUT", "/part")
        #expect(answer.status == 405)
        #expect(answer.headers["Allow"] == "DELETE, GET, HEAD")
    }

    @Test(arguments: Way.allCases)
    func `an error of ours says nothing of itself`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/fails")
        #expect(answer.status == 500)
        #expect(!answer.text.contains("Doe") && !answer.text.contains("Secret"))
    }

    @Test(arguments: Way.allCases)
    func `a body must be JSON and no longer than allowed`(_ way: Way) async throws {
        let json: HeaderFields = ["Content-Type": "application/json; charset=utf-8"]
        #expect(try await way.ask(app, "POST", "/studies", json, body: "{}").text == "{}")
        #expect(try await way.ask(app, "POST", "/studies", ["Content-Type": "text/plain"], body: "{}").status == 415)
        #expect(try await way.ask(app, "POST", "/studies", json, body: String(repeating: " ", count: 101)).status == 413)
    }

    @Test(arguments: Way.allCases)
    func `HEAD answers as GET does, without the body`(_ way: Way) async throws {
        let answer = try await way.ask(app, "HEAD", "/part")
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["ETag"] == "\"v1\"")
        if way != .router { #expect(answer.headers["Content-Length"] == "10") }
    }

    @Test(arguments: Way.allCases)
    func `what a client has already is not sent again`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/long", ["If-None-Match": "\"v0\", W/\"v1\""])
        #expect(answer.status == 304)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["ETag"] == "\"v1\"")
        if way != .router { #expect(answer.headers["Content-Length"] == "\(Self.long.utf8.count)") }
    }

    @Test(arguments: Way.allCases)
    func `a part is sent to whoever asks for one`(_ way: Way) async throws {
        let part = try await way.ask(app, "GET", "/part", ["Range": "bytes=2-4"])
        #expect(part.status == 206)
        #expect(part.headers["Content-Range"] == "bytes 2-4/10")
        #expect(part.text == "234")
        #expect(try await way.ask(app, "GET", "/part", ["Range": "bytes=-3"]).text == "789")
        #expect(try await way.ask(app, "GET", "/part", ["Range": "bytes=2-4", "If-Range": "\"v0\""]).text == "0123456789")
        let none = try await way.ask(app, "GET", "/part", ["Range": "bytes=10-"])
        #expect(none.status == 416)
        #expect(none.headers["Content-Range"] == "bytes */10")
    }

    @Test(arguments: Way.allCases)
    func `text is compressed for whoever can read it, and its tag becomes weak`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/long", ["Accept-Encoding": "br, gzip;q=0.5"])
        #expect(answer.headers["Content-Encoding"] == "gzip")
        #expect(answer.headers["Vary"] == "Accept-Encoding")
        #expect(answer.headers["ETag"] == "W/\"v1\"")
        #expect(try await gunzip(answer.body) == Array(Self.long.utf8))
        let plain = try await way.ask(app, "GET", "/long", ["Accept-Encoding": "gzip;q=0"])
        #expect(plain.text == Self.long)
        #expect(plain.headers["Vary"] == "Accept-Encoding")
    }

    @Test(arguments: Way.allCases)
    func `a stream is compressed on its way`(_ way: Way) async throws {
        let answer = try await way.ask(app, "GET", "/stream", ["Accept-Encoding": "gzip"])
        #expect(answer.headers["Content-Encoding"] == "gzip")
        #expect(try await gunzip(answer.body) == Array(String(repeating: "a,b,c\n", count: 100).utf8))
    }

    @Test(arguments: Way.live)
    func `nothing but what a status allows is sent`(_ way: Way) async throws {
        let answer = try await way.ask(app, "DELETE", "/part")
        #expect(answer.status == 204)
        #expect(answer.headers["Content-Length"] == nil && answer.headers["Transfer-Encoding"] == nil)
    }

    @Test(arguments: Way.live)
    func `a file is sent, whole and in part`(_ way: Way) async throws {
        let folder = try ScratchFolder()
        let path = folder.path + "file"
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = Handler { try Representation(file: path, contentType: "application/octet-stream").response(to: $0) }
        #expect(try await way.ask(file, "GET", "/").body == bytes)
        let part = try await way.ask(file, "GET", "/", ["Range": "bytes=100000-199999"])
        #expect(part.body == Array(bytes[100_000..<200_000]))
        let modified = try #require(part.headers["Last-Modified"])
        #expect(try await way.ask(file, "GET", "/", ["If-Modified-Since": modified]).status == 304)
    }

    /// By another implementation than the one that compressed it: gzip's own.
    private func gunzip(_ bytes: [UInt8]) async throws -> [UInt8] {
        let folder = try ScratchFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "body.gz"))
        return try #require(try await runForBytes(["gzip", "-dc", folder.path + "body.gz"]))
    }
}
