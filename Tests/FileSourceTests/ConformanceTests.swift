import DICOM
import FileSource
import Foundation
import SMBTestServer
import Testing

/// A tree, and a source that shows it.
struct Subject: Sendable, CustomTestStringConvertible {
    enum Kind: String, Sendable, CaseIterable { case local, smb }
    var kind: Kind
    var testDescription: String { kind.rawValue }

    static let all = Kind.allCases.map(Subject.init)

    /// Makes the tree, shows it, and cleans up.
    func show(_ make: (TemporaryFolder) throws -> Void, _ body: (any FileSource, TemporaryFolder) async throws -> Void) async throws {
        let tree = try TemporaryFolder()
        try make(tree)
        switch kind {
        case .local:
            let source = LocalFileSource(path: tree.path, retryDelay: .milliseconds(10), pageSize: 10)
            try await body(source, tree)
            await source.close()
        case .smb:
            let server = try await TestServer(tree: tree.path)
            var options = server.options
            options.pageSize = 10
            let source = try SMBSource(options)
            let result = await Result { try await body(source, tree) }
            await source.close()
            try await server.stop()
            try result.get()
        }
    }
}

/// What every source does, whatever is behind it.
@Suite struct ConformanceTests {
    @Test(arguments: Subject.all) func `a folder is listed with sizes, times and kinds`(subject: Subject) async throws {
        let time: TimeInterval = 1_600_000_000
        try await subject.show { tree in
            try tree.write("one.dcm", Array(repeating: 7, count: 1234))
            try tree.makeFolder("sub")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: tree.path + "/one.dcm")
        } _: { source, _ in
            let entries = try await source.entries()
            #expect(entries.count == 2)
            #expect(entries["one.dcm"]?.kind == .file)
            #expect(entries["one.dcm"]?.size == 1234)
            #expect(entries["one.dcm"]?.modified == Int64(time) * 1_000_000_000)
            // smbd gives the modification time here: a change time is no later than that only there.
            #expect((entries["one.dcm"]?.changed ?? 0) >= Int64(time) * 1_000_000_000)
            #expect(entries["sub"]?.kind == .folder)
        }
    }

    @Test(arguments: Subject.all) func `a read says the size and time that the listing says`(subject: Subject) async throws {
        let day: Int64 = 86_400
        let times: [Int64] = [0, 1, -1, -day * 365 * 300, 1_600_000_000, 1_700_000_001, day * 365 * 5_000]
        try await subject.show { tree in
            for (number, seconds) in times.enumerated() {
                try tree.write("\(number)", Array(repeating: 7, count: 1_000 * number))
                try tree.setModified("\(number)", seconds: seconds, nanoseconds: 123_456_700)
            }
        } _: { source, _ in
            let entries = try await source.entries()
            #expect(entries.count == times.count)
            for (name, entry) in entries {
                let read = try await source.read(SourcePath(name), offset: 0, count: 10_000)
                #expect(read.size == entry.size && read.bytes.count == Int(entry.size))
                #expect(read.modified == entry.modified, "\(name)")
            }
            #expect(entries["4"]?.modified == 1_600_000_000_123_456_700)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Subject.all)
    func `a file that is written over with as many bytes is noticed by the next piece for which it is opened`(subject: Subject) async throws
    {
        let (old, new) = (Array(repeating: UInt8(1), count: 3 << 20), Array(repeating: UInt8(2), count: 3 << 20))
        try await subject.show { tree in
            try tree.write("file", old)
            try tree.setModified("file", seconds: 1_600_000_000, nanoseconds: 0)
        } _: { source, tree in
            let first = try await source.read(SourcePath("file"), offset: 0, count: 1 << 20)
            try tree.overwrite("file", new)
            var second = first
            // Until then it may be open from before.
            while second.modified == first.modified {
                second = try await source.read(SourcePath("file"), offset: 1 << 20, count: 1 << 20)
                #expect(second.bytes == Array(new.prefix(1 << 20)) && second.size == first.size)
            }
            #expect(first.bytes == Array(old.prefix(1 << 20)))
            #expect(first.modified == 1_600_000_000_000_000_000 && second.modified > first.modified)
        }
    }

    @Test(arguments: Subject.all) func `a large folder comes in pages, each entry once`(subject: Subject) async throws {
        try await subject.show { tree in
            for number in 0..<95 { try tree.write("file \(number)") }
        } _: { source, _ in
            let pages = Pages()
            await pages.add(try await source.list(.root) { await pages.add($0) })
            let names = await pages.entries.map { String(decoding: $0.name, as: UTF8.self) }
            #expect(Set(names) == Set((0..<95).map { "file \($0)" }))
            #expect(names.count == 95)
            #expect(await pages.pages.allSatisfy { $0.count <= 10 })
        }
    }

    @Test(arguments: Subject.all) func `an empty folder is listed completely`(subject: Subject) async throws {
        try await subject.show {
            try $0.makeFolder("empty")
        } _: { source, _ in
            let entries = try await source.entries(SourcePath("empty"))
            #expect(entries.isEmpty)
        }
    }

    @Test(arguments: Subject.all) func `a listing whose taker throws ends, and the source goes on`(subject: Subject) async throws {
        struct Enough: Error {}
        try await subject.show { tree in
            for number in 0..<50 { try tree.write("\(number)") }
        } _: { source, _ in
            await #expect(throws: Enough.self) { _ = try await source.list(.root) { _ in throw Enough() } }
            let entries = try await source.entries()
            #expect(entries.count == 50)
        }
    }

    @Test(
        arguments: Subject.all,
        [
            "100% of it", "%41", "a#b", "what?", " leading space", "trailing dot .x", "ünïcödé", "山田^太郎", "e\u{301}", "\u{e9}", "a;b&c=d@e",
            "plus+",
        ]) func `a name is what it is`(subject: Subject, name: String) async throws
    {
        // SMB has no `?` in names: a server shows such a file under a stand-in of eight letters, which can be opened.
        let hasStandIn = subject.kind == .smb && name.contains("?")
        try await subject.show {
            try $0.write("\(name)/\(name)", Array("inside".utf8))
        } _: { source, _ in
            let folder = try #require(try await source.entries().values.first)
            if !hasStandIn { #expect(folder.name == Array(name.utf8)) }
            let path = SourcePath(bytes: folder.name)
            let file = try #require(try await source.entries(path).values.first)
            if !hasStandIn { #expect(file.name == Array(name.utf8)) }
            expectEqual(try await source.read(path.appending(file.name), offset: 0, count: 100).bytes, Array("inside".utf8))
        }
    }

    @Test(arguments: Subject.all) func `a very long path is listed and read`(subject: Subject) async throws {
        let part = String(repeating: "long", count: 40)
        let folder = Array(repeating: part, count: 20).joined(separator: "/")
        try await subject.show {
            try $0.write("\(folder)/file", Array("deep".utf8))
        } _: { source, _ in
            expectEqual(try await source.entries(SourcePath(folder)).keys.sorted(), ["file"])
            expectEqual(try await source.read(SourcePath(folder + "/file"), offset: 0, count: 100).bytes, Array("deep".utf8))
        }
    }

    @Test(arguments: Subject.all) func `a range is read, and no more than there is`(subject: Subject) async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await subject.show {
            try $0.write("file", bytes)
        } _: { source, _ in
            let file = SourcePath("file")
            expectEqual(try await source.read(file, offset: 0, count: 10).bytes, Array(bytes[..<10]))
            expectEqual(try await source.read(file, offset: 1_000_000, count: 100).bytes, Array(bytes[1_000_000..<1_000_100]))
            expectEqual(try await source.read(file, offset: 2_999_990, count: 100).bytes, Array(bytes[2_999_990...]))
            expectEqual(try await source.read(file, offset: 5_000_000, count: 100).bytes, [])
            expectEqual(try await source.read(file, offset: 0, count: 4_000_000).bytes, bytes)
        }
    }

    @Test(arguments: Subject.all, ["..", "a/../../b", "a//b", "/etc/passwd", ".", "a\0b"])
    func `a path cannot lead out of the source`(subject: Subject, path: String) async throws {
        try await subject.show {
            try $0.write("a/b")
        } _: { source, _ in
            let path = SourcePath(path)
            expectEqual(await source.failure { _ = try await $0.read(path, offset: 0, count: 1) }?.code, "INVALID_PATH")
            expectEqual(await source.failure { _ = try await $0.list(path) { _ in } }?.code, "INVALID_PATH")
        }
    }

    @Test(arguments: Subject.all) func `what is not there is no error of the source`(subject: Subject) async throws {
        try await subject.show {
            try $0.write("file")
        } _: { source, _ in
            let missing = SourcePath("missing")
            let read = await source.failure { _ = try await $0.read(missing, offset: 0, count: 1) }
            #expect(read?.code == "NOT_FOUND")
            #expect(read?.concernsSource == false)
            let listed = await source.failure { _ = try await $0.list(missing) { _ in } }
            #expect(listed?.code == "NOT_FOUND")
            #expect(listed?.concernsSource == false)
            expectEqual(await source.failure { _ = try await $0.list(SourcePath("file")) { _ in } }?.code, "NOT_A_FOLDER")
        }
    }

    @Test(arguments: Subject.all) func `one file that was deleted since it was listed fails alone`(subject: Subject) async throws {
        try await subject.show {
            try $0.write("a")
            try $0.write("c")
        } _: { source, _ in
            let results = try await source.headers([("a", 7), ("b", 7), ("c", 7)])
            #expect(results.map { $0.error?.code } == [nil, "NOT_FOUND", nil])
            #expect(results.map(\.id) == [0, 1, 2])
            #expect(results[0].bytesRead == 7)
        }
    }

    @Test(arguments: Subject.all) func `no byte is read beyond the size that was listed`(subject: Subject) async throws {
        try await subject.show {
            try $0.write("grown", Array(repeating: 1, count: 5000))
        } _: { source, _ in
            let results = try await source.headers([("grown", 100)])
            #expect(results[0].bytesRead <= 100)
        }
    }

    @Test(arguments: Subject.all) func `a FIFO is neither opened nor waited for`(subject: Subject) async throws {
        try await subject.show { tree in
            #expect(mkfifo(tree.path + "/fifo", 0o644) == 0)
        } _: { source, _ in
            let entry = try #require(try await source.entries()["fifo"])
            #expect(entry.size == 0)
            #expect(entry.kind == (subject.kind == .local ? .other : .file))
            let results = try await source.headers([("fifo", 0)])
            guard case .read(.notDICOM) = results[0].outcome else {
                Issue.record("\(results[0].outcome)")
                return
            }
            #expect(results[0].bytesRead == 0)
        }
    }

    @Test(arguments: Subject.all) func `links that lead back end`(subject: Subject) async throws {
        try await subject.show { tree in
            try tree.write("study/series/file")
            try FileManager.default.createSymbolicLink(atPath: tree.path + "/study/series/up", withDestinationPath: "../..")
            try FileManager.default.createSymbolicLink(atPath: tree.path + "/study/self", withDestinationPath: ".")
        } _: { source, _ in
            var (left, visited) = ([SourcePath.root], 0)
            while let folder = left.popLast(), visited < 1000 {
                visited += 1
                do {
                    for entry in try await source.entries(folder).values where entry.kind == .folder {
                        left.append(folder.appending(entry.name))
                    }
                } catch let error as SourceError {
                    #expect(error.code == "FOLDER_LOOP")
                    #expect(!error.concernsSource)
                }
            }
            #expect(visited <= 12)
        }
    }

    @Test(arguments: Subject.all) func `a cancelled operation ends, and the source goes on`(subject: Subject) async throws {
        try await subject.show { tree in
            for number in 0..<200 { try tree.write("\(number)") }
        } _: { source, _ in
            let reading = Task { () async throws -> Void in
                while true { _ = try await source.headers((0..<200).map { ("\($0)", 7) }) }
            }
            _ = try await source.headers([("0", 7)])
            reading.cancel()
            await #expect(throws: CancellationError.self) { _ = try await reading.value }
            expectEqual(try await source.headers([("1", 7)]).count, 1)
        }
    }

    @Test(arguments: Subject.all) func `many operations at once all end`(subject: Subject) async throws {
        try await subject.show { tree in
            for folder in 0..<20 { for file in 0..<5 { try tree.write("folder \(folder)/\(file)") } }
        } _: { source, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let folder = "folder \(number % 20)"
                        let entries = try await source.entries(SourcePath(folder))
                        return try await source.headers(entries.map { (folder + "/" + $0.key, Int($0.value.size)) }).count
                    }
                }
                let headers = try await group.reduce(0, +)
                #expect(headers == 1000)
            }
        }
    }

    @Test(arguments: Subject.all) func `a closed source says so`(subject: Subject) async throws {
        try await subject.show {
            try $0.write("file")
        } _: { source, _ in
            try await source.probe(retrying: false)
            await source.close()
            expectEqual(await source.failure { _ = try await $0.read(SourcePath("file"), offset: 0, count: 1) }?.code, "SOURCE_CLOSED")
        }
    }
}
