internal import Configuration
internal import Foundation
internal import HTTPServer

/// The JSON body of a request, once the access layer has checked it against the schema of its route.
struct CheckedBody: RequestKey {
    typealias Value = [UInt8]
}

/// Whether who asked may still ask so: for answers that take long.
struct Standing: RequestKey {
    typealias Value = @Sendable () async -> Bool
}

extension Request {
    /// The body as a value. By then it is known to fit the route's ``Operation/body``: every member is there that must be, no other, and each of
    /// its type, so that a `Decodable` with the same members can read it.
    ///
    /// - Throws: ``Problem``: 400 where the route takes no body, 422 for what a schema cannot tell.
    func body<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        guard let bytes = self[CheckedBody.self] else {
            throw Problem(.badRequest, "BODY_MISSING", "This request needs a JSON body.")
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context) {
            // What a schema cannot say, such as a number beyond 64 bits.
            let path = context.codingPath.reduce("$") { $0 + ($1.intValue.map { "[\($0)]" } ?? ".\($1.stringValue)") }
            throw Problem(
                .unprocessableContent, "INVALID_BODY", "The body is not what is expected here.",
                errors: [.init(path: path, message: "cannot be used")])
        }
    }

    /// The bytes of the checked body, for those who read it themselves.
    var checkedBody: [UInt8] { self[CheckedBody.self] ?? [] }

    /// The `limit` parameter of a list that pages, 1…1000: checked already, with the usual value where it is absent.
    var pageLimit: Int { query["limit"].flatMap { Int($0) } ?? PageParameters.usualLimit }

    /// Where the page before ended, as its `cursor` said.
    var pageCursor: String? { query["after"] }
}

/// What every list that pages takes and gives.
enum PageParameters {
    static let usualLimit = 100

    static let parameters: [Operation.Parameter] = [
        .query("limit", .integer(1...1000), "How many at most; \(usualLimit) unless given."),
        .query("after", .string(lengths: 1...500), "The `cursor` of the page before."),
    ]

    /// The schema of a page: `name` with the elements, and `cursor`, null on the last one.
    static func schema(_ name: String, of element: Schema) -> Schema {
        .object([
            .init(name, .array(of: element)),
            .init("cursor", .nullable(.string()), "To be given as `after` for the next page; null at the end."),
        ])
    }

    static let badCursor = Problem(
        .badRequest, "BAD_QUERY", "The query cannot be used.", errors: [.init(path: "after", message: "is no cursor of this list")])
}

/// Reads what a route takes, and refuses what its description does not allow.
enum Input {
    static let largestBody = 64 * 1024

    /// Checks the query against a route's parameters: unknown and repeated names, types, ranges.
    ///
    /// - Throws: ``Problem`` 400.
    static func checkQuery(_ query: QueryParameters, of operation: Operation) throws(Problem) {
        let known = operation.parameters.filter { $0.place == .query }
        var errors: [Problem.FieldError] = []
        var seen: Set<String> = []
        for (name, value) in query.items {
            guard let parameter = known.first(where: { $0.name == name }) else {
                let allowed = known.isEmpty ? "none is" : "allowed are \(known.map(\.name).joined(separator: ", "))"
                errors.append(.init(path: String(name.prefix(50)), message: "is not a known parameter; \(allowed)"))
                continue
            }
            if case .array(let element, _) = parameter.schema {
                // Several values are given by repeating the name or with commas.
                errors += value.split(separator: ",", omittingEmptySubsequences: false)
                    .flatMap { element.problems(withText: String($0), path: name) }
            } else if !seen.insert(name).inserted {
                errors.append(.init(path: name, message: "is given twice"))
            } else {
                errors += parameter.schema.problems(withText: value, path: name)
            }
        }
        if !errors.isEmpty { throw Problem(.badRequest, "BAD_QUERY", "The query cannot be used.", errors: errors) }
    }

    /// Takes in a JSON body and checks it. An absent body stands for `{}` where that is enough.
    ///
    /// - Throws: ``Problem``: 415 no JSON, 413 too long, 400 malformed, 422 not as the schema wants it.
    static func readBody(of request: Request, as schema: Schema) async throws -> [UInt8] {
        let contentType = request.headers["Content-Type"]
        if let contentType, !isJSON(contentType) { throw unsupported }
        var bytes = try await request.body.collect(upTo: largestBody)
        if bytes.isEmpty, schema.isSatisfiedByNothing {
            bytes = Array("{}".utf8)
        } else if contentType == nil {
            throw unsupported
        }
        try check(bytes, as: schema)
        return bytes
    }

    /// Takes in a form and checks it as the object of texts that it stands for.
    ///
    /// - Throws: ``Problem``: 415 no form, 413 too long, 400 malformed, 422 not as the schema wants it.
    static func readForm(of request: Request, as schema: Schema) async throws -> [UInt8] {
        var bytes = Array("{}".utf8)
        // A form without any field is sent without a body.
        if request.headers["Content-Type"] != nil || !schema.isSatisfiedByNothing || request.body.announcedLength != 0 {
            bytes = json(of: try await request.formBody(upTo: largestBody))
        }
        try check(bytes, as: schema)
        return bytes
    }

    private static func json(of form: QueryParameters) -> [UInt8] { JSON.object(form.items.map { ($0.name, .string($0.value)) }).bytes }

    /// - Throws: ``Problem``: 400 malformed, 422 not as the schema wants it.
    static func check(_ bytes: [UInt8], as schema: Schema) throws(Problem) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONReader.read(bytes)
        } catch {
            let place = ConfigurationProblem(path: "", position: .init(offset: error.offset, in: bytes), message: error.message)
            throw Problem(.badRequest, "MALFORMED_JSON", "The body is not JSON: \(place)")
        }
        let errors = schema.problems(with: value, path: "$")
        if !errors.isEmpty {
            throw Problem(.unprocessableContent, "INVALID_BODY", "The body is not what is expected here.", errors: errors)
        }
    }

    private static let unsupported = Problem(
        .unsupportedMediaType, "JSON_EXPECTED", "The body must be JSON, sent with `Content-Type: application/json`.")

    /// `application/json`, with nothing but a `charset` of UTF-8. Source: RFC 9110 §8.3.1.
    private static func isJSON(_ contentType: String) -> Bool {
        let parts = contentType.lowercased().split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { ["charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }
}
