import DICOM
@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// What happens when a server, a network or a worker does not do what it should: each in bounded time, with an error that says what to do.
@Suite(.serialized) struct FaultTests {
    /// A source on a tree of its own, closed at the end.
    private func onShare(
        extra: [String] = [], _ make: (TemporaryFolder) throws -> Void = { try $0.write("file") },
        change: (inout SMBOptions) -> Void = { _ in }, _ body: (SMBSource, TestServer, TemporaryFolder) async throws -> Void
    ) async throws {
        let tree = try TemporaryFolder()
        try make(tree)
        let server = try await TestServer(tree: tree.path, extra: extra)
        var options = server.options
        change(&options)
        let source = try SMBSource(options)
        let result = await Result { try await body(source, server, tree) }
        await source.close()
        try await server.stop()
        try result.get()
    }

    // MARK: What is configured wrongly

    @Test func `a wrong password is tried once, whatever is asked at the same time`() async throws {
        try await onShare(change: { options in
            options.password = Secret("wrong")
            options.maxWorkers = .fixed(8)
        }) { source, server, _ in
            await withTaskGroup(of: String?.self) { group in
                for _ in 0..<30 { group.addTask { await source.failure { _ = try await $0.list(.root) { _ in } }?.code } }
                for await code in group { #expect(code == "ACCESS_REFUSED") }
            }
            let error = await source.failure { _ = try await $0.headers([("file", 7)]) }
            #expect(error?.type == .authentication)
            #expect(error?.concernsSource == true)
            #expect(error?.isRetryable == false)
            let logins = try server.logins
            #expect(logins == 1)
            #expect(source.metrics.logins == 1)
        }
    }

    @Test func `a wrong share, a wrong path and a wrong user are told apart`() async throws {
        let cases: [(@Sendable (inout SMBOptions) -> Void, String, SourceError.Class)] = [
            ({ $0.share = "nothing" }, "SHARE_NOT_FOUND", .fileSystem),
            ({ $0.path = SourcePath("not/there") }, "PATH_NOT_FOUND", .fileSystem),
            ({ $0.username = "nobody else" }, "ACCESS_REFUSED", .authentication),
            ({ $0.path = SourcePath("file") }, "NOT_A_FOLDER", .fileSystem),
        ]
        for (change, code, type) in cases {
            try await onShare(change: change) { source, _, _ in
                let error = await source.failure { try await $0.probe(retrying: false) }
                #expect(error?.code == code)
                #expect(error?.type == type)
                #expect(error?.concernsSource == true)
            }
        }
    }

    @Test func `a path below the share becomes the root`() async throws {
        try await onShare {
            try $0.write("a b/c%/file", Array("here".utf8))
        } change: {
            $0.path = SourcePath("a b/c%")
        } _: { source, _, _ in
            try await source.probe(retrying: false)
            let bytes = try await source.read(SourcePath("file"), offset: 0, count: 10).bytes
            #expect(bytes == Array("here".utf8))
        }
    }

    @Test func `a guest needs no password`() async throws {
        let extra = ["--global", "map to guest = Bad User", "--option", "guest ok = yes", "--force-user", "nobody"]
        try await onShare(
            extra: extra,
            change: { options in
                options.username = ""
                options.password = Secret("")
            }
        ) { source, _, _ in
            let entries = try await source.entries()
            #expect(entries.count == 1)
        }
    }

    @Test func `options that cannot work are refused before anything is started`() {
        for change: (inout SMBOptions) -> Void in [
            { $0.host = "" }, { $0.host = "a/b" }, { $0.host = "fe80::1%eth0" }, { $0.share = "a/b" }, { $0.share = "" },
            { $0.path = SourcePath("../up") },
            {
                $0.maximumDialect = .smb202; $0.minimumDialect = .smb300
            }, { $0.workerProgram = "/nowhere" },
        ] {
            var options = SMBOptions(host: "nas", share: "dicom")
            change(&options)
            #expect(throws: SourceError.self) { try SMBSource(options) }
        }
    }

    // MARK: Encryption

    @Test(arguments: [SMBOptions.Level.off, .ifOffered, .required]) func `a server that requires encryption gets it`(
        level: SMBOptions.Level
    ) async throws {
        try await onShare(extra: ["--global", "smb encrypt = required"], change: { $0.encryption = level }) { source, _, _ in
            let entries = try await source.entries()
            #expect(entries.count == 1)
            #expect(source.metrics.isEncrypted == true)
        }
    }

    @Test(arguments: [SMBOptions.Level.off, .ifOffered, .required]) func `encryption is as configured`(level: SMBOptions.Level) async throws
    {
        try await onShare(change: { $0.encryption = level }) { source, _, _ in
            try await source.probe(retrying: false)
            #expect(source.metrics.isEncrypted == (level != .off))
        }
    }

    // libsmbclient itself goes on in clear text in these cases.
    @Test(arguments: [["smb encrypt = off"], ["host msdfs = no"], ["server max protocol = SMB2_10"]])
    func `what must be encrypted never goes out in clear text`(settings: [String]) async throws {
        let extra = settings.flatMap { ["--global", $0] }
        try await onShare(extra: extra, change: { $0.encryption = .required }) { source, _, _ in
            let error = await source.failure { try await $0.probe(retrying: false) }
            #expect(error?.code == "PROTOCOL_MISMATCH")
            #expect(error?.concernsSource == true)
            #expect(error?.isRetryable == false)
        }
        try await onShare(extra: extra) { source, _, _ in
            let entries = try await source.entries()
            #expect(entries.count == 1)
            #expect(source.metrics.isEncrypted == false)
        }
    }

    // MARK: The network

    @Test func `a server that is down is waited for, and reported`() async throws {
        try await onShare() { source, server, _ in
            try await source.probe(retrying: false)
            try await server.kill()
            for body: @Sendable (SMBSource) async throws -> Void in [
                { _ = try await $0.list(.root) { _ in } }, { _ = try await $0.headers([("file", 7)]) },
                { _ = try await $0.read(SourcePath("file"), offset: 0, count: 7) },
            ] {
                let error = await source.failure(body)
                #expect(error?.code == "CONNECTION_REFUSED")
                #expect(error?.type == .network)
                #expect(error?.isRetryable == true)
                #expect(error?.concernsSource == true)
            }
            try await server.restart()
            let entries = try await source.entries()
            #expect(entries.count == 1)
        }
    }

    @Test func `a server that is killed in the middle of a batch and comes back costs nothing`() async throws {
        let files = (0..<2000).map { ("\($0)", 7) }
        try await onShare { tree in
            for (name, _) in files { try tree.write(name) }
        } change: {
            $0.retryDelay = .milliseconds(400)
            $0.retryAttempts = 6
        } _: { source, server, _ in
            let reading = Task { try await source.headers(files) }
            while source.metrics.headers == 0 { await Task.yield() }
            try await server.kill()
            try await server.restart()
            let results = try await reading.value
            #expect(results.map(\.id) == (0..<2000).map(Int64.init))
            #expect(results.allSatisfy { $0.error == nil })
        }
    }

    @Test func `a server that accepts and then says nothing is given up in bounded time`() async throws {
        let hole = try BlackHole()
        var options = SMBOptions(host: "127.0.0.1", share: "dicom")
        options.port = hole.port
        options.timeout = .seconds(1)
        options.retryAttempts = 1
        options.retryDelay = .milliseconds(10)
        let source = try SMBSource(options)
        let start = ContinuousClock.now
        let error = await source.failure { _ = try await $0.list(.root) { _ in } }
        #expect(error?.type == .network)
        #expect(error?.concernsSource == true)
        #expect(start.duration(to: .now) < .seconds(60))
        await source.close()
    }

    @Test func `an unknown host is an error of the network`() async throws {
        var options = SMBOptions(host: "no-such-host.invalid", share: "dicom")
        options.retryAttempts = 0
        let source = try SMBSource(options)
        let error = await source.failure { try await $0.probe(retrying: false) }
        #expect(error?.code == "HOST_UNKNOWN")
        await source.close()
    }

    // MARK: Workers

    @Test(arguments: [SIGKILL, SIGSTOP, SIGSEGV])
    func `a worker that dies or hangs in the middle of a batch is replaced and its work done`(signal: Int32) async throws {
        let files = (0..<1000).map { ("\($0)", 7) }
        try await onShare { tree in
            for (name, _) in files { try tree.write(name) }
        } change: {
            $0.maxWorkers = .fixed(1)
            $0.timeout = .milliseconds(500)
            // So that there is a middle.
            $0.bytesPerSecond = 10_000
        } _: { source, _, _ in
            _ = try await source.read(SourcePath("0"), offset: 0, count: 1)
            let worker = try #require(Workers.of(source).first)
            let reading = Task { try await source.headers(files + files + files) }
            while source.metrics.headers == 0 { await Task.yield() }
            kill(worker, signal)
            let results = try await reading.value
            #expect(results.count == 3000)
            #expect(results.allSatisfy { $0.error == nil })
            #expect(source.metrics.lost == 1)
            let now = Workers.of(source)
            #expect(now.count == 1 && now != [worker])
        }
    }

    @Test func `workers end when the source is closed, and their folder is gone`() async throws {
        try await onShare() { source, _, _ in
            try await source.probe(retrying: false)
            let workers = Workers.of(source)
            #expect(!workers.isEmpty)
            await source.close()
            #expect(workers.allSatisfy { kill($0, 0) != 0 })
        }
    }

    @Test func `what a killed program left behind is removed, what is in use is not`() async throws {
        try await onShare { source, server, _ in
            let base = (source.workersHome as NSString).deletingLastPathComponent
            let left = "\(base)/fileroom-smb-test-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: false)
            try Data().write(to: URL(fileURLWithPath: left + "/lock"))
            let other = try SMBSource(server.options)
            #expect(!FileManager.default.fileExists(atPath: left))
            #expect(FileManager.default.fileExists(atPath: source.workersHome + "/.smb/smb.conf"))
            await other.close()
        }
    }

    @Test func `a worker's arguments and environment hold no password`() async throws {
        try await onShare() { source, _, _ in
            try await source.probe(retrying: false)
            let worker = try #require(Workers.of(source).first)
            for file in ["cmdline", "environ"] {
                let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/\(worker)/\(file)")), as: UTF8.self)
                #expect(!text.contains(TestServer.password))
                #expect(!text.contains(TestServer.user))
            }
            #expect(!"\(source.options)".contains(TestServer.password))
            #expect(!String(reflecting: source.options.password).contains(TestServer.password))
        }
    }

    // MARK: Files and folders

    @Test func `what may not be read fails alone`() async throws {
        try await onShare(extra: ["--force-user", "nobody"]) { tree in
            try tree.write("open/file")
            try tree.write("secret/file")
            try tree.write("open/locked")
            chmod(tree.path + "/secret", 0o700)
            chmod(tree.path + "/open/locked", 0o600)
        } _: { source, server, _ in
            let listed = await source.failure { _ = try await $0.list(SourcePath("secret")) { _ in } }
            #expect(listed?.code == "PERMISSION_DENIED")
            #expect(listed?.concernsSource == false)
            let results = try await source.headers([("open/file", 7), ("open/locked", 7), ("open/file", 7)])
            #expect(results.map { $0.error?.code } == [nil, "PERMISSION_DENIED", nil])
            let logins = try server.logins
            #expect(logins <= 3)
        }
    }

    @Test func `a folder that does not fit into a worker's memory is an error, never a part of it`() async throws {
        let count = 60_000
        try await onShare { tree in
            for number in 0..<count { try #require(FileManager.default.createFile(atPath: tree.path + "/\(number)", contents: nil)) }
        } _: { source, server, _ in
            let entries = try await source.entries()
            #expect(entries.count == count)
            // A worker that is to hold half of it.
            let fresh = try SMBSource(server.options)
            _ = try await fresh.read(SourcePath("0"), offset: 0, count: 1)
            let worker = try #require(Workers.of(fresh).first)
            let size = try #require(Workers.addressSpace(worker))
            await fresh.close()
            var options = server.options
            options.memoryPerWorker = size + 16 << 20
            let small = try SMBSource(options)
            let error = await small.failure { _ = try await $0.list(.root) { _ in } }
            #expect(error?.code == "FOLDER_TOO_LARGE")
            #expect(error?.concernsSource == false)
            let answer = try await small.read(SourcePath("0"), offset: 0, count: 1).bytes
            #expect(answer.isEmpty)
            await small.close()
        }
    }

    // libsmbclient itself takes a listing that breaks off for a complete one.
    @Test(arguments: [
        ("status 0xC0000022", "PERMISSION_DENIED"), ("status 0xC0000185", "READ_ERROR"),
        ("cut", "CONNECTION_LOST"), ("silent", "TIMEOUT"),
    ]) func `a listing that breaks off is an error`(fault: String, code: String) async throws {
        let extra = ["smb2 max trans = 65536", "server signing = disabled", "smb encrypt = off"].flatMap { ["--global", $0] }
        try await onShare(extra: extra) { tree in
            for number in 0..<3000 { try tree.write("\(number)") }
        } _: { source, server, _ in
            let entries = try await source.entries()
            #expect(entries.count == 3000)
            let proxy = try FaultProxy(server.port, fault)
            var options = server.options
            options.port = proxy.port
            options.encryption = .off
            options.signing = .off
            options.timeout = .seconds(1)
            options.retryAttempts = 0
            let broken = try SMBSource(options)
            let error = await broken.failure { _ = try await $0.list(.root) { _ in } }
            #expect(error?.code == code)
            await broken.close()
        }
    }

    @Test func `a limit in bytes per second holds over all workers`() async throws {
        let size = 40_000
        let files = (0..<40).map { ("\($0)", size) }
        try await onShare { tree in
            for (name, _) in files { try tree.write(name, Array(repeating: 1, count: size)) }
        } change: {
            $0.bytesPerSecond = 400_000
            $0.maxWorkers = .fixed(8)
        } _: { source, _, _ in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for part in 0..<8 {
                    group.addTask {
                        for (name, size) in files[(part * 5)..<(part * 5 + 5)] {
                            _ = try await source.read(SourcePath(name), offset: 0, count: size)
                        }
                    }
                }
                try await group.waitForAll()
            }
            // 1.6 MB at 0.4 MB/s are 4 s, less what was saved up before.
            #expect(start.duration(to: .now) > .seconds(3.4))
        }
    }
}
