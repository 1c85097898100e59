import HTTPServer
import Testing

/// What people need who come without scripts: forms, and files that get a name.
@Suite struct FormTests {
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
            let text = form.items.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            return Response(contentType: "text/plain", bytes: Array(text.utf8))
        }.behind([ErrorsAsAnswers()])
        let form: HeaderFields = ["Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"]
        #expect(try await way.ask(echo, "POST", "/", form, body: "password=a+b%26%C3%A4&x&y=").text == "password=a b&ä|x=|y=")
        #expect(try await way.ask(echo, "POST", "/", form, body: "password=%E4").status == 400)
        #expect(try await way.ask(echo, "POST", "/", form, body: String(repeating: "a", count: 41)).status == 413)
        #expect(try await way.ask(echo, "POST", "/", ["Content-Type": "text/plain"], body: "a=b").status == 415)
    }
}
