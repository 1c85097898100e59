internal import HTTPServer
internal import Ledger

/// One's own account.
extension PeopleRoutes {
    private static let usersOnly = Operation.Answer.problem(
        .forbidden, "The caller is no user but a key or the command line, or a session's request has no CSRF token.")

    /// The user that asks; keys and the command line are none, whatever their names.
    private static func user(_ caller: Caller) throws(Problem) -> Caller.Identity {
        guard let identity = caller.identity, identity.means == .session || identity.means == .token else {
            throw Problem(.forbidden, "USERS_ONLY", "Only a user has an account; keys and the command line have none.")
        }
        return identity
    }

    private static func session(_ identity: Caller.Identity) -> Int64? { identity.means == .session ? identity.id : nil }

    var sessions: APIRoute {
        APIRoute(
            .get, "/auth/sessions", .signedIn,
            Operation(
                "listOwnSessions", tag: "Account", "Where one is signed in, the session used last first.",
                answers: [.json(.ok, .object([.init("sessions", .array(of: .reference("Session")))]), "One's sessions."), Self.usersOnly])
        ) { _, caller in
            let user = try Self.user(caller)
            let sessions = try await ledger.sessions(of: user.name)
            return .json(.ok, ["sessions": .array(sessions.map { .of($0, current: Self.session(user)) })])
        }
    }

    var signOutEverywhere: APIRoute {
        APIRoute(
            .delete, "/auth/sessions", .signedIn, audit: .byHandler,
            Operation(
                "signOutEverywhere", tag: "Account", "Ends all of one's sessions and voids one's signed tokens.",
                answers: [.empty(.noContent, "Signed out everywhere."), Self.usersOnly])
        ) { request, caller in
            try await ledger.endAllSessions(of: try Self.user(caller).name, by: caller.auditOrigin)
            var response = Response.empty()
            response.headers["Set-Cookie"] = SessionCookie.field(nil, isSecure: request.isSecure, lifetimeSeconds: 0)
            return response
        }
    }

    var endSession: APIRoute {
        APIRoute(
            .delete, "/auth/sessions/{id}", .signedIn, audit: .byHandler,
            Operation(
                "endOwnSession", tag: "Account", "Ends one of one's sessions.",
                parameters: [.path("id", .integer(), "As the list has it.")],
                answers: [.empty(.noContent, "Ended."), Self.usersOnly])
        ) { request, caller in
            let id = try request.parameters.get("id", as: Int64.self)
            try await ledger.endSession(id, of: try Self.user(caller).name, by: caller.auditOrigin)
            return .empty()
        }
    }

    var changePassword: APIRoute {
        struct Passwords: Decodable {
            let current, new: String
            private enum CodingKeys: String, CodingKey {
                case current = "current_password"
                case new = "new_password"
            }
        }
        return APIRoute(
            .put, "/auth/password", .signedIn, rate: .signIn, audit: .byHandler,
            Operation(
                "changeOwnPassword", tag: "Account", "Changes one's password; one's other sessions end.",
                body: .object([
                    .init("current_password", PeopleSchemas.givenPassword), .init("new_password", PeopleSchemas.newPassword),
                ]),
                answers: [
                    .empty(.noContent, "Changed."),
                    .problem(.forbidden, "The current password is wrong, or the caller is no user, or the CSRF token is missing."),
                ])
        ) { request, caller in
            let user = try Self.user(caller)
            let given = try request.body(as: Passwords.self)
            do {
                try await ledger.changeOwnPassword(
                    of: user.name, from: given.current, to: given.new, keeping: Self.session(user), by: caller.auditOrigin
                )
            } catch let error as LedgerError where error.code == .signInRefused {
                // Not 401: the caller stays signed in.
                throw Problem(.forbidden, "PASSWORD_WRONG", "The current password is wrong.")
            } catch let error as LedgerError where error.code == .weakPassword {
                var problem = Problem(error)
                problem.errors = [.init(path: "$.new_password", message: error.suggestion)]
                throw problem
            }
            return .empty()
        }
    }
}
