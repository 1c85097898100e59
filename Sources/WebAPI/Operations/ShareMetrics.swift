public import Ledger
public import Sharing

extension Metrics {
    /// Adds what there is to know about shares. Nothing tells one from another.
    public func add(_ shares: ShareService, ledger: Ledger) {
        // A ledger that cannot be read has no figures; readyz says why.
        @Sendable func totals() async -> ShareStatistics? { try? await ledger.shareStatistics() }
        add(.gauge, "fileroom_shares", "Shares by state.") {
            guard let totals = await totals() else { return [] }
            return Share.State.allCases.map { Sample(Double(totals.shares[$0] ?? 0), [("state", $0.rawValue)]) }
        }
        add(.gauge, "fileroom_share_active_downloads", "Downloads, or parts of them, that are being sent.") {
            [Sample(Double(shares.activeDownloads.values.reduce(0, +)))]
        }
        add(.counter, "fileroom_share_downloads_total", "Downloads that have begun; one that is resumed counts once.") {
            await totals().map { [Sample(Double($0.downloads))] } ?? []
        }
        add(.counter, "fileroom_share_bytes_total", "Bytes that were sent to recipients.") {
            await totals().map { [Sample(Double($0.bytes))] } ?? []
        }
        add(.gauge, "fileroom_share_failed_passwords", "Wrong passwords since each share was made or unlocked.") {
            await totals().map { [Sample(Double($0.failedPasswords))] } ?? []
        }
    }
}
