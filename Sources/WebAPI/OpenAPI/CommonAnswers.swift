internal import HTTPServer

/// What a route may answer besides what its handler gives: known from its entry in the table.
enum CommonAnswer: String, CaseIterable {
    case badRequest = "BadRequest"
    case notSignedIn = "NotSignedIn"
    case notAllowed = "NotAllowed"
    case notFound = "NotFound"
    case tooLarge = "TooLarge"
    case targetTooLong = "TargetTooLong"
    case notJSON = "NotJSON"
    case invalid = "Invalid"
    case tooMany = "TooManyRequests"
    case headTooLarge = "HeadTooLarge"
    case failed = "Failed"
    case unavailable = "Unavailable"
    case diskFull = "DiskFull"

    static func all(of route: APIRoute) -> [CommonAnswer] {
        allCases.filter { $0.canOccur(at: route) }
    }

    private func canOccur(at route: APIRoute) -> Bool {
        switch self {
        case .badRequest, .targetTooLong, .headTooLarge, .failed, .unavailable: true
        case .notSignedIn: route.access.needsIdentity
        case .notAllowed: route.access.needsIdentity || !route.method.isSafe
        case .notFound: route.pattern.contains("{")
        case .tooLarge, .notJSON, .invalid: route.operation.body != nil
        case .tooMany: route.rate != .unlimited
        case .diskFull: !route.method.isSafe
        }
    }

    var status: HTTPStatus {
        switch self {
        case .badRequest: .badRequest
        case .notSignedIn: .unauthorized
        case .notAllowed: .forbidden
        case .notFound: .notFound
        case .tooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .notJSON: .unsupportedMediaType
        case .invalid: .unprocessableContent
        case .tooMany: .tooManyRequests
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .failed: .internalServerError
        case .unavailable: .serviceUnavailable
        case .diskFull: .insufficientStorage
        }
    }

    private var summary: String {
        switch self {
        case .badRequest: "The query or the JSON cannot be read; `errors` says where."
        case .notSignedIn: "Nobody is signed in, or the token or key is not valid."
        case .notAllowed: "The role may not do this, or a session's request has no CSRF token, or another site asked for it."
        case .notFound: "There is nothing of this name."
        case .tooLarge: "The body is longer than 64 KiB."
        case .targetTooLong: "Path and query are longer than 8 KiB together."
        case .notJSON: "The body is not sent as the type that is expected here."
        case .invalid: "The body can be read, but is not what is expected here; `errors` says where."
        case .tooMany: "Too many requests, or too many failed sign-ins; `Retry-After` says how many seconds to wait."
        case .headTooLarge: "The header fields are too many, or longer than the server takes."
        case .failed: "A defect in the server; its log has more under the `request_id`."
        case .unavailable: "The server cannot do it at the moment; `code` says why."
        case .diskFull: "The disk that holds the data folder is full."
        }
    }

    private var headers: JSON? {
        switch self {
        case .tooMany:
            ["Retry-After": ["description": "Seconds to wait.", "schema": ["type": "integer", "minimum": 0]]]
        case .notSignedIn:
            ["WWW-Authenticate": ["description": "How to sign in.", "schema": ["type": "string"]]]
        default: nil
        }
    }

    /// Its name under `components/responses`: where people without scripts read it there is a page.
    func name(asPage isPage: Bool) -> String { isPage ? rawValue + "Page" : rawValue }

    /// The entry under `components/responses`.
    func json(asPage isPage: Bool) -> JSON {
        var members: [(String, JSON)] = [("description", .string(summary))]
        if let headers { members.append(("headers", headers)) }
        let problem: JSON = ["schema": Schema.reference("Problem").json]
        let page: JSON = ["schema": Schema.string().json]
        // What is refused before it is known whom it is for stays a problem.
        let pages = isPage ? [(Operation.Answer.pageType, page)] : []
        members.append(("content", .object(pages + [("application/problem+json", problem)])))
        return .object(members)
    }
}
