import Testing

@testable import ZipStream

/// The memory that downloads share.
struct ReadAheadTests {
    private let chunk = 100_000

    /// Writes an archive and returns how much of the budget was used at most while its recipient was busy.
    private func mostUsed(_ budget: ReadAheadBudget) async throws -> Int {
        let content = try TestArchive(sizes: [Int](repeating: 300_000, count: 20))
        let archive = ZipArchive(content, checksums: SharedChecksums(), budget: budget, chunk: chunk)
        var most = 0
        try await archive.write(0..<archive.length) { _ in most = max(most, budget.used) }
        return most
    }

    @Test func `one download alone fills the budget`() async throws {
        let budget = ReadAheadBudget(bytes: 10 * chunk)
        #expect(try await 8 * chunk...10 * chunk ~= mostUsed(budget))
        #expect(budget.used == 0)
    }

    @Test func `many downloads at once all end, within the budget and a chunk for each`() async throws {
        let budget = ReadAheadBudget(bytes: 5 * chunk)
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await mostUsed(budget) } }
            return try await group.reduce(0) { max($0, $1) }
        }
        #expect(most <= 25 * chunk)
        #expect(budget.used == 0)
    }

    @Test func `a download without any budget goes chunk by chunk`() async throws {
        #expect(try await mostUsed(ReadAheadBudget(bytes: 0)) <= chunk)
    }

    @Test func `a cancelled download ends`() async throws {
        let content = try TestArchive(sizes: [Int](repeating: 300_000, count: 20))
        let budget = ReadAheadBudget(bytes: 1 << 20)
        let archive = ZipArchive(content, checksums: SharedChecksums(), budget: budget, chunk: chunk)
        let (pieces, received) = AsyncStream.makeStream(of: Int.self)
        let download = Task {
            try await archive.write(0..<archive.length) {
                received.yield($0.count)
                try Task.checkCancellation()
            }
        }
        for await _ in pieces.prefix(1) { download.cancel() }
        await #expect(throws: CancellationError.self) { try await download.value }
        #expect(budget.used == 0)
    }
}
