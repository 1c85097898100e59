internal import HTTPServer
internal import Ledger

/// Who one is, and signing in and out.
extension PeopleRoutes {
    private static let refused = Operation.Answer.problem(
        .unauthorized, "The name or the password is wrong, or the user is disabled: which of them is not told.")

    private struct Credentials: Decodable {
        let name, password: String
    }

    private static let credentials = Schema.object([
        .init("name", PeopleSchemas.givenName), .init("password", PeopleSchemas.givenPassword),
    ])

    var me: APIRoute {
        APIRoute(
            .get, "/api/me", .anyone,
            Operation(
                "getMe", tag: "Account", "Who is asking, as the server sees it.",
                answers: [.json(.ok, .reference("Me"), "Also for nobody.")])
        ) { _, caller in .json(.ok, try await describe(caller.identity)) }
    }

    private func describe(_ identity: Caller.Identity?) async throws -> JSON {
        let user = identity.map { identity -> JSON in
            ["name": .string(identity.name), "role": .string(identity.role.rawValue), "method": .string(identity.means.rawValue)]
        }
        return [
            "user": user ?? .null, "csrf_token": .string(identity?.csrfToken), "expires_at": .time(identity?.expiresAt),
            "setup_needed": .boolean(try await ledger.needsSetup()), "version": .string(version),
        ]
    }

    var login: APIRoute {
        APIRoute(
            .post, "/auth/login", .anyone, rate: .signIn, audit: .byHandler,
            Operation(
                "issueToken", tag: "Account", "A signed token for software, in return for a password.", body: Self.credentials,
                answers: [.json(.ok, .reference("AccessToken"), "To be sent as `Authorization: Bearer …`."), Self.refused])
        ) { request, caller in
            let given = try request.body(as: Credentials.self)
            let token = try await ledger.issueToken(name: given.name, password: given.password, ipAddress: caller.address)
            return .json(
                .ok,
                [
                    "access_token": .string(token.token), "token_type": "Bearer", "expires_in": .integer(token.lifetimeSeconds),
                    "role": .string(token.role.rawValue),
                ])
        }
    }

    var signIn: APIRoute {
        APIRoute(
            .post, "/auth/session", .anyone, rate: .signIn, audit: .byHandler,
            Operation(
                "signIn", tag: "Account", "Starts a browser's session, and sets its cookie.", body: Self.credentials,
                answers: [.json(.ok, .reference("Me"), "Signed in."), Self.refused])
        ) { request, caller in
            let given = try request.body(as: Credentials.self)
            let session = try await ledger.startSession(
                name: given.name, password: given.password, ipAddress: caller.address, userAgent: caller.userAgent)
            try await endPresentSession(of: caller)
            return try await answer(session, to: request)
        }
    }

    var setUp: APIRoute {
        struct SetUp: Decodable {
            let token, name, password: String
        }
        return APIRoute(
            .post, "/auth/setup", .anyone, rate: .signIn, audit: .byHandler,
            Operation(
                "setUp", tag: "Account", "Makes the first user, an admin, with the token of the set-up link, and signs it in.",
                body: .object([
                    .init("token", .string(lengths: 1...200)), .init("name", PeopleSchemas.newName),
                    .init("password", PeopleSchemas.newPassword),
                ]),
                answers: [
                    .json(.ok, .reference("Me"), "Signed in."), .problem(.forbidden, "The token is not the one of the last start."),
                    .problem(.notFound, "There are users already."),
                ])
        ) { request, caller in
            let given = try request.body(as: SetUp.self)
            let session = try await ledger.setUp(
                token: given.token, name: given.name, password: given.password, ipAddress: caller.address, userAgent: caller.userAgent)
            return try await answer(session, to: request)
        }
    }

    private func answer(_ session: NewSession, to request: Request) async throws -> Response {
        var response = Response.json(.ok, try await describe(Caller.Identity(session.signedIn, by: .session)))
        response.headers["Set-Cookie"] = SessionCookie.field(
            session.token, isSecure: request.isSecure, lifetimeSeconds: session.lifetimeSeconds)
        return response
    }

    /// Whoever signs in again in the same browser leaves no session behind.
    private func endPresentSession(of caller: Caller) async throws {
        guard let identity = caller.identity, identity.means == .session, let id = identity.id else { return }
        do {
            try await ledger.endSession(id, of: identity.name, by: caller.auditOrigin)
        } catch let error as LedgerError where error.code == .noSuchSession {
            // It ended in the meantime.
        }
    }

    var signOut: APIRoute {
        APIRoute(
            .delete, "/auth/session", .signedIn, audit: .byHandler,
            Operation(
                "signOut", tag: "Account", "Ends the session that this request is made with.",
                answers: [
                    .empty(.noContent, "Signed out; the cookie is taken back."),
                    .problem(.conflict, "The request was not made with a session."),
                ])
        ) { request, caller in
            guard caller.identity?.means == .session else {
                throw Problem(.conflict, "NOT_A_SESSION", "This request was not made with a session; tokens expire, keys are revoked.")
            }
            try await endPresentSession(of: caller)
            var response = Response.empty()
            response.headers["Set-Cookie"] = SessionCookie.field(nil, isSecure: request.isSecure, lifetimeSeconds: 0)
            return response
        }
    }
}
