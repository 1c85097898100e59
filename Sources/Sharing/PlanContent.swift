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

    /// Some pages of entries, those that were asked for last.
    private struct Pages {
        var pages: [Int: [PlanEntry]] = [:]
        var order: [Int] = []
    }
    private let cache = Mutex(Pages())
    private static let page = 64
    private static let mostPages = 4

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
            let read = try await sources.source(url: file.sourceURL).read(file.path, offset: offset, count: count)
            if read.size == file.size, read.modified == file.modified, read.bytes.count == count { return read.bytes }
            findings.add(.differs(size: read.size, modified: read.modified), of: file)
            throw SharingError.sourceChanged
        } catch {
            try Task.checkCancellation()
            guard let failure = DraftFailure(error) else { throw error }
            if failure.isTemporary { throw SharingError.sourceUnavailable }
            if failure != .gone { findings.add(.unreadable(remark: failure.remark), of: file) }
            throw SharingError.sourceChanged
        }
    }

    private func planEntry(_ index: Int) async throws -> PlanEntry {
        let number = index / Self.page
        if let known = cache.withLock({ $0.pages[number] }) { return try known.entry(index % Self.page) }
        let page = try await ledger.planEntries(plan.id, from: number * Self.page, count: Self.page)
        cache.withLock { cache in
            if cache.pages.updateValue(page, forKey: number) == nil { cache.order.append(number) }
            if cache.order.count > Self.mostPages { cache.pages[cache.order.removeFirst()] = nil }
        }
        return try page.entry(index % Self.page)
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
