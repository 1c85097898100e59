import HTTPServer
import Testing

@testable import WebAPI

@Suite struct `What a route takes` {
    private static let schema = Schema.object([
        .init("name", .string(pattern: "^[a-z]+$", lengths: 1...5)),
        .init("count", .integer(1...10), isOptional: true),
        .init("kinds", .array(of: .string(allowed: ["a", "b"])), isOptional: true),
        .init("until", .nullable(.string(format: "date-time")), isOptional: true),
    ])

    private func problem(_ body: String) -> String {
        do throws(Problem) {
            try Input.check(Array(body.utf8), as: Self.schema)
            return "taken"
        } catch {
            return ([String(error.status.rawValue)] + error.errors.map(\.path)).joined(separator: " ")
        }
    }

    @Test(arguments: [
        (#"{"name":"abc"}"#, "taken"),
        (#"{"name":"abc","count":10,"kinds":["a","b"],"until":"2026-03-01T00:00:00Z"}"#, "taken"),
        (#"{"name":"abc","count":1e1,"until":null}"#, "taken"),
        (#"{"name":"abc""#, "400"), ("", "400"), (#"{"name":"\ud800"}"#, "400"), ("{} {}", "400"),
        ("[]", "422 $"), ("{}", "422 $.name"), (#"{"name":null}"#, "422 $.name"), (#"{"name":"ABC"}"#, "422 $.name"),
        (#"{"name":"abcdef"}"#, "422 $.name"), (#"{"name":"a","name":"b"}"#, "422 $.name"),
        (#"{"name":"a","count":0,"kinds":["c"],"other":1}"#, "422 $.count $.kinds[0] $.other"),
        (#"{"name":"a","count":1.5}"#, "422 $.count"), (#"{"name":"a","count":true}"#, "422 $.count"),
        (#"{"name":"a","until":"tomorrow"}"#, "422 $.until"),
    ])
    func `a body is checked against its schema, all of it at once`(_ body: String, _ expected: String) {
        #expect(problem(body) == expected)
    }

    @Test(arguments: [
        ([("limit", "5")], "taken"), ([("kind", "a,b"), ("kind", "b")], "taken"),
        ([("limit", "x")], "limit"), ([("limit", "1001")], "limit"), ([("limit", "1"), ("limit", "1")], "limit"),
        ([("kind", "a,c")], "kind"), ([("limits", "1")], "limits"),
    ])
    func `a query is checked against the parameters, and unknown ones are refused`(_ query: [(String, String)], _ expected: String) {
        let operation = Operation(
            "x", tag: "x", "x", parameters: PageParameters.parameters + [.query("kind", .array(of: .string(allowed: ["a", "b"])), "")],
            answers: [])
        do throws(Problem) {
            try Input.checkQuery(QueryParameters(query.map { (name: $0.0, value: $0.1) }), of: operation)
            #expect(expected == "taken")
        } catch {
            #expect(error.status == .badRequest)
            #expect(error.errors.map(\.path) == [expected])
        }
    }

    @Test(arguments: [
        ("application/json", "{}", 200), ("application/json; charset=utf-8", "{}", 200), (nil, "", 200), (nil, "{}", 415),
        ("text/plain", "{}", 415), ("application/json; charset=latin1", "{}", 415),
        ("application/json", String(repeating: " ", count: Input.largestBody + 1), 413),
    ])
    func `a body must be JSON and of a bounded size`(_ type: String?, _ body: String, _ status: Int) async throws {
        var headers: HeaderFields = [:]
        headers["Content-Type"] = type
        let request = Request(
            method: .post, rawPath: "/", segments: [], query: .init(), headers: headers, body: .init(Array(body.utf8)),
            peer: .local, isSecure: false, authority: "", id: "")
        do {
            let bytes = try await Input.readBody(of: request, as: .object([.init("a", .boolean, isOptional: true)]))
            #expect(status == 200)
            #expect(bytes == Array("{}".utf8))
        } catch let problem as Problem {
            #expect(problem.status.rawValue == status)
        }
    }

    @Test func `times are written and read to the millisecond`() {
        #expect(Timestamp.text(1_772_352_900.001) == "2026-03-01T08:15:00.001Z")
        #expect(Timestamp.unixSeconds("2026-03-01T08:15:00.001Z") == 1_772_352_900.001)
        #expect(Timestamp.unixSeconds("2026-03-01T09:15:00+01:00") == 1_772_352_900)
        #expect(Timestamp.unixSeconds("1970-01-01t00:00:00.5z") == 0.5)
        #expect(Timestamp.unixSeconds("2024-02-29T23:59:60Z") == 1_709_251_200)
        #expect(Timestamp.unixSeconds("0001-01-01T00:00:00Z") == -62_135_596_800)
        for text in [
            "2026-03-01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00+24:00", "٢٠٢٦-01-01T00:00:00Z", "",
        ] {
            #expect(Timestamp.unixSeconds(text) == nil, "\(text)")
        }
    }

    @Test func `an answer has every member, and its texts are escaped`() {
        let json: JSON = ["a": .string(nil), "b": ["x\"\n", true, 3], "c": .number(.nan)]
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"a":null,"b":["x\"\u000a",true,3],"c":null}"#)
    }
}
