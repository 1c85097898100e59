import Configuration
import FileSource
import SMBTestServer
import SourceAccess
import Synchronization
import Testing

/// Declarations that a test changes.
private final class ChangingDeclarations: SourceDeclarations {
    private let sources = Mutex<[ConfiguredSource]>([])

    func declare(_ configurations: SourceConfiguration...) {
        sources.withLock { $0 = configurations.map { ConfiguredSource($0, origin: .configuration) } }
    }

    func declaredSources() -> [ConfiguredSource] { sources.withLock { $0 } }
}

extension TestServer {
    /// The share as somebody would declare it.
    fileprivate func declaration(_ change: (inout SourceConfiguration) -> Void = { _ in }) throws -> SourceConfiguration {
        var source = SourceConfiguration(
            name: "nas", address: try SourceAddress(argument: "smb://127.0.0.1:\(port)/dicom", workingDirectory: "/"))
        source.username = Self.user
        source.password = .value(Configuration.Secret(Self.password))
        change(&source)
        return source
    }
}

/// Sources as downloads see them.
@Suite(.timeLimit(.minutes(2))) struct DownloadSourcesTests {
    private let tree: TemporaryFolder
    private let declarations = ChangingDeclarations()

    init() throws {
        tree = try TemporaryFolder()
        try tree.write("file")
    }

    private func folder() throws -> SourceConfiguration {
        SourceConfiguration(address: try SourceAddress(argument: tree.path, workingDirectory: "/"))
    }

    private static func readFile(_ source: any FileSource) async throws {
        let read = try await source.read(SourcePath("file"), offset: 0, count: 100)
        #expect(read.bytes == Array("content".utf8) && read.size == 7)
    }

    @Test func `all who ask share a source, until its declaration changes`() async throws {
        var source = try folder()
        declarations.declare(source)
        let url = source.address.canonicalURL
        let downloads = DownloadSources(declarations)
        let (one, two) = (try await downloads.source(url: url), try await downloads.source(url: url))
        #expect(one as AnyObject === two as AnyObject)
        try await Self.readFile(one)
        source.retryAttempts = 9
        declarations.declare(source)
        let three = try await downloads.source(url: url)
        #expect(three as AnyObject !== one as AnyObject)
        // Who has the old one finishes with it.
        try await Self.readFile(one)
        try await Self.readFile(three)
        await downloads.close()
    }

    @Test func `what is not declared any more is refused, and what was closed says so`() async throws {
        let source = try folder()
        declarations.declare(source)
        let downloads = DownloadSources(declarations)
        let opened = try await downloads.source(url: source.address.canonicalURL)
        declarations.declare()
        let refusal = await #expect(throws: SourceRefusal.self) { try await downloads.source(url: source.address.canonicalURL) }
        #expect(refusal?.reason == .unknown)
        await downloads.close()
        await #expect(throws: SourceError.closed) { try await Self.readFile(opened) }
    }

    @Test func `connections end some time after their last use, and come back with the next`() async throws {
        let server = try await TestServer(tree: tree.path)
        let source = try server.declaration()
        declarations.declare(source)
        let url = source.address.canonicalURL
        let downloads = DownloadSources(declarations, idle: .milliseconds(10))
        let opened = try await downloads.source(url: url)
        for _ in 0..<2 {
            try await Self.readFile(opened)
            while downloads.metrics(url: url) != nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        await downloads.close()
        try await server.stop()
    }

    @Test func `a download takes connections from the pool that indexing has, and both go on`() async throws {
        let server = try await TestServer(tree: tree.path)
        let source = try server.declaration { $0.tuning = Tuning(mode: .balanced, connectionPoolSize: 3, workers: .fixed(3)) }
        declarations.declare(source)
        let url = source.address.canonicalURL
        let connections = SourceConnections()
        let pool = connections.pool(of: url, size: 3)
        let downloads = DownloadSources(declarations, connections: connections)
        let indexing = try await SourceOpening(source, password: TestServer.password, connections: connections).open().source
        let download = try await downloads.source(url: url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    try await Self.readFile(number % 2 == 0 ? indexing : download)
                    #expect(pool.held <= 3)
                }
            }
            try await group.waitForAll()
        }
        #expect(downloads.metrics(url: url)?.reads == 20)
        await downloads.close()
        await indexing.close()
        #expect(pool.held == 0)
        try await server.stop()
    }

    @Test func `a refused login is not tried again and again`() async throws {
        let server = try await TestServer(tree: tree.path)
        let source = try server.declaration { $0.password = .value(Configuration.Secret("wrong")) }
        declarations.declare(source)
        let downloads = DownloadSources(declarations)
        let opened = try await downloads.source(url: source.address.canonicalURL)
        for _ in 0..<3 {
            let error = await #expect(throws: SourceError.self) { try await Self.readFile(opened) }
            #expect(error?.code == "ACCESS_REFUSED")
        }
        #expect(try server.logins == 1)
        await downloads.close()
        try await server.stop()
    }
}
