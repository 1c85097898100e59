import DICOM

/// What ``SMBSource/test()`` found out.
public struct SMBReport: Hashable, Sendable, Codable {
    /// Whether anything answers on the host's port; nil where a check was not come to.
    public var isReachable: Bool?
    /// Whether the server accepts the user name and password.
    public var areCredentialsAccepted: Bool?
    /// Whether there is a share of this name, and a folder of this path that can be listed.
    public var isShareFound: Bool?
    public var isPathReadable: Bool?
    /// What went wrong, when something did: `error_type`, code, message, suggestion.
    public var errorType: String?
    public var errorCode: String?
    public var message: String?
    public var suggestion: String?
    /// One request's way to the server and back, in milliseconds.
    public var roundTripMilliseconds: Double?
    /// Measured over a small part of the share.
    public var entriesPerSecond: Double?
    public var headersPerSecond: Double?
    public var bytesPerSecond: Double?
    /// Files that were read for it, and those among them that are not DICOM; named so that its key can be read as it is written.
    public var sampledFiles = 0
    public var sampledNotDicom = 0
    /// Workers that were used for measuring.
    public var workers = 0
    /// The newest dialect that server and configuration have in common.
    public var dialect: String?
    public var isEncrypted: Bool?
    /// Whether the server would encrypt if asked.
    public var canEncrypt: Bool?

    public init() {}

    /// Whether the source can be indexed.
    public var isUsable: Bool { isPathReadable == true }

    mutating func set(_ error: SourceError) {
        (errorType, errorCode) = (error.type.rawValue, error.code)
        (message, suggestion) = (error.message, error.suggestion)
    }
}

extension SMBSource {
    /// Where the worker program is.
    ///
    /// - Throws: ``SourceError`` (`WORKER_MISSING`).
    public static func workerProgram() throws(SourceError) -> String { try WorkerProcess.find(nil) }

    /// How long each of the two measurements may take.
    private static let measuring = Duration.seconds(2)

    /// Tries everything that indexing needs, from the network up, and measures it on a small part of the share. A wrong password is tried once.
    /// - Throws: only `CancellationError`; what is wrong with the source is in the report.
    public func test() async throws -> SMBReport {
        var report = SMBReport()
        do {
            try await reach()
            report.isReachable = true
            try await probe(retrying: false)
            report.areCredentialsAccepted = true
            report.isShareFound = true
            report.isPathReadable = true
        } catch let error as SourceError {
            report.note(error)
            return report
        }
        let metrics = metrics
        if metrics.roundTripMicroseconds > 0 { report.roundTripMilliseconds = metrics.roundTripMicroseconds / 1000 }
        let files = try await measureListing(&report)
        try await measureHeaders(files, &report)
        report.workers = threads.limit
        try await lookAtProtocol(&report)
        return report
    }

    private func reach() async throws {
        let asking = BlockingThreads(limit: 1) { PlainThread() }
        defer { Task { await asking.close(waiting: false) } }
        let options = options
        try await asking.run { _, _ in try Reach.check(options.host, options.port, timeout: options.timeout) }
    }

    /// Lists folders, the nearest first, until there are enough files to read or the time is over.
    private func measureListing(_ report: inout SMBReport) async throws -> [HeaderRequest] {
        let start = ContinuousClock.now
        var (folders, files, entries): ([SourcePath], [HeaderRequest], Int) = ([.root], [], 0)
        while !folders.isEmpty, files.count < 2000, start.duration(to: .now) < SMBSource.measuring {
            let group = folders.prefix(threads.limit)
            folders.removeFirst(group.count)
            let listings = await withTaskGroup(of: (SourcePath, [DirectoryEntry]).self) { tasks in
                for folder in group {
                    tasks.addTask {
                        let pages = Monitor([DirectoryEntry]())
                        // A folder that cannot be listed is no obstacle for the others.
                        if let last = try? await self.list(folder, page: { page in pages.with { $0 += page } }) {
                            pages.with { $0 += last }
                        }
                        return (folder, pages.with { $0 })
                    }
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            try Task.checkCancellation()
            for (folder, listing) in listings {
                entries += listing.count
                for entry in listing {
                    let path = folder.appending(entry.name)
                    switch entry.kind {
                    case .folder: folders.append(path)
                    case .file: files.append(HeaderRequest(id: Int64(files.count), path: path, size: entry.size, firstRead: 8192))
                    case .other: break
                    }
                }
            }
        }
        report.entriesPerSecond = Double(entries) / max(1e-6, start.duration(to: .now) / .seconds(1))
        return files
    }

    private func measureHeaders(_ files: [HeaderRequest], _ report: inout SMBReport) async throws {
        guard !files.isEmpty else { return }
        let (start, bytesBefore) = (ContinuousClock.now, metrics.bytes)
        var left = files.prefix(2000)
        while !left.isEmpty, start.duration(to: .now) < SMBSource.measuring {
            let workers = threads.limit
            let share = min(16, max(1, left.count / workers))
            let batches = (0..<workers).map { left.dropFirst($0 * share).prefix(share) }.filter { !$0.isEmpty }
            left = left.dropFirst(workers * share)
            let results = try await withThrowingTaskGroup(of: [HeaderResult].self) { tasks in
                for batch in batches { tasks.addTask { try await self.readHeaders(Array(batch)) } }
                return try await tasks.reduce(into: []) { $0 += $1 }
            }
            report.sampledFiles += results.count
            for result in results {
                if case .read(.notDICOM) = result.outcome { report.sampledNotDicom += 1 }
            }
        }
        let seconds = max(1e-6, start.duration(to: .now) / .seconds(1))
        report.headersPerSecond = Double(report.sampledFiles) / seconds
        report.bytesPerSecond = Double(metrics.bytes - bytesBefore) / seconds
    }

    /// libsmbclient does not say what it agreed on: found out by insisting. The login is known to work.
    private func lookAtProtocol(_ report: inout SMBReport) async throws {
        for dialect in SMBOptions.Dialect.allCases.reversed()
        where dialect.order >= options.minimumDialect.order && dialect.order <= options.maximumDialect.order {
            var insisting = options
            (insisting.minimumDialect, insisting.maximumDialect) = (dialect, dialect)
            if try await works(insisting) {
                report.dialect = dialect.rawValue
                break
            }
        }
        var insisting = options
        insisting.encryption = .required
        report.canEncrypt = try await works(insisting)
        report.isEncrypted = metrics.isEncrypted
    }

    private func works(_ options: SMBOptions) async throws -> Bool {
        var options = options
        options.maxWorkers = .fixed(1)
        let source = try SMBSource(options)
        let result = await source.opens()
        await source.close()
        try Task.checkCancellation()
        return result
    }

    private func opens() async -> Bool {
        (try? await perform(.reading, attempts: 0) { worker, cancellation in try worker.stat(.root, cancellation) }) != nil
    }
}

/// A thread that keeps nothing.
private final class PlainThread: ThreadContext {
    var waker: Waker? { nil }
    func end() {}
}

extension SMBReport {
    /// Which checks an error means to have passed: the login comes before the share, and the share before the path.
    fileprivate mutating func note(_ error: SourceError) {
        set(error)
        if isReachable == nil {
            isReachable = false
            return
        }
        switch error.code {
        case "ACCESS_REFUSED": areCredentialsAccepted = false
        case "SHARE_NOT_FOUND": (areCredentialsAccepted, isShareFound) = (true, false)
        case "PATH_NOT_FOUND", "ROOT_NOT_READABLE", "NOT_A_FOLDER":
            (areCredentialsAccepted, isShareFound, isPathReadable) = (true, true, false)
        default: break
        }
    }
}
