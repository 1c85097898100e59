internal import HTTPServer
internal import Ledger
internal import Synchronization

/// Searches while somebody types. Of those that only add to one another the one that says most is kept, and the one that was left in the end, once
/// nothing has followed for a while; whatever else is searched for is kept at once. So nothing can be looked up unseen by being quick.
final class SettlingSearches: Sendable {
    private struct Search: Sendable {
        var entry: AuditEntry
        var text: String
        var filters: Set<String>

        init(_ request: Request, _ caller: Caller) {
            entry = AuditEntry("search", detail: request.auditDetail, by: caller.auditOrigin)
            text = request.query["q"] ?? ""
            filters = Set(request.query.items.filter { !["q", "limit", "after"].contains($0.name) }.map { "\($0.name)=\($0.value)" })
        }

        /// Whether it finds nothing that the other one would not, by adding letters or filters.
        func adds(to other: Search) -> Bool { text.hasPrefix(other.text) && filters.isSuperset(of: other.filters) }
    }

    /// What somebody searches and has not settled yet.
    private struct Held {
        var owner: String
        /// The one that says most.
        var fullest: Search
        var last: Search
        var serial: Int

        var entries: [AuditEntry] { fullest.entry == last.entry ? [last.entry] : [fullest.entry, last.entry] }
    }

    private struct State {
        var held: [String: Held] = [:]
        /// What of each caller was kept last: further pages of it are no other search.
        var kept: [String: [String?]] = [:]
        var serial = 0

        func knows(_ detail: String?, of owner: String) -> Bool {
            kept[owner]?.contains(detail) == true || held[owner]?.entries.contains { $0.detail == detail } == true
        }

        /// Holds a search until it has settled.
        ///
        /// - Returns: its number; and the one before, when this is another search altogether, so that that one was meant.
        mutating func hold(_ search: Search, of owner: String) -> (serial: Int, settled: AuditEntry?) {
            serial += 1
            guard let before = held[owner] else {
                held[owner] = .init(owner: owner, fullest: search, last: search, serial: serial)
                return (serial, nil)
            }
            let isOther = !search.adds(to: before.fullest) && !before.fullest.adds(to: search)
            // What is taken back letter by letter was meant before.
            let fullest = before.fullest.adds(to: search) && !search.adds(to: before.fullest) ? before.fullest : search
            held[owner] = .init(owner: owner, fullest: fullest, last: search, serial: serial)
            return (serial, isOther ? before.fullest.entry : nil)
        }
    }

    private let ledger: Ledger
    private let settling: Duration
    private let state = Mutex(State())

    /// Callers that are remembered; of one that is not, a page may be kept as a search.
    private static let largestMemory = 10_000

    init(ledger: Ledger, settling: Duration) { (self.ledger, self.settling) = (ledger, settling) }

    /// A further page of a search that is known is no other search; a cursor by itself proves nothing. Software does not type: what it searches is
    /// kept at once.
    ///
    /// - Throws: `LedgerError` when the trail cannot be written: then nothing may be shown.
    func note(_ request: Request, _ caller: Caller) async throws {
        let search = Search(request, caller)
        let owner = "\(caller.auditOrigin.method) \(caller.identity?.id.map(String.init) ?? caller.auditOrigin.actor)"
        if request.query["after"] != nil, state.withLock({ $0.knows(search.entry.detail, of: owner) }) {
            return try await ledger.checkAudit()
        }
        guard caller.identity?.means == .session else { return try await keep([search.entry], of: owner) }
        try await ledger.checkAudit()
        let (serial, settled) = state.withLock { $0.hold(search, of: owner) }
        if let settled { try await keep([settled], of: owner) }
        schedule(owner, serial)
    }

    private func keep(_ entries: [AuditEntry], of owner: String) async throws {
        for entry in entries { try await ledger.note(entry) }
        state.withLock { state in
            if state.kept.count >= Self.largestMemory { state.kept = [:] }
            state.kept[owner] = entries.map(\.detail)
        }
    }

    private func schedule(_ place: String, _ serial: Int) {
        Task { [weak self, settling] in
            // Cannot be cancelled: nobody has this task.
            try? await Task.sleep(for: settling)
            await self?.settle(place, serial)
        }
    }

    /// Keeps everything that is held.
    func close() async throws {
        let held = state.withLock { state in
            defer { state.held = [:] }
            return state.held.values.sorted { $0.serial < $1.serial }
        }
        for search in held { try await keep(search.entries, of: search.owner) }
        try await ledger.close()
    }

    private func settle(_ place: String, _ serial: Int) async {
        let settled = state.withLock { state -> Held? in
            guard state.held[place]?.serial == serial else { return nil }
            return state.held.removeValue(forKey: place)
        }
        guard let settled else { return }
        do {
            try await keep(settled.entries, of: settled.owner)
        } catch {
            // Kept for another try, beside what its owner may search next; meanwhile the ledger refuses whatever would have to be kept.
            let again = "again \(serial)"
            state.withLock { $0.held[again] = settled }
            schedule(again, serial)
        }
    }
}
