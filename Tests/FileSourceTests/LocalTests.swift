import DICOM
@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// What a local folder does when what it stands on does not do what it should.
@Suite struct LocalTests {
    private func list(_ tree: TemporaryFolder, pageSize: Int = 10, _ look: LocalListing.Look) throws -> [String: DirectoryEntry] {
        let relay = PageRelay()
        // Pages but the last are not wanted here.
        relay.finish()
        let entries = try LocalListing.run(
            [], root: LocalRoot(path: tree.path), pageSize: pageSize, relay: relay, cancellation: Cancellation(), look: look)
        return Dictionary(uniqueKeysWithValues: entries.map { (String(decoding: $0.name, as: UTF8.self), $0) })
    }

    private static func look(_ folder: Int32, _ name: UnsafePointer<CChar>, _ status: inout stat) -> Int32 {
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno
    }

    @Test func `what is listed and cannot be looked at is kept as what the listing says it is`() throws {
        let tree = try TemporaryFolder()
        for name in ["file", "strange", "folder/inside"] { try tree.write(name) }
        let entries = try list(tree) { folder, name, status in
            String(cString: name) == "file" ? Self.look(folder, name, &status) : ENOENT
        }
        #expect(entries["file"]?.size == 7)
        #expect(entries["strange"]?.kind == .file)
        // A size of 0 would say that there is nothing to read.
        #expect(entries["strange"]?.size != 0)
        #expect(entries["folder"]?.kind == .folder)
    }

    @Test func `what was deleted while its folder was listed is gone`() throws {
        let tree = try TemporaryFolder()
        for number in 0..<8 { try tree.write("\(number)") }
        let entries = try list(tree) { folder, name, status in
            let isDoomed = String(cString: name) != "3"
            if isDoomed { unlinkat(folder, name, 0) }
            return Self.look(folder, name, &status)
        }
        #expect(entries.keys.sorted() == ["3"])
    }

    @Test func `more than a page of names that are lost is dealt with, and nothing is listed twice`() throws {
        let tree = try TemporaryFolder()
        for number in 0..<8 { try tree.write("\(number)") }
        var looks: [String: Int] = [:]
        let entries = try list(tree, pageSize: 8) { folder, name, status in
            looks[String(cString: name), default: 0] += 1
            return looks[String(cString: name)] == 1 ? ENOENT : Self.look(folder, name, &status)
        }
        #expect(entries.count == 8)
        #expect(entries.values.allSatisfy { $0.size == 7 })
        #expect(looks.values.allSatisfy { $0 == 2 })
    }

    @Test(arguments: [EACCES, ESTALE, EIO]) func `another failure to look is one of the folder`(code: Int32) throws {
        let tree = try TemporaryFolder()
        try tree.write("file")
        #expect { try list(tree) { _, _, _ in code } } throws: { ($0 as? PosixError)?.code == code }
        var looks = 0
        #expect {
            try list(tree) { _, _, _ in
                looks += 1
                return looks == 1 ? ENOENT : code
            }
        } throws: {
            ($0 as? PosixError)?.code == code
        }
    }

    // A process's network folder can still be opened for its path when the process has ended, and cannot be listed any more: much like the root of
    // a mount whose server is gone.
    @Test func `a root that is only remembered ends the source, not one file after the other`() async throws {
        // Opened while the process lives: it ends with its input.
        let folder = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            Thread.detachNewThread {
                done.resume(
                    with: Result {
                        let (process, input) = (Process(), Pipe())
                        process.executableURL = URL(fileURLWithPath: "/bin/cat")
                        process.standardInput = input
                        try process.run()
                        let path = "/proc/\(process.processIdentifier)/net"
                        let folder = open(path, 0o10000000 /* O_PATH */ | O_DIRECTORY | O_CLOEXEC)
                        try input.fileHandleForWriting.close()
                        process.waitUntilExit()
                        return folder
                    })
            }
        }
        try #require(folder >= 0)
        defer { close(folder) }
        let source = LocalFileSource(path: "/proc/self/fd/\(folder)", retryDelay: .milliseconds(10))
        for body: @Sendable (LocalFileSource) async throws -> Void in [
            { _ = try await $0.list(SourcePath("folder")) { _ in } }, { _ = try await $0.read(SourcePath("file"), offset: 0, count: 1) },
            { _ = try await $0.headers([("file", 7), ("other", 7)]) },
        ] {
            let error = await source.failure(body)
            #expect(error?.code == "ERRNO_\(EINVAL)")
            #expect(error?.concernsSource == true)
        }
        await source.close()
    }
}
