internal import Ledger
internal import Synchronization

/// Counts sign-ins that the rate limit refused. The audit trail gets one row for each network and minute, however many there were, so that whoever
/// tries passwords cannot fill it [A3].
final class LimitedSignIns: Sendable {
    private let ledger: Ledger
    private let interval: Duration
    private let counts = Mutex<[String: Int]>([:])

    /// So many networks have rows of their own; the others have one together.
    private static let mostNetworks = 1_000
    private static let others = "several"

    init(ledger: Ledger, interval: Duration = .seconds(60)) { (self.ledger, self.interval) = (ledger, interval) }

    func note(_ address: String) {
        let network = NetworkBlock.of(address)
        let isFirst = counts.withLock { counts in
            let isFirst = counts.isEmpty
            counts[counts[network] != nil || counts.count < Self.mostNetworks ? network : Self.others, default: 0] += 1
            return isFirst
        }
        if isFirst { schedule() }
    }

    private func schedule() {
        Task { [weak self, interval] in
            // Cannot be cancelled: nobody has this task.
            try? await Task.sleep(for: interval)
            await self?.settle()
        }
    }

    private func settle() async {
        // What could not be written, and what came meanwhile, waits for the next minute.
        try? await close()
        if counts.withLock({ !$0.isEmpty }) { schedule() }
    }

    /// Keeps what was counted.
    ///
    /// - Throws: `LedgerError`; what is not kept then is still counted.
    func close() async throws {
        for (network, count) in counts.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            try await ledger.note(
                AuditEntry(
                    "sign_in", outcome: "TOO_MANY_REQUESTS", detail: "\(count) refused within a minute",
                    by: AuditOrigin(actor: "-", method: "password", ipAddress: network)))
            counts.withLock { counts in counts[network] = counts[network] == count ? nil : counts[network].map { $0 - count } }
        }
    }
}
