internal import Catalogue
internal import DICOM
internal import FileSource

/// One stretch of work on a job's folders and files: keeps as many operations under way as the source is worth, until nothing is left.
///
/// Order (architecture, decision 2): folders and the first file of every folder take turns; the other files follow when all folders are listed.
struct Shift {
    let job: Int64
    let source: any FileSource
    let catalogue: CatalogueWriter
    let filter: NameFilter
    let now: @Sendable () -> Double

    private var folders: [FolderTask] = []
    private var files: [FileTask] = []
    private var listing = 0
    private var reading = 0
    /// Whether no folder is left to list anywhere.
    private var isReading = false
    /// Whether the catalogue may have folders, or files, that were not fetched. It is asked again only after something that can change the answer.
    private var mayHaveFolders = true
    private var mayHaveFiles = true
    private var listedSinceFetch = 0
    /// Files per second of one operation; sets how many files it is given.
    private var pace = 200.0

    /// An operation is to take about this long, so that a pause finds it soon at its end.
    private static let portionSeconds = 0.08
    /// So many folders' first files are read together while others are listed.
    private static let firstFiles = 8
    /// So many tasks are fetched at a time.
    private static let fetch = 2_000
    /// First read of a file's header when nothing is known of its folder. Measured in smb.md: more costs bandwidth, less a second request.
    private static let firstRead = 8_192
    private static let largestFirstRead = 65_536

    init(job: Int64, source: any FileSource, catalogue: CatalogueWriter, filter: NameFilter, now: @escaping @Sendable () -> Double) {
        (self.job, self.source, self.catalogue, self.filter, self.now) = (job, source, catalogue, filter, now)
    }

    private enum Outcome: Sendable {
        case listed
        case read(files: Int, seconds: Double, hadFirst: Bool)
        case failed(any Error)

        var wasListing: Bool {
            if case .listed = self { true } else { false }
        }
    }

    /// Works until nothing is left.
    ///
    /// - Throws: `CancellationError`; what stops the source or the catalogue as a whole.
    mutating func work(entering enter: @Sendable (JobStage) async -> Void) async throws {
        defer { (folders, files) = ([], []) }
        do {
            try await withThrowingTaskGroup(of: (isListing: Bool, outcome: Outcome).self) { group in
                while true {
                    try Task.checkCancellation()
                    try await fetchWork()
                    // The last folder of a fetch may have others in it: only what the catalogue was asked for tells that none is left.
                    if !isReading, listing == 0, folders.isEmpty, !mayHaveFolders {
                        isReading = true
                        await enter(.reading)
                    }
                    while listing + reading < source.concurrency, let task = next() { add(task, to: &group) }
                    guard let done = try await group.next() else { break }
                    if done.isListing { listing -= 1 } else { reading -= 1 }
                    switch done.outcome {
                    case .listed:
                        (mayHaveFolders, mayHaveFiles) = (true, true)
                        listedSinceFetch += 1
                    case .read(let portion, let seconds, let hadFirst):
                        learn(files: portion, seconds: seconds)
                        // A first file that was no instance has another put in its place.
                        if hadFirst { mayHaveFiles = true }
                    case .failed(let error): throw error
                    }
                }
            }
        } catch {
            await catalogue.giveBack(job, folders: folders, files: files)
            throw error
        }
    }

    private mutating func fetchWork() async throws {
        if folders.isEmpty, mayHaveFolders {
            folders = try await catalogue.takeFolders(job, limit: Self.fetch).reversed()
            mayHaveFolders = false
        }
        guard files.count < Self.fetch / 4, mayHaveFiles, folders.isEmpty || listedSinceFetch >= Self.firstFiles else { return }
        listedSinceFetch = 0
        let mayGoDeeper = folders.isEmpty && listing == 0
        let more = try await catalogue.takeFiles(job, limit: Self.fetch, mayGoDeeper: mayGoDeeper)
        files = more.reversed() + files
        mayHaveFiles = more.count == Self.fetch
    }

    private enum Portion: Sendable {
        case list(FolderTask)
        case read([FileTask])
    }

    /// The next operation: listing and reading take turns while both have work.
    private mutating func next() -> Portion? {
        if let folder = folders.last, files.count < Self.firstFiles || listing <= reading {
            folders.removeLast()
            return .list(folder)
        }
        guard !files.isEmpty else { return nil }
        // Never so many that the other operations would have none.
        let fair = folders.isEmpty ? files.count / max(1, source.concurrency) : Self.firstFiles
        let count = max(1, min(Int(pace * Self.portionSeconds), fair, 512))
        let portion = Array(files.suffix(count).reversed())
        files.removeLast(portion.count)
        return .read(portion)
    }

    private mutating func add(_ task: Portion, to group: inout ThrowingTaskGroup<(isListing: Bool, outcome: Outcome), any Error>) {
        let operation = Operation(job: job, source: source, catalogue: catalogue, filter: filter, now: now)
        switch task {
        case .list(let folder):
            listing += 1
            group.addTask {
                do {
                    try await operation.list(folder)
                    return (true, .listed)
                } catch {
                    return (true, .failed(error))
                }
            }
        case .read(let portion):
            reading += 1
            group.addTask {
                let began = ContinuousClock.now
                do {
                    try await operation.read(portion)
                    let seconds = (ContinuousClock.now - began).seconds
                    return (false, .read(files: portion.count, seconds: seconds, hadFirst: portion.contains { $0.level == 0 }))
                } catch {
                    return (false, .failed(error))
                }
            }
        }
    }

    private mutating func learn(files: Int, seconds: Double) {
        pace += (Double(files) / max(seconds, 0.000_1) - pace) * 0.2
    }

    /// How much of a file to read first: what headers in its folder needed so far, in steps of 4 KiB.
    static func firstRead(headerEnd: Int) -> Int {
        guard headerEnd > firstRead else { return firstRead }
        return min(largestFirstRead, (headerEnd + 4_095) / 4_096 * 4_096)
    }
}

/// One operation on the source, with its result brought home.
private struct Operation: Sendable {
    let job: Int64
    let source: any FileSource
    let catalogue: CatalogueWriter
    let filter: NameFilter
    let now: @Sendable () -> Double

    func list(_ folder: FolderTask) async throws {
        do {
            let last = try await source.list(SourcePath(bytes: folder.path)) { page in
                try await catalogue.add(page.map(entry), of: folder.id, to: job)
            }
            try await catalogue.finishListing(job, folder: folder.id, lastPage: last.map(entry))
        } catch let error as SourceError where !error.concernsSource {
            try await catalogue.failListing(job, folder: folder.id, error: report(error, path: folder.path, retries: 0))
        } catch {
            await catalogue.abandonListing(job, folder: folder.id)
            throw error
        }
    }

    private func entry(_ entry: DirectoryEntry) -> ListedEntry {
        let kind: ListedEntry.Kind
        switch entry.kind {
        case .folder: kind = filter.accepts(folder: entry.name) ? .folder : .ruledOutFolder
        case .file: kind = filter.accepts(file: entry.name) ? .candidate : .ruledOut
        case .other: kind = .other
        }
        return ListedEntry(name: entry.name, kind: kind, size: entry.size, modified: entry.modified, changed: entry.changed)
    }

    func read(_ tasks: [FileTask]) async throws {
        let requests = tasks.map { task in
            HeaderRequest(
                id: task.id, path: SourcePath(bytes: task.path), size: task.size, firstRead: Shift.firstRead(headerEnd: task.headerEnd))
        }
        do {
            let results = try await source.readHeaders(requests)
            let byID = Dictionary(results.map { ($0.id, $0) }) { first, _ in first }
            let readings = tasks.compactMap { task in byID[task.id].map { reading(task, $0) } }
            try await catalogue.record(job, readings)
            if readings.count < tasks.count { await catalogue.giveBack(job, files: tasks.filter { byID[$0.id] == nil }) }
        } catch {
            await catalogue.giveBack(job, files: tasks)
            throw error
        }
    }

    private func reading(_ task: FileTask, _ result: HeaderResult) -> FileReading {
        let finding: FileReading.Finding =
            switch result.outcome {
            case .read(.instance(let header)): .instance(header)
            case .read(.directory): .directory
            case .read(.notDICOM): .notDICOM
            case .failed(let error): .failed(report(error, path: task.path, retries: result.retries))
            }
        return FileReading(task: task, finding: finding, bytesRead: result.bytesRead, headerEnd: result.headerEnd)
    }

    private func report(_ error: SourceError, path: [UInt8], retries: Int) -> ErrorRecord {
        ErrorRecord(
            time: now(), type: error.type.rawValue, code: error.code, message: error.message, suggestion: error.suggestion,
            path: String(decoding: path, as: UTF8.self), retryCount: retries)
    }
}
