internal import FileSource
internal import Ledger
internal import SourceAccess
internal import Synchronization
internal import ZipStream

/// The archive of a plan in the ledger, its files wherever they lie.
///
/// Every read tells how large the file is and when it was changed; a file that is not as it was planned ends the download.
final class PlanContent: ZipContent {
    let layout: ZipLayout
    private let plan: Plan
    private let ledger: Ledger
    private let sources: DownloadSources
    private let findings: FileFindings

    private struct State {
        /// Some pages of entries, those that were asked for last; many reads ask for the same at once.
        var pages: [Int: Task<[PlanEntry], any Error>] = [:]
        var order: [Int] = []
        /// Sources, and when they were last seen to be declared.
        var sources: [String: (source: any FileSource, time: ContinuousClock.Instant)] = [:]
    }
    private let state = Mutex(State())
    private static let page = 16
    private static let mostPages = 5
    /// So long a source is used without asking whether it is still declared.
    private static let trust = Duration.seconds(1)

    init(_ plan: Plan, ledger: Ledger, sources: DownloadSources, findings: FileFindings) {
        (self.plan, self.ledger, self.sources, self.findings) = (plan, ledger, sources, findings)
        layout = ZipLayout(
            count: plan.entryCount, directoryOffset: plan.layout.directoryOffset, directoryLength: UInt64(plan.layout.details) ?? 0)
    }

    // MARK: ZipContent

    func entries(from index: Int, count: Int) async throws -> [PlacedZipEntry] {
        try await ledger.planEntries(plan.id, from: index, count: count).map(PlacedZipEntry.init)
    }

    func index(at offset: UInt64) async throws -> Int {
        try await ledger.planEntry(plan.id, at: offset) ?? 0
    }

    func remember(crc: UInt32, of entry: PlacedZipEntry) async {
        ledger.remember(crc: crc, ofEntry: entry.index, in: plan.id)
    }

    func read(_ entry: PlacedZipEntry, offset: UInt64, count: Int) async throws -> [UInt8] {
        let planned = try await planEntry(entry.index)
        switch planned.origin {
        case .document(let number):
            return try await ledger.planDocument(plan.id, number, from: offset, count: count)
        case .file(let file):
            let path = SourcePath(bytes: file.path)
            let expected = DraftFile(sourceURL: file.sourceURL, path: path, size: planned.size, modified: file.modifiedNanoseconds)
            return try await read(expected, offset: offset, count: count)
        }
    }

    // MARK: Files

    private func read(_ file: DraftFile, offset: UInt64, count: Int) async throws -> [UInt8] {
        do {
            let read = try await source(file.sourceURL).read(file.path, offset: offset, count: count)
            if read.size == file.size, read.modified == file.modified, read.bytes.count == count { return read.bytes }
            findings.add(.differs(size: read.size, modified: read.modified), of: file)
            throw SharingError.sourceChanged
        } catch {
            try Task.checkCancellation()
            guard let failure = DraftFailure(error) else { throw error }
            if failure.isTemporary { throw SharingError.sourceUnavailable }
            // A source that is not in use now says nothing of its files.
            if failure != .gone, !failure.concernsSource { findings.add(.unreadable(remark: failure.remark), of: file) }
            throw SharingError.sourceChanged
        }
    }

    private func source(_ url: String) async throws -> any FileSource {
        let known = state.withLock { $0.sources[url] }
        if let known, ContinuousClock.now - known.time < Self.trust { return known.source }
        let source = try await sources.source(url: url)
        state.withLock { $0.sources[url] = (source, .now) }
        return source
    }

    private func planEntry(_ index: Int) async throws -> PlanEntry {
        let number = index / Self.page
        let task = state.withLock { state in
            if let known = state.pages[number] { return known }
            let task = Task { [ledger, plan] in
                try await ledger.planEntries(plan.id, from: number * Self.page, count: Self.page)
            }
            state.pages[number] = task
            state.order.append(number)
            if state.order.count > Self.mostPages { state.pages[state.order.removeFirst()] = nil }
            return task
        }
        do {
            return try await task.value.entry(index % Self.page)
        } catch {
            // The next who asks tries again.
            state.withLock { state in
                guard state.pages[number] == task else { return }
                state.pages[number] = nil
                state.order.removeAll { $0 == number }
            }
            throw error
        }
    }
}

extension [PlanEntry] {
    fileprivate func entry(_ index: Int) throws -> PlanEntry {
        guard indices.contains(index) else { throw SharingError.sourceChanged }
        return self[index]
    }
}

extension PlacedZipEntry {
    fileprivate init(_ entry: PlanEntry) {
        self.init(
            index: entry.number, entry: ZipEntry(path: entry.path, size: entry.size, modifiedUnixSeconds: entry.modifiedUnixSeconds),
            offset: entry.offset, crc: entry.crc)
    }
}
