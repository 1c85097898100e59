/// The OpenAPI description of the routes; see ``OpenAPI/document(_:version:)``.
public enum OpenAPI {
    /// The schemas that routes refer to by name. Each part of the API adds its own.
    static let components: [String: Schema] = [
        commonComponents, PeopleSchemas.components, SearchSchemas.components, IndexSchemas.components, HealthRoutes.components,
        ShareSchemas.components,
    ].reduce(into: [:]) { all, part in all.merge(part) { _, _ in preconditionFailure("two components of one name") } }

    private static let commonComponents: [String: Schema] = [
        "Problem": .object([
            .init("type", .string(), "A URN that names the kind of problem."),
            .init("title", .string(), "The status in words."),
            .init("status", .integer(400...599)),
            .init("detail", .string(), "What went wrong and what to do."),
            .init("code", .string(pattern: "^[A-Z0-9_]+$"), "The kind of problem, for programs."),
            .init("request_id", .string(), "Names the request in the server's log."),
            .init("errors", .array(of: .reference("FieldError")), "What is wrong in the request.", isOptional: true),
        ]),
        "FieldError": .object([
            .init("path", .string(), "A JSON path such as `$.name`, or a query parameter's name."), .init("message", .string()),
        ]),
    ]
}
