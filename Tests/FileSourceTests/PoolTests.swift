@testable import FileSource
import Foundation
import SMBTestServer
import Synchronization
import Testing

/// A source whose workers become fewer and more while it works.
@Suite(.timeLimit(.minutes(3))) struct PoolTests {
    private static let folders = 24
    private static let files = 15
    private static let most = 4

    /// Shows a tree of folders of files, on a real server.
    private func onShare(change: (inout SMBOptions) -> Void = { _ in }, _ body: (SMBSource) async throws -> Void) async throws {
        let tree = try TemporaryFolder()
        for folder in 0..<Self.folders { for file in 0..<Self.files { try tree.write("a\(folder % 3)/b\(folder)/\(file)") } }
        let server = try await TestServer(tree: tree.path)
        var options = server.options
        options.maxWorkers = .fixed(Self.most)
        // So that listings are handed over in pages, which a worker must not leave.
        options.pageSize = 4
        change(&options)
        let source = try SMBSource(options)
        let result = await Result { try await body(source) }
        await source.close()
        try await server.stop()
        try result.get()
    }

    /// Lists everything and reads each file that was found, all at once.
    private static func walk(_ source: SMBSource, _ folder: SourcePath) async throws -> [String] {
        let pages = Pages()
        await pages.add(try await source.list(folder) { await pages.add($0) })
        let entries = await pages.entries
        let files = entries.filter { $0.kind == .file }.map { (folder.appending($0.name).description, Int($0.size)) }
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for (path, size) in files {
                group.addTask { try await source.headers([(path, size)]).allSatisfy { $0.error == nil } ? [path] : [] }
            }
            for entry in entries where entry.kind == .folder {
                group.addTask { try await walk(source, folder.appending(entry.name)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test func `everything is found once while workers come and go, and those that are too many end`() async throws {
        try await onShare { source in
            let mostAlive = Mutex(0)
            let changing = Task {
                let limits = [1, 4, 2, 3, 1, 2, 4, 1, 3, 2]
                var step = 0
                while !Task.isCancelled {
                    source.threads.limit = limits[step % limits.count]
                    step += 1
                    let alive = Workers.of(source).count
                    mostAlive.withLock { $0 = max($0, alive) }
                    try? await Task.sleep(for: .milliseconds(25))
                }
            }
            defer { changing.cancel() }
            for _ in 0..<3 {
                let found = try await Self.walk(source, .root)
                #expect(found.count == Self.folders * Self.files)
                #expect(Set(found).count == found.count)
            }
            changing.cancel()
            await changing.value
            #expect(mostAlive.withLock { $0 } <= Self.most)
            #expect(source.metrics.started > Self.most)
            #expect(source.metrics.lost == 0)
            // The surplus ends, also when there is nothing to do.
            source.threads.limit = 1
            while Workers.of(source).count > 1 {
                try Task.checkCancellation()
                await Task.yield()
            }
            expectEqual(try await source.read(SourcePath("a0/b0/0"), offset: 0, count: 1).bytes.count, 1)
            #expect(Workers.of(source).count == 1)
            #expect(source.metrics.connections == 1)
            source.threads.limit = Self.most
            expectEqual(Set(try await Self.walk(source, .root)).count, Self.folders * Self.files)
        }
    }

    // A worker that waits for bytes it may read is told to stop before it is told to go on.
    @Test func `work that is cancelled while bytes are rationed costs no worker`() async throws {
        try await onShare(change: { $0.bytesPerSecond = 100_000 }) { source in
            let files = (0..<Self.files).map { ("a0/b0/\($0)", 7) }
            for step in 0..<60 {
                let reading = Task { () async throws -> Void in while true { _ = try await source.headers(files, firstRead: 4) } }
                _ = try await source.headers(files)
                try await Task.sleep(for: .milliseconds(step % 7))
                reading.cancel()
                await #expect(throws: CancellationError.self) { try await reading.value }
            }
            expectEqual(try await source.headers(files).count, Self.files)
            #expect(source.metrics.lost == 0)
            #expect(source.metrics.started <= Self.most)
        }
    }
}
