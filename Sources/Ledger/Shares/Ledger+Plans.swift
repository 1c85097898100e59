/// Download plans.
extension Ledger {
    /// Begins a plan, to be filled and then frozen.
    ///
    /// - Throws: ``LedgerError`` noSuchShare when the recipient was removed meanwhile.
    public func createPlan(for grant: ShareGrant) async throws -> Plan.ID { throw LedgerError.unwritten }

    /// Adds entries to a plan in preparation. Give some thousands at a time.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func addEntries(_ entries: [PlanEntry], to plan: Plan.ID) async throws { throw LedgerError.unwritten }

    /// Adds bytes at the end of a generated document of a plan in preparation.
    ///
    /// - Parameter document: its number, as in ``PlanEntry/Origin/document(_:)``.
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func append(_ bytes: [UInt8], toDocument document: Int, of plan: Plan.ID) async throws { throw LedgerError.unwritten }

    /// Ends the preparation: nothing of it changes any more.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func freezePlan(_ plan: Plan.ID, _ layout: PlanLayout) async throws -> Plan { throw LedgerError.unwritten }

    /// A frozen plan.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    public func plan(_ id: Plan.ID) async throws -> Plan { throw LedgerError.unwritten }

    /// A recipient's frozen plans that are not void, newest first.
    ///
    /// - Throws: ``LedgerError``.
    public func plans(of grant: ShareGrant) async throws -> [Plan] { throw LedgerError.unwritten }

    /// Entries in order from a number on; fewer at the end.
    ///
    /// - Throws: ``LedgerError``.
    public func planEntries(_ plan: Plan.ID, from number: Int, count: Int) async throws -> [PlanEntry] { throw LedgerError.unwritten }

    /// The number of the last entry whose offset is not beyond this one; nil for none.
    ///
    /// - Throws: ``LedgerError``.
    public func planEntry(_ plan: Plan.ID, at offset: UInt64) async throws -> Int? { throw LedgerError.unwritten }

    /// Bytes of a generated document; fewer at its end.
    ///
    /// - Throws: ``LedgerError``.
    public func planDocument(_ plan: Plan.ID, _ document: Int, from offset: UInt64, count: Int) async throws -> [UInt8] {
        throw LedgerError.unwritten
    }

    /// Remembers an entry's CRC-32 with its file's size and time. Returns at once: written in groups, and a lost one is only work.
    public func remember(crc: UInt32, ofEntry number: Int, in plan: Plan.ID) {}

    /// Remembers which plan a recipient's last response came from, where no byte is sent: for HEAD.
    ///
    /// - Throws: ``LedgerError``.
    public func setLastPlan(_ plan: Plan.ID, of grant: ShareGrant) async throws { throw LedgerError.unwritten }

    /// No byte may come from this plan any more, because its sources have changed.
    ///
    /// - Throws: ``LedgerError``.
    public func voidPlan(_ plan: Plan.ID) async throws { throw LedgerError.unwritten }

    /// Removes plans that cannot be resumed any more, those that were never started, and recipients who have none.
    ///
    /// - Returns: how many plans.
    /// - Throws: ``LedgerError``.
    public func removeOldPlans() async throws -> Int { throw LedgerError.unwritten }
}
