internal import SQLite
internal import Synchronization

/// Checksums that are to be written some time soon.
final class ChecksumQueue: Sendable {
    struct Item: Sendable {
        var plan: Plan.ID
        var entry: Int
        var crc: UInt32
    }

    private struct State {
        var items: [Item] = []
        var isScheduled = false
    }

    /// More are not kept waiting: while nothing can be written, what comes is forgotten.
    private static let most = 100_000

    private let state = Mutex(State())

    /// - Returns: whether the caller must see to it that they are written.
    func add(_ item: Item) -> Bool {
        state.withLock { state in
            guard state.items.count < Self.most else { return false }
            state.items.append(item)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
    }

    /// The oldest of them, no more than one transaction should hold; when there is none, the next that comes must be seen to again.
    func take(_ count: Int) -> [Item] {
        state.withLock { state in
            let taken = Array(state.items.prefix(count))
            state.items.removeFirst(taken.count)
            if taken.isEmpty { state.isScheduled = false }
            return taken
        }
    }
}

extension Ledger {
    private static let checksumGrouping = Duration.seconds(1)
    /// So that nobody else's change waits long.
    private static let checksumsAtOnce = 2_000

    /// Remembers an entry's CRC-32 with its file's size and time. Returns at once: written in groups, and a lost one is only work.
    public func remember(crc: UInt32, ofEntry number: Int, in plan: Plan.ID) {
        guard checksums.add(.init(plan: plan, entry: number, crc: crc)) else { return }
        Task { [weak self] in
            // Cannot be cancelled: nobody has this task.
            try? await Task.sleep(for: Self.checksumGrouping)
            // What is lost is computed again when it is needed again.
            try? await self?.writeChecksums()
        }
    }

    /// Writes the checksums that wait.
    ///
    /// - Throws: ``LedgerError``; those of the transaction that failed are lost then.
    func writeChecksums() async throws {
        let time = now()
        var failure: (any Error)?
        while true {
            let items = checksums.take(Self.checksumsAtOnce)
            if items.isEmpty { break }
            do {
                try await commit { rows in
                    for item in items { try rows.remember(item, now: time) }
                    return ((), nil)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension LedgerRows {
    fileprivate func remember(_ item: ChecksumQueue.Item, now: Double) throws {
        let crc = Value.integer(Int64(item.crc))
        try run(
            "UPDATE plan_entry SET crc = ? WHERE plan_id = ? AND number = ? AND document IS NOT NULL", crc, .integer(item.plan),
            .integer(Int64(item.entry)))
        try run(
            """
            INSERT INTO file_checksum(source_id, path, size, modified_ns, crc, computed_at)
            SELECT source_id, source_path, size, source_modified_ns, ?, ? FROM plan_entry
            WHERE plan_id = ? AND number = ? AND source_id IS NOT NULL
            ON CONFLICT(source_id, path) DO UPDATE
            SET size = excluded.size, modified_ns = excluded.modified_ns, crc = excluded.crc, computed_at = excluded.computed_at
            """, crc, .real(now), .integer(item.plan), .integer(Int64(item.entry)))
    }
}
