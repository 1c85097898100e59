public import HTTPServer
public import Ledger

/// One operation of the API: who may call it, what it says of itself, and what it does. The table of these is the router, the role table, the
/// rate limits and the OpenAPI description at once, so that none of them can disagree with another.
public struct APIRoute: Sendable {
    public typealias Handler = @Sendable (Request, Caller) async throws -> Response

    public var method: HTTPMethod
    /// As ``Router`` takes it.
    public var pattern: String
    public var access: Access
    public var rate: RateClass
    public var audit: AuditRule
    /// Whether a request shows that a person is there, and so keeps the session from expiring. Pages also mark with `X-Automatic`
    /// what they ask for by themselves.
    public var isActivity: Bool
    public var operation: Operation
    public var handler: Handler

    /// - Parameters:
    ///   - rate: `.read` or `.change` by the method, unless given.
    ///   - isActivity: see ``isActivity``.
    ///   - audit: a change under the operation's name for methods that change something, nothing for others, unless given.
    public init(
        _ method: HTTPMethod, _ pattern: String, _ access: Access, rate: RateClass? = nil, audit: AuditRule? = nil, isActivity: Bool = true,
        _ operation: Operation, handler: @escaping Handler
    ) {
        (self.method, self.pattern, self.access, self.operation, self.handler) = (method, pattern, access, operation, handler)
        self.isActivity = isActivity
        self.rate = rate ?? (access == .link ? .share : method.isSafe ? .read : .change)
        self.audit = audit ?? (method.isSafe ? .nothing : .change(operation.id))
        // What stands in such a path must not be in the audit trail.
        precondition(access != .link || [.nothing, .byHandler].contains(self.audit), "\(pattern) would be kept with its secret")
    }
}

/// What the audit trail keeps of a route's requests [A3].
public enum AuditRule: Sendable, Hashable {
    /// Nothing: it shows no patient and changes nothing.
    case nothing
    /// The handler sees to it, in the transaction of its change.
    case byHandler
    /// Every request, under a name such as `index.start`; the answer waits until its row is on the disk. The object is what the path's parameters
    /// name, or else the body's `source`, `name`, `job` or `id`.
    case change(String)
    /// Every request, under a name such as `study.view`; rows are written in groups, and the answer does not wait.
    case view(String)
    /// A search with its query, once it has settled: while typing, the last of a burst.
    case search
}

/// Who may call a route.
public enum Access: Sendable, Hashable {
    /// Whoever comes.
    case anyone
    /// Whoever has a link, whose secret stands in the path. It is for people without an account: no session or key is looked at, `Authorization` is
    /// the handler's, and problems are answered with a page.
    case link
    /// Whoever is signed in, in any role.
    case signedIn
    case roles(Set<Role>)
    /// Only a process of this machine over the control socket.
    case local

    public static let admins = Access.roles([.admin])
    public static let searchers = Access.roles([.admin, .clinician])

    /// Whether it matters who the caller is.
    var needsIdentity: Bool { self != .anyone && self != .link }

    /// Whether a caller may.
    public func allows(_ caller: Caller) -> Bool {
        switch self {
        case .anyone, .link: true
        case .signedIn: caller.identity != nil
        case .roles(let roles): caller.identity.map { roles.contains($0.role) } ?? false
        case .local: caller.identity?.means == .local
        }
    }
}

/// Which bucket of the rate limits a route draws from.
public enum RateClass: String, Sendable, CaseIterable {
    /// Where passwords are tried.
    case signIn = "sign_in"
    case read
    case search
    case change
    /// Whole catalogues and logs.
    case export
    /// What recipients of links ask for: whoever guesses there slows nobody else.
    case share
    /// Health checks and static files.
    case unlimited
}

/// Who asks: found by the authentication middleware, once for each request.
public struct Caller: Sendable {
    /// nil when nobody is signed in.
    public var identity: Identity?
    /// For the audit trail and the limits.
    public var address: String
    public var userAgent: String
    public var requestID: String

    public init(identity: Identity?, address: String, userAgent: String, requestID: String) {
        (self.identity, self.address, self.userAgent, self.requestID) = (identity, address, userAgent, requestID)
    }

    public struct Identity: Sendable, Hashable {
        /// The user's name, or the key's.
        public var name: String
        public var role: Role
        public var means: Means
        /// The row of the session or key; nil for others.
        public var id: Int64?
        /// Seconds since 1970 UTC.
        public var expiresAt: Double?
        /// What state-changing requests of a session must repeat.
        public var csrfToken: String?

        public init(name: String, role: Role, means: Means, id: Int64? = nil, expiresAt: Double? = nil, csrfToken: String? = nil) {
            (self.name, self.role, self.means, self.id) = (name, role, means, id)
            (self.expiresAt, self.csrfToken) = (expiresAt, csrfToken)
        }
    }

    /// How the caller showed who it is.
    public enum Means: String, Sendable {
        case session, key, token, local
    }
}
