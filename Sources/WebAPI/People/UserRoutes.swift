internal import HTTPServer
internal import Ledger

/// Users and keys, for admins.
extension PeopleRoutes {
    private static let name = Operation.Parameter.path("name", .string(lengths: 1...64), "The user's name; case makes no difference.")

    var users: APIRoute {
        APIRoute(
            .get, "/api/users", .admins,
            Operation(
                "listUsers", tag: "People", "All users by name.",
                answers: [.json(.ok, .object([.init("users", .array(of: .reference("User")))]), "The users.")])
        ) { _, _ in .json(.ok, ["users": .array(try await ledger.users().map { .of($0) })]) }
    }

    var addUser: APIRoute {
        struct NewUser: Decodable {
            let name, password: String
            let role: Role
        }
        return APIRoute(
            .post, "/api/users", .admins, audit: .byHandler,
            Operation(
                "addUser", tag: "People", "Adds a user.",
                body: .object([
                    .init("name", PeopleSchemas.newName), .init("role", PeopleSchemas.role),
                    .init("password", PeopleSchemas.newPassword),
                ]),
                answers: [.json(.created, .reference("User"), "Added."), .problem(.conflict, "There is a user of this name.")])
        ) { request, caller in
            let given = try request.body(as: NewUser.self)
            let user = try await ledger.addUser(given.name, role: given.role, password: given.password, by: caller.auditOrigin)
            var response = Response.json(.created, .of(user))
            response.headers["Location"] = "/api/users/\(user.name)"
            return response
        }
    }

    var user: APIRoute {
        APIRoute(
            .get, "/api/users/{name}", .admins,
            Operation(
                "getUser", tag: "People", "One user.", parameters: [Self.name], answers: [.json(.ok, .reference("User"), "The user.")])
        ) { request, _ in .json(.ok, .of(try await ledger.user(named: request.parameters.get("name")))) }
    }

    var changeUser: APIRoute {
        struct Changes: Decodable {
            let role: Role?
            let isDisabled: Bool?
            let password: String?
            private enum CodingKeys: String, CodingKey {
                case role, password
                case isDisabled = "is_disabled"
            }
        }
        return APIRoute(
            .patch, "/api/users/{name}", .admins, audit: .byHandler,
            Operation(
                "changeUser", tag: "People", "Changes what is given. Who is disabled or gets a new password is signed out everywhere.",
                parameters: [Self.name],
                body: .object([
                    .init("role", PeopleSchemas.role, isOptional: true), .init("is_disabled", .boolean, isOptional: true),
                    .init("password", PeopleSchemas.newPassword, isOptional: true),
                ]),
                answers: [.json(.ok, .reference("User"), "The user as it is now."), .problem(.conflict, "It is the last admin.")])
        ) { request, caller in
            let given = try request.body(as: Changes.self)
            let user = try await ledger.changeUser(
                request.parameters.get("name"), role: given.role, isDisabled: given.isDisabled, password: given.password,
                by: caller.auditOrigin)
            return .json(.ok, .of(user))
        }
    }

    var endSessionsOfUser: APIRoute {
        APIRoute(
            .delete, "/api/users/{name}/sessions", .admins, audit: .byHandler,
            Operation(
                "signOutUser", tag: "People", "Ends all sessions of a user and voids its signed tokens.", parameters: [Self.name],
                answers: [.empty(.noContent, "Signed out everywhere.")])
        ) { request, caller in
            try await ledger.endAllSessions(of: request.parameters.get("name"), by: caller.auditOrigin)
            return .empty()
        }
    }

    var keys: APIRoute {
        APIRoute(
            .get, "/api/keys", .admins,
            Operation(
                "listKeys", tag: "People", "All API keys, also expired and revoked ones, oldest first; never the keys themselves.",
                answers: [.json(.ok, .object([.init("keys", .array(of: .reference("Key")))]), "The keys.")])
        ) { _, _ in .json(.ok, ["keys": .array(try await ledger.keys().map { .of($0) })]) }
    }

    var createKey: APIRoute {
        struct NewKey: Decodable {
            let name: String
            let role: Role
            let expiresAt: String?
            private enum CodingKeys: String, CodingKey {
                case name, role
                case expiresAt = "expires_at"
            }
        }
        return APIRoute(
            .post, "/api/keys", .admins, audit: .byHandler,
            Operation(
                "createKey", tag: "People", "Makes an API key for a service.",
                body: .object([
                    .init("name", PeopleSchemas.newName), .init("role", PeopleSchemas.role),
                    .init(
                        "expires_at", .nullable(PeopleSchemas.time), "Without it the key is valid until it is revoked.", isOptional: true),
                ]),
                answers: [.json(.created, .reference("NewKey"), "Made."), .problem(.conflict, "There is a key of this name in use.")])
        ) { request, caller in
            let given = try request.body(as: NewKey.self)
            let new = try await ledger.createKey(
                given.name, role: given.role, expiresAt: given.expiresAt.flatMap(Timestamp.unixSeconds), by: caller.auditOrigin)
            return .json(.created, .of(new.key, secret: new.secret))
        }
    }

    var revokeKey: APIRoute {
        APIRoute(
            .delete, "/api/keys/{id}", .admins, audit: .byHandler,
            Operation(
                "revokeKey", tag: "People", "Ends a key for good.", parameters: [.path("id", .integer(), "As the list has it.")],
                answers: [.empty(.noContent, "Revoked.")])
        ) { request, caller in
            try await ledger.revokeKey(request.parameters.get("id", as: Int64.self), by: caller.auditOrigin)
            return .empty()
        }
    }
}
