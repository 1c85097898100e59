internal import Configuration
internal import HTTPServer
internal import Ledger
internal import Synchronization

/// Keeps in the audit trail what routes say that is to be kept [A3].
final class Auditor: Sendable {
    private let ledger: Ledger
    private let searches: SettlingSearches

    /// - Parameter settling: how long after its last keystroke a search counts as what was looked for.
    init(ledger: Ledger, settling: Duration) {
        self.ledger = ledger
        searches = SettlingSearches(ledger: ledger, settling: settling)
    }

    /// Writes what has not settled yet.
    func close() async throws { try await searches.close() }

    /// Runs a handler and keeps what it did.
    func run(_ route: APIRoute, _ request: Request, _ caller: Caller, _ handler: () async throws -> Response) async throws -> Response {
        switch route.audit {
        case .nothing, .byHandler: return try await handler()
        case .search:
            let response = try await handler()
            if response.status.rawValue < 300 { try await searches.note(request, caller) }
            return response
        case .view(let action): return try await run(entry(action, route, request, caller), handler) { try await self.ledger.note($0) }
        case .change(let action): return try await run(entry(action, route, request, caller), handler) { try await self.ledger.record($0) }
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

    private static func outcome(of error: any Error) -> String {
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
    /// What was looked for, for the audit trail alone: the query but for its paging; nil when there is none.
    fileprivate var auditDetail: String? {
        let parameters = query.items.filter { $0.name != "limit" && $0.name != "after" }
        return parameters.isEmpty ? nil : String(parameters.map { "\($0.name)=\($0.value)" }.joined(separator: "&").prefix(1_000))
    }
}

/// Searches while somebody types: of a burst the last is kept, once nothing has followed for a while.
final class SettlingSearches: Sendable {
    private struct Held {
        var entry: AuditEntry
        var text: String
        let serial: Int
    }

    private struct State {
        var held: [String: Held] = [:]
        var serial = 0
    }

    private let ledger: Ledger
    private let settling: Duration
    private let state = Mutex(State())

    init(ledger: Ledger, settling: Duration) { (self.ledger, self.settling) = (ledger, settling) }

    /// A further page of a search is no other search. Software does not type: what it searches is kept at once.
    ///
    /// - Throws: `LedgerError` when the trail cannot be written: then nothing may be shown.
    func note(_ request: Request, _ caller: Caller) async throws {
        guard request.query["after"] == nil else { return }
        let entry = AuditEntry("search", detail: request.auditDetail, by: caller.auditOrigin)
        guard caller.identity?.means == .session, let id = caller.identity?.id else { return try await ledger.note(entry) }
        try await ledger.checkAudit()
        let key = String(id)
        let text = request.query["q"] ?? ""
        let (serial, settled) = state.withLock { state in
            let before = state.held[key]
            state.serial += 1
            state.held[key] = Held(entry: entry, text: text, serial: state.serial)
            // Another search altogether: the one before was meant.
            let isContinued = before.map { $0.text.hasPrefix(text) || text.hasPrefix($0.text) } ?? true
            return (state.serial, isContinued ? nil : before?.entry)
        }
        if let settled { try await ledger.note(settled) }
        schedule(key, serial)
    }

    private func schedule(_ key: String, _ serial: Int) {
        Task { [weak self, settling] in
            // Cannot be cancelled: nobody has this task.
            try? await Task.sleep(for: settling)
            await self?.settle(key, serial)
        }
    }

    /// Keeps everything that is held.
    func close() async throws {
        let held = state.withLock { state in
            defer { state.held = [:] }
            return state.held.values.sorted { $0.serial < $1.serial }
        }
        for search in held { try await ledger.note(search.entry) }
        try await ledger.close()
    }

    private func settle(_ key: String, _ serial: Int) async {
        let settled = state.withLock { state -> AuditEntry? in
            guard state.held[key]?.serial == serial else { return nil }
            return state.held.removeValue(forKey: key)?.entry
        }
        guard let settled else { return }
        do {
            try await ledger.note(settled)
        } catch {
            // Kept for another try, beside what the session may search next; meanwhile the ledger refuses whatever would have to be kept.
            let place = "again \(serial)"
            state.withLock { $0.held[place] = Held(entry: settled, text: "", serial: serial) }
            schedule(place, serial)
        }
    }
}
