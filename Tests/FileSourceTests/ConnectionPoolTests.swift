@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// The connections of one source, which an index job and downloads share.
@Suite(.timeLimit(.minutes(2))) struct ConnectionPoolTests {
    private static let files = (0..<200).map { ("\($0)", 7) }

    /// An index job and downloads on one share, with a pool of their own.
    private func onShare(
        _ size: Int, _ body: (_ indexing: SMBSource, _ downloads: SMBSource, ConnectionPool) async throws -> Void
    ) async throws {
        let tree = try TemporaryFolder()
        for (name, _) in Self.files { try tree.write(name) }
        let server = try await TestServer(tree: tree.path)
        let pool = ConnectionPool(size: size)
        var options = server.options
        options.connectionPoolSize = size
        options.maxWorkers = .fixed(size)
        let indexing = try SMBSource(options, connections: pool)
        let downloads = try SMBSource(options, connections: pool, for: .downloads)
        let result = await Result { try await body(indexing, downloads, pool) }
        await indexing.close()
        await downloads.close()
        try await server.stop()
        try result.get()
    }

    /// Reads with as many operations at once as the source is worth.
    private static func load(_ source: SMBSource, rounds: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    for round in 0..<rounds {
                        let (name, size) = files[(task * rounds + round) % files.count]
                        expectEqual(try await source.read(SourcePath(name), offset: 0, count: size).bytes.count, size)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: [
        (40, 32, 40, 8), (72, 64, 72, 8), (8, 4, 8, 4), (40, 40, 40, 2), (32, 32, 1, 1), (3, 3, 3, 2), (2, 2, 2, 1), (1, 1, 1, 1),
    ]) func `downloads get what indexing leaves, two at least, and indexing keeps one`(
        size: Int, indexing: Int, downloads: Int, expected: Int
    ) {
        func part(_ use: ConnectionPool.Use, _ indexing: Int, _ downloads: Int) -> Int {
            ConnectionPool.part(of: use, size: size, indexing: indexing, downloads: downloads)
        }
        #expect(part(.downloads, indexing, downloads) == expected)
        #expect(part(.indexing, indexing, downloads) == max(1, size - expected))
        #expect(part(.downloads, 0, downloads) == size && part(.indexing, indexing, 0) == size)
    }

    @Test func `there are never more connections than the pool has, and neither starves`() async throws {
        try await onShare(4) { indexing, downloads, pool in
            // Indexing has them all when the downloads begin.
            try await Self.load(indexing, rounds: 5)
            let watching = Task {
                var most = 0
                while !Task.isCancelled {
                    most = max(most, pool.held, Workers.of(indexing).count + Workers.of(downloads).count)
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return most
            }
            async let index: Void = Self.load(indexing, rounds: 40)
            async let download: Void = Self.load(downloads, rounds: 40)
            _ = try await (index, download)
            watching.cancel()
            let most = await watching.value
            #expect(most <= 4)
            #expect(indexing.threads.limit == 2 && downloads.threads.limit == 2)
            #expect(indexing.metrics.connections <= 2 && downloads.metrics.connections <= 2)
            await downloads.close()
            #expect(indexing.threads.limit == 4)
        }
    }

    @Test func `one connection goes back and forth`() async throws {
        try await onShare(1) { indexing, downloads, pool in
            async let index: Void = Self.load(indexing, rounds: 3)
            async let download: Void = Self.load(downloads, rounds: 3)
            _ = try await (index, download)
            #expect(pool.held == 1)
        }
    }

    @Test func `who waits for a connection and is no longer wanted waits no more`() async throws {
        try await onShare(1) { indexing, downloads, pool in
            _ = try await indexing.read(SourcePath("0"), offset: 0, count: 7)
            let holding = Task { try await Self.load(indexing, rounds: 1_000_000) }
            let waiting = Task { try await Self.load(downloads, rounds: 1_000_000) }
            await Task.yield()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            holding.cancel()
            _ = await holding.result
            _ = try await downloads.read(SourcePath("0"), offset: 0, count: 7)
            #expect(pool.held == 1)
        }
    }
}
