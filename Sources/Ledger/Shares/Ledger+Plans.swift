/// Download plans.
extension Ledger {
    /// What one transaction takes of them, so that nobody else's change waits long.
    private static let entriesAtOnce = 2_000
    private static let pieceSize = 1 << 16

    /// Begins a plan, to be filled and then frozen.
    ///
    /// - Throws: ``LedgerError`` noSuchShare when the recipient was removed meanwhile.
    public func createPlan(for grant: ShareGrant) async throws -> Plan.ID {
        let time = now()
        return try await commit { rows in (try rows.createPlan(of: grant, now: time), nil) }
    }

    /// Adds entries to a plan in preparation. Give some thousands at a time.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func addEntries(_ entries: [PlanEntry], to plan: Plan.ID) async throws {
        let time = now()
        for start in stride(from: 0, to: entries.count, by: Self.entriesAtOnce) {
            let some = entries[start..<min(start + Self.entriesAtOnce, entries.count)]
            try await commit { rows in
                try rows.touchPreparation(of: plan, now: time)
                return (try rows.insert(some, into: plan), nil)
            }
        }
    }

    /// Adds bytes at the end of a generated document of a plan in preparation.
    ///
    /// - Parameter document: its number, as in ``PlanEntry/Origin/document(_:)``.
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func append(_ bytes: [UInt8], toDocument document: Int, of plan: Plan.ID) async throws {
        let time = now()
        try await commit { rows in
            try rows.touchPreparation(of: plan, now: time)
            for start in stride(from: 0, to: bytes.count, by: Self.pieceSize) {
                try rows.append(bytes[start..<min(start + Self.pieceSize, bytes.count)], toDocument: document, of: plan)
            }
            return ((), nil)
        }
    }

    /// Ends the preparation: nothing of it changes any more.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func freezePlan(_ plan: Plan.ID, _ layout: PlanLayout) async throws -> Plan {
        let time = now()
        return try await commit { rows in (try rows.freeze(plan, layout, now: time), nil) }
    }

    /// A frozen plan, also one that is void.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func plan(_ id: Plan.ID) async throws -> Plan { try await reader.read { try $0.frozenPlan(id) } }

    /// A recipient's frozen plans that are not void, newest first.
    ///
    /// - Throws: ``LedgerError``.
    public func plans(of grant: ShareGrant) async throws -> [Plan] { try await reader.read { try $0.usablePlans(of: grant) } }

    /// Entries in order from a number on; fewer at the end.
    ///
    /// - Throws: ``LedgerError``.
    public func planEntries(_ plan: Plan.ID, from number: Int, count: Int) async throws -> [PlanEntry] {
        try await planReader.read { try $0.entries(of: plan, from: number, count: count) }
    }

    /// The number of the last entry whose offset is not beyond this one; nil for none.
    ///
    /// - Throws: ``LedgerError``.
    public func planEntry(_ plan: Plan.ID, at offset: UInt64) async throws -> Int? {
        try await planReader.read { try $0.entry(of: plan, at: offset) }
    }

    /// Bytes of a generated document; fewer at its end.
    ///
    /// - Throws: ``LedgerError``.
    public func planDocument(_ plan: Plan.ID, _ document: Int, from offset: UInt64, count: Int) async throws -> [UInt8] {
        try await planReader.read { try $0.document(document, of: plan, from: offset, count: count) }
    }

    /// Remembers which plan a recipient's last response came from, where no byte is sent: for HEAD. Who may have bytes of another archive must not
    /// continue them with this one's.
    ///
    /// - Throws: ``LedgerError``.
    public func setLastPlan(_ plan: Plan.ID, of grant: ShareGrant) async throws {
        try await commit { rows in (try rows.announce(plan, to: grant), nil) }
    }

    /// No byte may come from this plan any more, because its sources have changed. A download that came to nothing by that is not counted: the
    /// recipient's next one is in its place.
    ///
    /// - Throws: ``LedgerError``.
    public func voidPlan(_ plan: Plan.ID) async throws { try await commit { rows in (try rows.void(plan), nil) } }
}
