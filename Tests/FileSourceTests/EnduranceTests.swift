@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// Reads that people wait for, while the server comes and goes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EnduranceTests {
    private static let content = Array("content".utf8)

    /// A share whose connections stand.
    private func onShare(endurance: Duration, _ body: (SMBSource, TestServer) async throws -> Void) async throws {
        let tree = try TemporaryFolder()
        try tree.write("file", Self.content)
        let server = try await TestServer(tree: tree.path)
        var options = server.options
        options.endurance = endurance
        let source = try SMBSource(options)
        let result = await Result {
            expectEqual(try await source.read(SourcePath("file"), offset: 0, count: 100).bytes, Self.content)
            try await body(source, server)
        }
        await source.close()
        try await server.stop()
        try result.get()
    }

    @Test func `reads under way outlast a server that is killed and started anew`() async throws {
        try await onShare(endurance: .seconds(100)) { source, server in
            try await server.kill()
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<10 { group.addTask { try await source.read(SourcePath("file"), offset: 0, count: 100).bytes } }
                while source.metrics.retries < 10 { try await Task.sleep(for: .milliseconds(10)) }
                try await server.restart()
                for try await bytes in group { #expect(bytes == Self.content) }
            }
        }
    }

    @Test func `a server that stays away ends a read, and the error says why`() async throws {
        try await onShare(endurance: .seconds(6)) { source, server in
            try await server.kill()
            let error = await source.failure { _ = try await $0.read(SourcePath("file"), offset: 0, count: 100) }
            #expect(error?.code == "CONNECTION_REFUSED")
            #expect(error?.type == .network)
            #expect(source.metrics.retries > 0)
        }
    }

    @Test func `a server that accepts and says nothing ends a read before its own time is over`() async throws {
        let silent = try BlackHole()
        var options = SMBOptions(host: "127.0.0.1", share: "dicom")
        options.port = silent.port
        options.timeout = .seconds(300)
        options.endurance = .seconds(1)
        let source = try SMBSource(options)
        let error = await source.failure { _ = try await $0.read(SourcePath("file"), offset: 0, count: 100) }
        #expect(error?.code == "TIMEOUT")
        await source.close()
    }

    @Test func `a read that nobody waits for any more lets go of its connection`() async throws {
        try await onShare(endurance: .seconds(100)) { source, server in
            try await server.kill()
            let reading = Task { try await source.read(SourcePath("file"), offset: 0, count: 100) }
            while source.metrics.retries == 0 { try await Task.sleep(for: .milliseconds(10)) }
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            try await server.restart()
            expectEqual(try await source.read(SourcePath("file"), offset: 0, count: 100).bytes, Self.content)
        }
    }
}
