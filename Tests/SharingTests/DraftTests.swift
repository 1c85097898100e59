import FileSource
import Testing

@testable import Catalogue
@testable import Sharing

/// What is taken when there are several files for an instance, and when reading says otherwise than listing.
struct DraftTests {
    private let draft: Draft

    init() throws { draft = try Draft() }

    private static func location(_ name: String, size: UInt64 = 10) -> StoredLocation {
        StoredLocation(
            sourceURL: "/nas", folderID: 1, folder: Array("A".utf8), name: Array(name.utf8), size: size, modified: 5, transferSyntaxUID: nil
        )
    }

    private static func entry(_ name: String, size: UInt64 = 10) -> DirectoryEntry {
        DirectoryEntry(name: Array(name.utf8), kind: .file, size: size, modified: 5, changed: 0)
    }

    private func add(_ locations: [StoredLocation], number: Int64? = 1) async throws {
        let instance = StoredInstance(
            id: 1, sopInstanceUID: "1.\(number ?? 0)", sopClassUID: nil, number: number, numberOfFrames: nil, rows: nil, columns: nil,
            locations: locations)
        try await draft.add([instance], study: 1, series: 1)
    }

    private func list(_ entries: [DirectoryEntry]) async throws {
        let folder = try #require(try await draft.folders(after: 0, limit: 1).first)
        try await draft.note(entries, in: folder)
    }

    private func taken() async throws -> [DraftRow] {
        _ = try await draft.place()
        return try await draft.rows(from: 0, limit: 100)
    }

    @Test func `a file that is as it was indexed comes before one that has changed`() async throws {
        try await add([Self.location("a"), Self.location("b")])
        try await list([Self.entry("a", size: 11), Self.entry("b")])
        let rows = try await taken()
        #expect(rows.map(\.file?.path) == [SourcePath("A/b")])
        #expect(rows.map(\.remark) == [nil])
    }

    @Test func `what reading found out holds for as long as the listing says the same`() async throws {
        try await add([Self.location("a")])
        try await list([Self.entry("a")])
        let listed = try #require(try await taken().first?.file)
        try await draft.apply(.differs(size: 12, modified: 7), to: listed)
        let opened = try #require(try await taken().first?.file)
        #expect([Int64(opened.size), opened.modified] == [12, 7])
        // The finding was about another listing than this one.
        try await list([Self.entry("a", size: 13)])
        try await draft.apply(.unreadable(remark: "No."), to: listed)
        #expect(try await taken().first?.file?.size == 13)
        try await list([Self.entry("a")])
        try await draft.apply(.unreadable(remark: "No."), to: listed)
        let row = try #require(try await taken().first)
        #expect(row.file == nil)
        #expect(row.remark == "No.")
    }

    @Test func `instances come in the order of their numbers, those without one last, and keep their numbers when one is missing`()
        async throws
    {
        for (number, name) in [(nil, "c"), (2, "b"), (1, "a")] as [(Int64?, String)] {
            try await add([Self.location(name)], number: number)
        }
        try await list([Self.entry("a"), Self.entry("c")])
        let rows = try await taken()
        #expect(rows.map(\.number) == [1, 2, nil])
        #expect(
            rows.map { $0.file == nil ? nil : $0.path } == ["DICOM/ST000001/SE000001/IM000001", nil, "DICOM/ST000001/SE000001/IM000003"])
    }
}
