internal import Ledger
internal import Synchronization

/// Finds the plan that a request is answered from, or makes one.
final class PlanBoard: Sendable {
    /// What a request is answered with.
    struct Answer: Sendable {
        var plan: Plan
        /// Nil for the whole.
        var range: ByteRange?
        /// Whether the recipient's next range without If-Range can only be meant to continue this. Who asks for one and is given the whole may
        /// refuse that, as curl does, and keep the beginning of another archive.
        var isContinuable = true
    }

    /// A plan being made for a recipient, and how many of his requests wait for it.
    private struct Flight {
        var number: Int
        var task: Task<Plan, any Error>
        var waiting = 0
    }
    private struct State {
        var flights: [Int64: Flight] = [:]
        var lastNumber = 0
        /// When the sources of plans were last seen to be as planned.
        var verified: [Plan.ID: ContinuousClock.Instant] = [:]
    }
    private let state = Mutex(State())
    private let ledger: Ledger
    private let planner: DownloadPlanner
    private let now: @Sendable () -> Double
    /// Planning lists folders and takes memory, so few plan at a time.
    private let queue = DownloadQueue(places: 4, longestWait: .seconds(120))

    /// A plan whose sources were looked at so short a time ago is used without looking again: what changed since is noticed when it is read.
    private static let freshness = Duration.seconds(10)

    init(ledger: Ledger, planner: DownloadPlanner, now: @escaping @Sendable () -> Double) {
        (self.ledger, self.planner, self.now) = (ledger, planner, now)
    }

    /// - Parameters:
    ///   - range: what part is asked for; nil for the whole.
    ///   - ifRange: the ETag without which the whole is asked for.
    /// - Throws: ``SharingError``; `LedgerError`; errors of planning.
    func answer(_ share: Share, _ grant: ShareGrant, range: ByteRange?, ifRange: String?) async throws -> Answer {
        let plans = try await ledger.plans(of: grant)
        if let range {
            // Without If-Range only the plan of this recipient's last response can be what he has the beginning of.
            let meant = plans.first { plan in ifRange.map { $0 == plan.layout.etag } ?? (plan.id == grant.lastPlan) }
            if let meant, isAllowed(meant, share) { return Answer(plan: meant, range: range) }
        }
        let plan = try await plan(share, grant, known: plans)
        if ifRange == plan.layout.etag { return Answer(plan: plan, range: range) }
        return Answer(plan: plan, isContinuable: ifRange != nil || range?.isFromBeginning != false)
    }

    /// Whether bytes of a plan may be sent.
    private func isAllowed(_ plan: Plan, _ share: Share) -> Bool {
        share.admitsNewDownloads || (plan.startedAt != nil && share.admitsResuming(now: now()))
    }

    /// The recipient's unfinished plan, as long as it is what there is; else a new one.
    private func plan(_ share: Share, _ grant: ShareGrant, known: [Plan]) async throws -> Plan {
        let unfinished = known.first { $0.completedAt == nil && isAllowed($0, share) }
        guard unfinished != nil || share.admitsNewDownloads else { throw SharingError.shareEnded }
        if let unfinished, isFresh(unfinished) { return unfinished }
        let (number, task) = join(grant.id) { [self] in
            let place = try await queue.place(for: share.id) { _ in 30 }
            defer { _ = place }
            let archive = try await planner.plan(share)
            if let unfinished {
                if unfinished.layout.etag == archive.etag { return unfinished }
                try await replace(unfinished, of: share)
            }
            return try await planner.keep(archive, for: grant)
        }
        defer { leave(grant.id, number) }
        let plan = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            cancelIfAlone(grant.id, number)
        }
        try Task.checkCancellation()
        state.withLock { $0.verified[plan.id] = .now }
        return plan
    }

    /// What was begun can only be had anew.
    private func replace(_ plan: Plan, of share: Share) async throws {
        guard share.admitsNewDownloads || share.state == .usedUp else { throw SharingError.shareEnded }
        try await ledger.voidPlan(plan.id)
    }

    private func isFresh(_ plan: Plan) -> Bool {
        state.withLock { state in
            let oldest = ContinuousClock.now - Self.freshness
            state.verified = state.verified.filter { $0.value > oldest }
            return state.verified[plan.id] != nil
        }
    }

    // MARK: One at a time for each recipient

    private func join(_ grant: Int64, _ make: @escaping @Sendable () async throws -> Plan) -> (Int, Task<Plan, any Error>) {
        state.withLock { state in
            var flight = state.flights[grant] ?? Flight(number: state.lastNumber + 1, task: Task(operation: make))
            flight.waiting += 1
            state.lastNumber = max(state.lastNumber, flight.number)
            state.flights[grant] = flight
            return (flight.number, flight.task)
        }
    }

    private func leave(_ grant: Int64, _ number: Int) {
        state.withLock { state in
            // The first who sees that it is done.
            if state.flights[grant]?.number == number { state.flights[grant] = nil }
        }
    }

    private func cancelIfAlone(_ grant: Int64, _ number: Int) {
        let task: Task<Plan, any Error>? = state.withLock { state in
            guard var flight = state.flights[grant], flight.number == number else { return nil }
            flight.waiting -= 1
            state.flights[grant] = flight.waiting == 0 ? nil : flight
            return flight.waiting == 0 ? flight.task : nil
        }
        task?.cancel()
    }
}
