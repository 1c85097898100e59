import FileSource
import Foundation
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
            let server = try TestServer(tree: tree.path)
            var options = server.options
            options.pageSize = 10
            let source = try SMBSource(options)
            try await body(source, tree)
            await source.close()
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
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: tree.path + "/one.dcm")
        } _: { source, _ in
            let entries = try await source.entries()
            #expect(entries.count == 2)
            #expect(entries["one.dcm"]?.kind == .file)
            #expect(entries["one.dcm"]?.size == 1234)
            #expect(entries["one.dcm"]?.modified == Int64(time) * 1_000_000_000)
            #expect((entries["one.dcm"]?.changed ?? 0) > Int64(time) * 1_000_000_000)
            #expect(entries["sub"]?.kind == .folder)
        }
    }
}
