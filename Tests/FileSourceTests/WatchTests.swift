import Foundation
import SMBTestServer
import Testing

@testable import FileSource

extension SMBOptions {
    fileprivate func withShare(_ name: String) -> SMBOptions {
        var options = self
        options.share = name
        return options
    }
}

@Suite struct WatchTests {
    @Test func `a server tells of files that are added to the source`() async throws {
        let tree = try TemporaryFolder()
        try tree.makeFolder("a/b")
        let server = try await TestServer(tree: tree.path)
        let (events, told) = AsyncStream<String>.makeStream()
        let options = server.options
        let watching = Task {
            try await ShareWatch(options).run {
                told.yield("listening")
            } changed: {
                told.yield("changed")
            }
        }
        var seen: [String] = []
        for await event in events {
            seen.append(event)
            if event == "changed" { break }
            try tree.write("new.dcm")
        }
        #expect(seen == ["listening", "changed"])
        watching.cancel()
        await #expect(throws: CancellationError.self) { try await watching.value }
        try await server.stop()
    }

    @Test func `a share that is not there cannot be watched`() async throws {
        let tree = try TemporaryFolder()
        let server = try await TestServer(tree: tree.path)
        let watch = ShareWatch(server.options.withShare("none"))
        let error = await #expect(throws: SourceError.self) { try await watch.run(changed: {}) }
        #expect(error?.code == "SHARE_NOT_FOUND")
        try await server.stop()
    }
}
