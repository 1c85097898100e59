import DICOM
import Glibc
import SMBWire

/// A folder of this machine: a disk, or something mounted.
///
/// Symbolic links are not followed; they are listed as ``DirectoryEntry/Kind/other``, as are FIFOs, sockets and devices, and none of these is ever opened.
/// The work is done by a few threads of its own. A thread that waits for a dead mount cannot be interrupted; its task can, and is, when cancelled.
public final class LocalFileSource: FileSource {
    private let root: LocalRoot
    private let threads: BlockingThreads<LocalContext>
    private let retryAttempts: Int
    private let retryDelay: Duration
    private let pageSize: Int

    /// - Parameters:
    ///   - path: the folder; may be a symbolic link itself.
    ///   - threads: how many operations to do at a time; by default twice as many as there are processors.
    ///   - retryAttempts: how often to try again after a temporary error.
    ///   - retryDelay: how long to wait before the first of them; doubled for each further one.
    ///   - pageSize: entries in a page of a listing.
    public init(
        path: String, threads: Int? = nil, retryAttempts: Int = 3, retryDelay: Duration = .seconds(1), pageSize: Int = 1000
    ) {
        root = LocalRoot(path: path)
        let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        self.threads = BlockingThreads(limit: threads ?? min(16, 2 * processors)) { LocalContext() }
        (self.retryAttempts, self.retryDelay, self.pageSize) = (retryAttempts, retryDelay, max(1, pageSize))
    }

    public var concurrency: Int { threads.limit + 2 }

    public func list(_ folder: SourcePath, page: @Sendable ([DirectoryEntry]) async throws -> Void) async throws -> [DirectoryEntry] {
        let components = try folder.components()
        let relay = PageRelay()
        defer { relay.finish() }
        async let last = listing(components, relay)
        while let entries = await relay.next() { try await page(entries) }
        return try await last
    }

    private func listing(_ components: [[UInt8]], _ relay: PageRelay) async throws -> [DirectoryEntry] {
        defer { relay.finish() }
        return try await threads.run { [root, pageSize] _, cancellation in
            do {
                return try LocalListing.run(components, root: root, pageSize: pageSize, relay: relay, cancellation: cancellation)
            } catch let error as PosixError {
                throw LocalFileSource.error(error, .listing, root: root)
            }
        }
    }

    public func read(_ file: SourcePath, offset: UInt64, count: Int) async throws -> FileRead {
        let components = try file.components()
        guard let name = components.last else { throw ErrorRow.error(EISDIR, .reading, in: ErrorRow.local) }
        var round = 0
        while true {
            do {
                return try await threads.run { [root] context, _ in
                    do {
                        return try context.read(name, in: try root.folder(components.dropLast()), offset: offset, count: count)
                    } catch let error as PosixError {
                        throw LocalFileSource.error(error, .reading, root: root)
                    }
                }
            } catch let error as SourceError where error.isRetryable && !error.concernsSource && round < retryAttempts {
                try await Backoff.wait(retryDelay, attempt: round)
                round += 1
            }
        }
    }

    public func readHeaders(_ requests: [HeaderRequest]) async throws -> [HeaderResult] {
        var results: [HeaderResult] = []
        results.reserveCapacity(requests.count)
        var (left, round) = (requests, 0)
        while true {
            let (batch, retries) = (left, round)
            let answers = try await threads.run { [root] context, cancellation in
                context.headers(batch, root: root, retries: retries, cancellation: cancellation)
            }
            var again: [HeaderRequest] = []
            for (request, answer) in zip(batch, answers) {
                if case .failed(let error) = answer.outcome {
                    if error.concernsSource { throw error }
                    if error.isRetryable, round < retryAttempts {
                        again.append(request)
                        continue
                    }
                }
                results.append(answer)
            }
            if again.isEmpty { return results }
            try await Backoff.wait(retryDelay, attempt: round)
            (left, round) = (again, round + 1)
        }
    }

    public func probe(retrying: Bool) async throws {
        try await threads.run { [root, pageSize] _, cancellation in
            let relay = PageRelay()
            relay.finish()
            do {
                _ = try LocalListing.run([], root: root, pageSize: pageSize, relay: relay, cancellation: cancellation)
            } catch let error as PosixError {
                throw LocalFileSource.rootError(error)
            } catch is CancellationError {
                // The first page was enough.
            }
        }
    }

    public func close() async { await threads.close(waiting: false) }

    /// An error on the way: of the whole source when its root cannot be listed either. Blocks.
    fileprivate static func error(_ error: PosixError, _ situation: ErrorRow.Situation, root: LocalRoot) -> SourceError {
        do {
            try root.check()
            return ErrorRow.error(error.code, situation, in: ErrorRow.local)
        } catch {
            return rootError(error)
        }
    }

    private static func rootError(_ error: PosixError) -> SourceError {
        switch error.code {
        case ENOENT, ENOTDIR:
            return SourceError(
                type: .fileSystem, code: "PATH_NOT_FOUND", message: "The source's folder is not there",
                suggestion: "Check the path, and that what it is on is mounted.", isRetryable: false, concernsSource: true)
        case EACCES, EPERM:
            return .rootNotReadable
        default:
            var error = ErrorRow.error(error.code, .listing, in: ErrorRow.local)
            error.concernsSource = true
            return error
        }
    }
}

/// What a thread of a local source keeps: a buffer, and whether it may leave access times alone.
final class LocalContext: ThreadContext {
    var waker: Waker? { nil }
    private let buffer = ReadBuffer()
    private var noAccessTime: Int32 = 0o1000000  // O_NOATIME

    func end() {}

    func read(_ name: [UInt8], in folder: borrowing Descriptor, offset: UInt64, count: Int) throws(PosixError) -> FileRead {
        var status = stat()
        let file = try open(name, in: folder, &status)
        let part = buffer.first(min(max(count, 0), 64 << 20))
        let done = try LocalContext.fill(part, from: file, offset: offset)
        return FileRead(bytes: Array(part[..<done]), size: UInt64(max(0, status.st_size)), modified: status.st_mtim.nanosecondsSince1970)
    }

    /// Reads the headers of a batch; files of one folder that follow each other are found through one descriptor.
    func headers(_ requests: [HeaderRequest], root: LocalRoot, retries: Int, cancellation: Cancellation) -> [HeaderResult] {
        var results: [HeaderResult] = []
        results.reserveCapacity(requests.count)
        var folder: LocalFolderCache = .init()
        var isOver = false
        for request in requests {
            // A mount that is gone may take long to say so, for each file anew.
            if cancellation.isCancelled || isOver { break }
            var scan = HeaderScan(fileSize: request.size)
            let outcome: HeaderResult.Outcome
            do {
                outcome = .read(try header(request, root: root, folder: &folder, scan: &scan))
            } catch let error as PosixError {
                let failure = LocalFileSource.error(error, .reading, root: root)
                isOver = failure.concernsSource
                outcome = .failed(failure)
            } catch let error as SourceError {
                outcome = .failed(error)
            } catch {
                outcome = .failed(.invalidPath)
            }
            results.append(
                HeaderResult(
                    id: request.id, outcome: outcome, bytesRead: scan.bytesRead, headerEnd: scan.headerEnd, retries: retries))
        }
        return results
    }

    private func header(
        _ request: HeaderRequest, root: LocalRoot, folder: inout LocalFolderCache, scan: inout HeaderScan
    ) throws -> HeaderOutcome {
        if request.size == 0 { return .notDICOM(reason: "empty file") }
        let (path, name) = request.path.split
        try folder.move(to: path, root: root)
        let file = try folder.open(name, with: self)
        return try scan.run(firstRead: request.firstRead, buffer: buffer) { offset, part throws(PosixError) in
            try LocalContext.fill(part, from: file, offset: offset)
        }
    }

    /// Opens an ordinary file. `O_NONBLOCK`: should it have become a FIFO since it was listed, opening must not wait for a writer.
    func open(_ name: [UInt8], in folder: borrowing Descriptor) throws(PosixError) -> Descriptor {
        var status = stat()
        return try open(name, in: folder, &status)
    }

    /// - Parameter status: gets what the open file is.
    private func open(_ name: [UInt8], in folder: borrowing Descriptor, _ status: inout stat) throws(PosixError) -> Descriptor {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file: Descriptor
        do throws(PosixError) {
            file = try LocalRoot.open(name, in: folder, flags | noAccessTime)
        } catch  where error.code == EPERM && noAccessTime != 0 {
            // Only a file's owner may leave its access time alone.
            noAccessTime = 0
            file = try LocalRoot.open(name, in: folder, flags)
        }
        guard fstat(file.number, &status) == 0 else { throw .last }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return file
        case S_IFDIR: throw PosixError(code: EISDIR)
        default: throw PosixError(code: ENXIO)
        }
    }

    /// Reads until the buffer is full or the file ends.
    private static func fill(
        _ part: UnsafeMutableRawBufferPointer, from file: borrowing Descriptor, offset: UInt64
    ) throws(PosixError) -> Int {
        var done = 0
        while done < part.count {
            let got = pread(file.number, part.baseAddress?.advanced(by: done), part.count - done, off_t(clamping: offset) + done)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .last }
            if got == 0 { break }
            done += got
        }
        return done
    }
}

/// The folder of the file that was read last, kept open for the next.
struct LocalFolderCache: ~Copyable {
    private var path: SourcePath?
    private var descriptor = Descriptor(-1)

    mutating func move(to folder: SourcePath, root: LocalRoot) throws {
        if path == folder { return }
        path = nil
        descriptor = try root.folder(try folder.components()[...])
        path = folder
    }

    func open(_ name: [UInt8], with context: LocalContext) throws -> Descriptor {
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8), !name.contains(0) else { throw SourceError.invalidPath }
        return try context.open(name, in: descriptor)
    }
}
