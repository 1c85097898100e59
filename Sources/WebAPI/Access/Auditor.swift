internal import Configuration
internal import HTTPServer
internal import Ledger

/// Keeps in the audit trail what routes say that is to be kept [A3].
final class Auditor: Sendable {
    private let ledger: Ledger
    private let searches: SettlingSearches
    private let limited: LimitedSignIns

    /// - Parameter settling: how long after its last keystroke a search counts as what was looked for.
    init(ledger: Ledger, settling: Duration) {
        self.ledger = ledger
        searches = SettlingSearches(ledger: ledger, settling: settling)
        limited = LimitedSignIns(ledger: ledger)
    }

    /// Writes what has not settled yet.
    func close() async throws {
        try await limited.close()
        try await searches.close()
    }

    /// Counts that somebody was refused because too much is asked from an address: where passwords are tried, that is kept.
    func noteLimit(of route: APIRoute, _ request: Request) {
        if route.rate == .signIn { limited.note(request.peer.text) }
    }

    /// Runs a handler and keeps what it did.
    func run(_ route: APIRoute, _ request: Request, _ caller: Caller, _ handler: () async throws -> Response) async throws -> Response {
        switch route.audit {
        case .nothing, .byHandler: return try await handler()
        case .search:
            let response = try await handler()
            if response.status.rawValue < 300 { try await searches.note(request, caller) }
            return response
        case .view(let action): return try await run(entry(action, route, request, caller), handler) { try await self.ledger.note($0) }
        case .change(let action):
            // What happens outside the ledger cannot be taken back with a row that could not be written.
            try await ledger.proveAudit()
            return try await run(entry(action, route, request, caller), handler) { try await self.ledger.record($0) }
        }
    }

    /// Keeps that a known caller asked for what its role may not.
    func noteRefusal(_ problem: Problem, of route: APIRoute, _ request: Request, _ caller: Caller) async throws {
        guard caller.identity != nil else { return }
        let action: String
        switch route.audit {
        case .nothing: return
        case .byHandler, .search: action = route.operation.id
        case .view(let name), .change(let name): action = name
        }
        var entry = entry(action, route, request, caller)
        entry.outcome = problem.code
        try await ledger.note(entry)
    }

    private func run(
        _ entry: AuditEntry, _ handler: () async throws -> Response, keep: (AuditEntry) async throws -> Void
    ) async throws -> Response {
        var entry = entry
        do {
            let response = try await handler()
            try await keep(entry)
            return response
        } catch {
            entry.outcome = Self.outcome(of: error)
            try await keep(entry)
            throw error
        }
    }

    static func outcome(of error: any Error) -> String {
        switch error {
        case let problem as Problem: problem.code
        case let error as LedgerError: error.code.rawValue
        case is CancellationError: "CANCELLED"
        default: "FAILED"
        }
    }

    private func entry(_ action: String, _ route: APIRoute, _ request: Request, _ caller: Caller) -> AuditEntry {
        AuditEntry(action, object: Self.object(route.pattern, request), detail: request.auditDetail, by: caller.auditOrigin)
    }

    /// What stands in the places of the pattern's parameters, or else what the body names.
    private static func object(_ pattern: String, _ request: Request) -> String? {
        let named = zip(pattern.split(separator: "/"), request.segments).filter { $0.0.hasPrefix("{") }.map(\.1)
        if !named.isEmpty { return String(named.joined(separator: "/").prefix(500)) }
        // A body that is none has been refused already.
        guard let body = try? JSONReader.read(request.checkedBody), case .object(let members) = body.content else { return nil }
        for name in ["source", "name", "job", "id"] {
            switch members.first(where: { $0.key == name })?.value.content {
            case .string(let text): return String(text.prefix(500))
            case .number(let literal): return "\(name) \(literal.prefix(50))"
            default: continue
            }
        }
        return nil
    }
}

extension Request {
    /// What was looked for, for the audit trail alone: the query but for its paging, whole; nil when there is none.
    var auditDetail: String? {
        let parameters = query.items.filter { $0.name != "limit" && $0.name != "after" }
        return parameters.isEmpty ? nil : parameters.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
