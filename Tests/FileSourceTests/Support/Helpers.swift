import FileSource
import Testing

/// Collects what a listing gives.
actor Pages {
    private(set) var pages: [[DirectoryEntry]] = []
    func add(_ page: [DirectoryEntry]) { pages.append(page) }
    var entries: [DirectoryEntry] { pages.flatMap { $0 } }
}

extension FileSource {
    /// The whole listing, by name.
    func entries(_ folder: SourcePath = .root) async throws -> [String: DirectoryEntry] {
        let pages = Pages()
        await pages.add(try await list(folder) { await pages.add($0) })
        let entries = await pages.entries
        return Dictionary(entries.map { (String(decoding: $0.name, as: UTF8.self), $0) }) { first, _ in first }
    }

    /// The error that an operation ends with.
    func failure(_ body: (Self) async throws -> Void) async -> SourceError? {
        do {
            try await body(self)
            return nil
        } catch {
            return error as? SourceError
        }
    }

    /// Reads the headers of files as they are listed, and closes nothing.
    func headers(_ files: [(path: String, size: Int)], firstRead: Int = 8192) async throws -> [HeaderResult] {
        let requests = files.enumerated().map {
            HeaderRequest(id: Int64($0.offset), path: SourcePath($0.element.path), size: UInt64($0.element.size), firstRead: firstRead)
        }
        return try await readHeaders(requests).sorted { $0.id < $1.id }
    }
}

extension HeaderResult {
    var error: SourceError? {
        if case .failed(let error) = outcome { return error }
        return nil
    }
}

/// `#expect(_ == _)` for values that are awaited: the macro does not take these everywhere.
func expectEqual<Value: Equatable>(_ actual: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(actual == expected, sourceLocation: sourceLocation)
}

extension Result where Failure == any Error {
    /// What an operation gives or throws, to be looked at later.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
