import Foundation
import Testing

@testable import MediaDirectory

/// Directories as other programs see them.
struct DirectoryTests {
    private let folder: MediaFolder

    init() throws { folder = try MediaFolder() }

    @Test(.enabled(if: MediaFolder.hasPython)) func `pydicom finds a file of every kind under a record such as it would write itself`() async throws {
        #expect(try await folder.run("make-files.py") == [])
        try folder.writeDirectory()
        #expect(try await folder.run("check.py", "--keys") == [String(29 * 4)])
    }

    @Test(.enabled(if: MediaFolder.hasPython)) func `pydicom finds every one of many real files`() async throws {
        let shared = MediaFolder.repository + "/../shared/data"
        let count = try await folder.run("real-files.py", shared).last
        try folder.writeDirectory()
        #expect(try await folder.run("check.py") == [count ?? ""])
        #expect(Int(count ?? "") ?? 0 > 50)
    }
}
