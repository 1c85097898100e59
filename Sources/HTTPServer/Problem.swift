/// An error as a client reads it: `application/problem+json`.
///
/// Source: RFC 9457.
public struct Problem: Error, Sendable, Hashable {
    public var status: HTTPStatus
    /// A name for programs, in capitals, such as `UNKNOWN_SOURCE`.
    public var code: String
    /// What went wrong and what to do, in a sentence; holds no patient's values and no secrets.
    public var detail: String
    /// Further headers, such as `Retry-After` or `Allow`.
    public var headers: HeaderFields
    /// What is wrong in the request's body or query, each with its place.
    public var errors: [FieldError]

    public struct FieldError: Sendable, Hashable {
        /// A JSON path such as `$.name`, or a query parameter's name.
        public var path: String
        public var message: String

        public init(path: String, message: String) { (self.path, self.message) = (path, message) }
    }

    public init(
        _ status: HTTPStatus, _ code: String, _ detail: String, headers: HeaderFields = [:], errors: [FieldError] = []
    ) {
        (self.status, self.code, self.detail, self.headers, self.errors) = (status, code, detail, headers, errors)
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(.contentTooLarge, "BODY_TOO_LARGE", "The request's body may have \(limit) bytes here at most.")
    }

    /// - Parameter requestID: of the request that it answers.
    public func response(requestID: String) -> Response {
        var json = JSONText()
        json.object {
            $0.member("type", "urn:fileroom:problem:\(code.lowercased())")
            $0.member("title", status.reason)
            $0.member("status", status.rawValue)
            $0.member("detail", detail)
            $0.member("code", code)
            $0.member("request_id", requestID)
            if !errors.isEmpty {
                $0.array("errors", errors) { json, error in
                    json.object {
                        $0.member("path", error.path)
                        $0.member("message", error.message)
                    }
                }
            }
        }
        var response = Response(status, contentType: "application/problem+json", bytes: json.bytes)
        for field in headers.fields { response.headers.append(field.name, field.value) }
        response.headers["Cache-Control"] = "no-store"
        // Also where a request is refused before any middleware sees it.
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    }
}

extension Problem {
    static let internalError = Problem(
        .internalServerError, "INTERNAL_ERROR", "Something went wrong in the server. Its log says more under this request's id.")
}
