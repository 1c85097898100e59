internal import Cryptography
public import HTTPServer
public import Ledger

/// Stands before every route of the API: who asks, how often, whether it may, what it sends, and what the audit trail keeps of it. The table of
/// routes is the only way in, so that no handler can forget any of this.
public final class AccessLayer: Sendable {
    private let authentication: Authentication
    private let limiter: RateLimiter
    private let auditor: Auditor
    private let log: JSONLog
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - settling: how long after its last keystroke a search is kept in the audit trail.
    ///   - now: seconds of a clock that never goes back.
    public init(
        ledger: Ledger, limits: RateLimits = RateLimits(), log: JSONLog, settling: Duration = .seconds(2),
        now: @escaping @Sendable () -> Double = monotonicClock
    ) {
        (self.log, self.now) = (log, now)
        authentication = Authentication(ledger: ledger)
        limiter = RateLimiter(limits, now: now)
        auditor = Auditor(ledger: ledger, settling: settling)
    }

    /// Everything behind the API's address.
    ///
    /// - Parameters:
    ///   - fallback: answers GET and HEAD of paths that no route has: the pages.
    ///   - observers: are told of every request once its answer begins; they must not block.
    ///   - show: how a problem is answered where people without scripts read it; nil leaves it as programs do.
    public func responder(
        for routes: [APIRoute], fallback: Router.Handler? = nil, isCertificateReal: Bool = false,
        observers: [@Sendable (RequestRecord) -> Void] = [], showing show: @escaping ProblemView = { _, _ in nil }
    ) -> any Responder {
        let router = Router(routes.map { Router.Route($0.method, $0.pattern, guarded($0)) }, fallback: fallback)
        return router.behind([
            SecurityHeaders(hasTrustedCertificate: isCertificateReal),
            RequestObservation(log: log, observers: observers, show: show, now: now),
        ])
    }

    /// Keeps what the audit trail does not have yet. To be called when the last request has been answered.
    ///
    /// - Throws: `LedgerError`.
    public func close() async throws { try await auditor.close() }

    private func guarded(_ route: APIRoute) -> Router.Handler {
        { [self] request in
            request[RequestTrace.self]?.isRouted(to: route.pattern)
            try admit(route, request) { () throws(Problem) in try limiter.admit(address: request.peer.text, to: route.rate) }
            let caller = try await caller(of: request, route)
            request[RequestTrace.self]?.isAsked(by: caller)
            if caller.identity != nil {
                try admit(route, request) { () throws(Problem) in try limiter.admit(actor: caller.auditOrigin.actor, to: route.rate) }
            }
            do throws(Problem) {
                try Self.permit(route, request, caller)
            } catch {
                try await auditor.noteRefusal(error, of: route, request, caller)
                throw error
            }
            var checked = try await Self.checked(request, route)
            checked[Standing.self] = { [authentication] in
                guard let caller = try? await authentication.caller(of: request, isActivity: false) else { return false }
                return route.access.allows(caller)
            }
            return try await auditor.run(route, checked, caller) { try await route.handler(checked, caller) }
        }
    }

    private func caller(of request: Request, _ route: APIRoute) async throws -> Caller {
        guard route.access != .link else { return Caller(identity: nil, of: request) }
        return try await authentication.caller(of: request, isActivity: route.isActivity && request.headers["X-Automatic"] == nil)
    }

    /// - Throws: ``Problem`` 429.
    private func admit(_ route: APIRoute, _ request: Request, _ limit: () throws(Problem) -> Void) throws(Problem) {
        guard route.rate != .unlimited, request.peer != .local else { return }
        do {
            try limit()
        } catch {
            auditor.noteLimit(of: route, request)
            throw error
        }
    }

    /// - Throws: ``Problem``: 401, 403.
    private static func permit(_ route: APIRoute, _ request: Request, _ caller: Caller) throws(Problem) {
        guard route.access.allows(caller) else { throw caller.identity == nil ? .notSignedIn : .roleNotAllowed }
        guard !route.method.isSafe else { return }
        // Where nobody needs to be signed in there is no token to repeat, but a browser says who made it ask. Source: Fetch Metadata.
        guard route.access.needsIdentity else {
            if let site = request.headers["Sec-Fetch-Site"], site != "same-origin", site != "none" { throw .crossSite }
            return
        }
        if let identity = caller.identity, identity.means == .session {
            guard let expected = identity.csrfToken, let given = request.headers["X-CSRF-Token"], ConstantTime.areEqual(given, expected)
            else {
                throw .csrfTokenMissing
            }
        }
    }

    private static func checked(_ request: Request, _ route: APIRoute) async throws -> Request {
        let operation = route.operation
        // Mail programs and chats add parameters of their own to links.
        if route.access != .link { try Input.checkQuery(request.query, of: operation) }
        guard let schema = operation.body else { return request }
        var checked = request
        checked[CheckedBody.self] =
            switch operation.encoding {
            case .json: try await Input.readBody(of: request, as: schema)
            case .form: try await Input.readForm(of: request, as: schema)
            }
        return checked
    }
}
