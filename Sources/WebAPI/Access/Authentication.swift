internal import HTTPServer
public import Ledger

/// Finds out who asks.
struct Authentication: Sendable {
    let ledger: Ledger

    /// Whoever gives an `Authorization` is judged by that alone; a cookie beside it counts for nothing. What is not valid is nobody.
    ///
    /// - Parameter isActivity: whether the request keeps a session from expiring.
    /// - Throws: `LedgerError` when it cannot be found out.
    func caller(of request: Request, isActivity: Bool) async throws -> Caller {
        Caller(identity: try await identity(of: request, isActivity: isActivity), of: request)
    }

    private func identity(of request: Request, isActivity: Bool) async throws -> Caller.Identity? {
        if request.peer == .local { return Caller.Identity(name: AuditOrigin.local.actor, role: .admin, means: .local) }
        let authorizations = request.headers.values("Authorization")
        if !authorizations.isEmpty {
            guard authorizations.count == 1, let token = Self.bearerToken(authorizations[0]) else { return nil }
            if token.hasPrefix(APIKey.prefix) {
                return try await ledger.authenticate(key: token).map { Caller.Identity($0, by: .key) }
            }
            return try await ledger.authenticate(signedToken: token).map { Caller.Identity($0, by: .token) }
        }
        guard let token = SessionCookie.token(in: request) else { return nil }
        return try await ledger.authenticate(sessionToken: token, isActivity: isActivity).map { Caller.Identity($0, by: .session) }
    }

    /// Source: RFC 6750 §2.1.
    private static func bearerToken(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

extension Caller.Identity {
    init(_ signedIn: SignedIn, by means: Caller.Means) {
        self.init(
            name: signedIn.name, role: signedIn.role, means: means, id: signedIn.id, expiresAt: signedIn.expiresAt,
            csrfToken: signedIn.csrfToken)
    }
}

extension Caller {
    init(identity: Identity?, of request: Request) {
        self.init(
            identity: identity, address: request.peer.text, userAgent: String((request.headers["User-Agent"] ?? "").prefix(300)),
            requestID: request.id)
    }

    /// Who it is in the audit trail. A key is told apart from a user of the same name.
    public var auditOrigin: AuditOrigin {
        guard let identity else { return AuditOrigin(actor: "-", method: "none", ipAddress: address) }
        let actor = identity.means == .key ? "key:\(identity.name)" : identity.name
        return AuditOrigin(actor: actor, method: identity.means.rawValue, ipAddress: address)
    }
}

enum Cookies {
    /// Nil when there is none of that name, or more than one.
    static func value(of name: String, in request: Request) -> String? {
        let prefix = name + "="
        let found = request.headers.values("Cookie").flatMap { $0.split(separator: ";") }
            .map { $0.drop { $0 == " " } }.filter { $0.hasPrefix(prefix) }
        return found.count == 1 ? String(found[0].dropFirst(prefix.count)) : nil
    }
}

/// The cookie that holds a session's token.
///
/// Source: RFC 6265bis §4.1.3.2, "The __Host- Prefix".
enum SessionCookie {
    /// With the prefix, browsers take it only from us over TLS, and not from a neighbour under the same domain.
    static func name(isSecure: Bool) -> String { isSecure ? "__Host-fileroom" : "fileroom" }

    /// The token that came with a request; nil when there is none, or more than one: one of them is not ours.
    static func token(in request: Request) -> String? { Cookies.value(of: name(isSecure: request.isSecure), in: request) }

    /// - Parameter token: nil makes the browser forget it.
    static func field(_ token: String?, isSecure: Bool, lifetimeSeconds: Int) -> String {
        let age = token == nil ? 0 : lifetimeSeconds
        return "\(name(isSecure: isSecure))=\(token ?? ""); Path=/; Max-Age=\(age); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }
}
