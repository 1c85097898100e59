internal import Cryptography
internal import HTTPServer
internal import Ledger

/// Describing the table of routes.
extension OpenAPI {
    /// The routes with one more that gives their description, its own included.
    public static func describing(_ routes: [APIRoute], version: String) -> [APIRoute] {
        func route(_ document: [UInt8]) -> APIRoute {
            var answer = Response.json(bytes: document)
            answer.headers["Cache-Control"] = "no-cache"
            answer.headers["ETag"] = "\"\(Base64.url.encode(Array(SHA256.hash(document).prefix(12))))\""
            let response = answer
            return APIRoute(
                .get, "/openapi.json", .anyone,
                Operation(
                    "getDescription", tag: "Operation", "The description of this API as OpenAPI 3.1.",
                    answers: [.init(status: .ok, summary: "The description.", contentType: "application/json", schema: nil)])
            ) { _, _ in response }
        }
        return routes + [route(document(routes + [route([])], version: version))]
    }

    /// The description of an API.
    ///
    /// Source: OpenAPI 3.1.0.
    public static func document(_ routes: [APIRoute], version: String) -> [UInt8] {
        var paths: [(String, [(String, JSON)])] = []
        for route in routes {
            let operation = (route.method.rawValue.lowercased(), json(route))
            if let known = paths.firstIndex(where: { $0.0 == route.pattern }) {
                paths[known].1.append(operation)
            } else {
                paths.append((route.pattern, [operation]))
            }
        }
        let document: JSON = [
            "openapi": "3.1.0",
            "info": [
                "title": "Fileroom", "version": .string(version),
                "summary": "Catalogues, finds and lends out the DICOM files of a network storage.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths.map { ($0.0, .object($0.1)) }),
            "components": [
                "schemas": .object(components.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }),
                "responses": .object(
                    [false, true].flatMap { isPage in
                        CommonAnswer.allCases.map { ($0.name(asPage: isPage), $0.json(asPage: isPage)) }
                    }),
                "securitySchemes": securitySchemes,
            ],
        ]
        return document.bytes
    }

    private static let securitySchemes: JSON = [
        "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name(isSecure: true)),
            "description": """
            A browser's session; named `fileroom` over plain HTTP. Requests that change something repeat its CSRF token in `X-CSRF-Token`.
            """,
        ],
        "token": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A signed token from `POST /auth/login`, valid for a quarter of an hour.",
        ],
        "key": [
            "type": "http", "scheme": "bearer", "bearerFormat": "frk_…", "description": "An API key of a service.",
        ],
    ]

    private static func json(_ route: APIRoute) -> JSON {
        let operation = route.operation
        var members: [(String, JSON)] = [
            ("operationId", .string(operation.id)), ("tags", [.string(operation.tag)]), ("summary", .string(operation.summary)),
        ]
        var parameters = operation.parameters.map(json)
        if route.access.needsIdentity, !route.method.isSafe {
            parameters.append(json(.header("X-CSRF-Token", .string(), "The session's CSRF token; not needed with a token or key.")))
        }
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        if let body = operation.body {
            let content = JSON.object([(operation.encoding.rawValue, ["schema": body.json])])
            members.append(("requestBody", ["required": .boolean(!body.isSatisfiedByNothing), "content": content]))
        }
        members.append(("responses", responses(of: route)))
        let schemes: JSON = route.access.needsIdentity ? [["session": []], ["token": []], ["key": []]] : []
        members.append(("security", schemes))
        members.append(("x-roles", roles(of: route.access)))
        return .object(members)
    }

    private static func json(_ parameter: Operation.Parameter) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(parameter.name)), ("in", .string(parameter.place.rawValue)), ("description", .string(parameter.summary)),
            ("required", .boolean(parameter.place == .path)), ("schema", parameter.schema.json),
        ]
        if case .array = parameter.schema { members += [("style", "form"), ("explode", true)] }
        return .object(members)
    }

    /// What the handler gives, and for the other statuses what is common.
    private static func responses(of route: APIRoute) -> JSON {
        var byStatus: [Int: JSON] = [:]
        for answer in CommonAnswer.all(of: route) {
            let name = answer.name(asPage: route.access == .link)
            byStatus[answer.status.rawValue] = ["$ref": .string("#/components/responses/\(name)")]
        }
        for (status, answers) in Dictionary(grouping: route.operation.answers, by: \.status.rawValue) {
            var members: [(String, JSON)] = [("description", .string(answers.map(\.summary).joined(separator: " ")))]
            var contents = answers.compactMap { answer in
                answer.contentType.map { ($0, JSON.object(answer.schema.map { [("schema", $0.json)] } ?? [])) }
            }
            if byStatus[status] != nil, !contents.contains(where: { $0.0 == "application/problem+json" }) {
                contents.append(("application/problem+json", ["schema": Schema.reference("Problem").json]))
            }
            if !contents.isEmpty { members.append(("content", .object(contents))) }
            byStatus[status] = .object(members)
        }
        return .object(byStatus.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) })
    }

    private static func roles(of access: Access) -> JSON {
        switch access {
        case .anyone: ["anyone"]
        case .link: ["link"]
        case .signedIn: .array(Role.allCases.map { .string($0.rawValue) })
        case .roles(let roles): .array(roles.map(\.rawValue).sorted().map { .string($0) })
        case .local: ["local"]
        }
    }
}
