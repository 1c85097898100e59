import HTTPServer
import Testing

/// What downloads and pages without scripts need: forms, file names, parts of what is made while it is sent.
@Suite struct DownloadTests {
    private static let digits = Array("0123456789".utf8)

    private static func streamed(mayBePart: Bool = true) -> Handler {
        Handler { request in
            try Representation(
                contentType: "application/zip", length: 10, tag: EntityTag("v1"), modified: 784_111_777, headers: ["Cache-Control": "no-store"]
            ) { range, writer in
                // In pieces, as they come from afar.
                for index in range { try await writer.write([digits[index]]) }
            }.response(to: request, mayBePart: mayBePart)
        }
    }

    @Test(arguments: Way.allCases)
    func `parts of a stream are sent as they are asked for, with their length known`(_ way: Way) async throws {
        let whole = try await way.ask(Self.streamed(), "GET", "/")
        #expect(whole.status == 200 && whole.text == "0123456789" && whole.headers["Accept-Ranges"] == "bytes")
        let end = try await way.ask(Self.streamed(), "GET", "/", ["Range": "bytes=7-", "If-Range": "\"v1\""])
        #expect(end.status == 206 && end.text == "789" && end.headers["Content-Range"] == "bytes 7-9/10")
        #expect(try await way.ask(Self.streamed(), "GET", "/", ["Range": "bytes=7-", "If-Range": "\"v0\""]).text == "0123456789")
        let missing = Self.streamed().behind([ErrorMiddleware { _ in }])
        let beyond = try await way.ask(missing, "GET", "/", ["Range": "bytes=10-"])
        #expect(beyond.status == 416 && beyond.headers["Content-Range"] == "bytes */10")
    }

    @Test(arguments: Way.live) func `HEAD tells the length and begins nothing`(_ way: Way) async throws {
        let begun = Handler { request in
            try Representation(contentType: "application/zip", length: 10) { _, _ in Issue.record("a body of HEAD was begun") }
                .response(to: request)
        }
        let answer = try await way.ask(begun, "HEAD", "/")
        #expect(answer.status == 200 && answer.body.isEmpty && answer.headers["Content-Length"] == "10")
    }

    @Test func `whoever cannot have a part of this gets the whole`() async throws {
        let answer = try await Way.router.ask(Self.streamed(mayBePart: false), "GET", "/", ["Range": "bytes=7-"])
        #expect(answer.status == 200 && answer.text == "0123456789")
    }

    @Test(arguments: [
        ("study.zip", "attachment; filename=\"study.zip\""),
        ("Schädel CT.zip", "attachment; filename=\"Sch_del CT.zip\"; filename*=UTF-8''Sch%C3%A4del%20CT.zip"),
        ("a\"b\\c%d/e\n.zip", "attachment; filename=\"a_b_c_d_e_.zip\"; filename*=UTF-8''a%22b%5Cc%25d%2Fe%0A.zip"),
    ])
    func `a file's name cannot break out of its field`(_ name: String, _ field: String) {
        #expect(ContentDisposition.attachment(fileName: name) == field)
    }

    @Test(arguments: Way.allCases) func `a form's fields are decoded`(_ way: Way) async throws {
        let echo = Handler { request in
            let form = try await request.formBody(upTo: 40)
            return Response(contentType: "text/plain", bytes: Array(form.items.map { "\($0.name)=\($0.value)" }.joined(separator: "|").utf8))
        }.behind([ErrorMiddleware { _ in }])
        let form: HeaderFields = ["Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"]
        #expect(try await way.ask(echo, "POST", "/", form, body: "password=a+b%26%C3%A4&x&y=").text == "password=a b&ä|x=|y=")
        #expect(try await way.ask(echo, "POST", "/", form, body: "password=%E4").status == 400)
        #expect(try await way.ask(echo, "POST", "/", form, body: String(repeating: "a", count: 41)).status == 413)
        #expect(try await way.ask(echo, "POST", "/", ["Content-Type": "text/plain"], body: "a=b").status == 415)
    }
}
