import DICOM
import FileSource
import Synchronization
import SyntheticFiles

/// A tree in memory whose every failure can be scripted: what a NAS does once a year, at will. Headers are read by the real reader.
final class ScriptedSource: FileSource {
    struct State {
        /// Files by path.
        var files: [String: (bytes: [UInt8], modified: Int64)] = [:]
        /// Folders whose listing fails, after the entries it would have given.
        var failingFolders: [String: SourceError] = [:]
        /// Files that cannot be read.
        var failingFiles: [String: SourceError] = [:]
        /// The listing of the root is empty and complete.
        var isUnmounted = false
        /// The source as a whole fails after this many further operations.
        var operationsLeft: Int?
        /// Happens after every page of a listing but the last.
        var afterPage: (@Sendable () async -> Void)?
        var opened: [String] = []
        var listed: [String] = []
        var isClosed = false
    }
    let state = Mutex(State())
    private let clock = Mutex<Int64>(0)
    let concurrency: Int
    /// Runs before a batch is read.
    let beforeReading: @Sendable () async throws -> Void
    /// Runs before the source is closed.
    let beforeClosing: @Sendable () async -> Void

    init(
        concurrency: Int = 4, beforeReading: @escaping @Sendable () async throws -> Void = {},
        beforeClosing: @escaping @Sendable () async -> Void = {}
    ) {
        (self.concurrency, self.beforeReading, self.beforeClosing) = (concurrency, beforeReading, beforeClosing)
    }

    static func failure(_ code: String, concernsSource: Bool = false) -> SourceError {
        SourceError(
            type: concernsSource ? .network : .fileSystem, code: code, message: "scripted", suggestion: "none", isRetryable: false,
            concernsSource: concernsSource)
    }

    func put(_ path: String, _ file: SyntheticFile) { put(path, bytes: file.bytes) }

    func put(_ path: String, bytes: [UInt8]) {
        let time = clock.withLock { time in
            time += 1_000  // as coarse as the times of a share
            return time
        }
        state.withLock { $0.files[path] = (bytes, time) }
    }

    func remove(_ path: String) { state.withLock { _ = $0.files.removeValue(forKey: path) } }

    func move(_ from: String, to: String) { state.withLock { $0.files[to] = $0.files.removeValue(forKey: from) } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// Forgets what was opened and listed so far.
    func takeOpened() -> [String] {
        state.withLock { state in
            defer { state.opened = [] }
            return state.opened
        }
    }

    private func spend(_ state: inout State) throws {
        guard let left = state.operationsLeft else { return }
        guard left > 0 else { throw Self.failure("HOST_DOWN", concernsSource: true) }
        state.operationsLeft = left - 1
    }

    func list(_ folder: SourcePath, page: @Sendable ([DirectoryEntry]) async throws -> Void) async throws -> [DirectoryEntry] {
        let prefix = folder.bytes.isEmpty ? "" : folder.description + "/"
        let (entries, failure) = try state.withLock { state in
            try spend(&state)
            state.listed.append(folder.description)
            var names: [String: DirectoryEntry] = [:]
            for (path, file) in state.files where path.hasPrefix(prefix) && !state.isUnmounted {
                let rest = path.dropFirst(prefix.count)
                let name = String(rest.prefix { $0 != "/" })
                let isFolder = name.count < rest.count
                names[name] = DirectoryEntry(
                    name: Array(name.utf8), kind: isFolder ? .folder : .file, size: isFolder ? 0 : UInt64(file.bytes.count),
                    modified: isFolder ? 0 : file.modified, changed: 0)
            }
            return (names.sorted { $0.key < $1.key }.map(\.value), state.failingFolders[folder.description])
        }
        var left = entries[...]
        while left.count > 3 || (failure != nil && !left.isEmpty) {
            try await page(Array(left.prefix(3)))
            await state.withLock { $0.afterPage }?()
            left = left.dropFirst(3)
        }
        if let failure { throw failure }
        return Array(left)
    }

    func read(_ file: SourcePath, offset: UInt64, count: Int) async throws -> FileRead {
        state.withLock { state in
            let bytes = state.files[file.description]?.bytes ?? []
            return FileRead(
                bytes: Array(bytes.dropFirst(Int(offset)).prefix(count)), size: UInt64(bytes.count),
                modified: state.files[file.description]?.modified ?? 0)
        }
    }

    func readHeaders(_ requests: [HeaderRequest]) async throws -> [HeaderResult] {
        try await beforeReading()
        try Task.checkCancellation()
        return try requests.map { request in
            let path = request.path.description
            let (bytes, failure) = try state.withLock { state in
                try spend(&state)
                state.opened.append(path)
                return (state.files[path]?.bytes, state.failingFiles[path])
            }
            guard let bytes, failure == nil else {
                return HeaderResult(
                    id: request.id, outcome: .failed(failure ?? Self.failure("NOT_FOUND")), bytesRead: 0, headerEnd: 0, retries: 0)
            }
            var reader = HeaderReader(fileSize: UInt64(bytes.count))
            guard case .finished(let outcome) = bytes.withUnsafeBytes({ reader.consume($0, at: 0) }) else {
                return HeaderResult(id: request.id, outcome: .failed(Self.failure("NEEDS_MORE")), bytesRead: 0, headerEnd: 0, retries: 0)
            }
            return HeaderResult(id: request.id, outcome: .read(outcome), bytesRead: bytes.count, headerEnd: bytes.count, retries: 0)
        }
    }

    func probe(retrying: Bool) async throws { try state.withLock { try spend(&$0) } }

    func close() async {
        await beforeClosing()
        state.withLock { $0.isClosed = true }
    }
}
