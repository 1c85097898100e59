internal import Catalogue
internal import FileSource
internal import SourceAccess
internal import Synchronization

/// What is to be given away, and what there is of it.
struct Survey: Sendable {
    var draft: Draft
    /// In the order of the archive.
    var studies: [StudyContents]
    /// Items that the catalogue does not have any more.
    var unknown: [ContentItem]
}

/// Finds out what there is of what is to be given away: instances from the catalogue, files' sizes and times from listing their folders.
struct Surveyor: Sendable {
    let catalogue: CatalogueReaders
    let sources: DownloadSources
    let findings: FileFindings

    private static let instancesPage = 500
    private static let foldersPage = 64
    private static let foldersAtOnce = 8

    /// - Throws: `CatalogueError`, `SQLiteError`, `CancellationError`. That a folder cannot be listed is part of the result.
    func survey(_ items: [ContentItem]) async throws -> Survey {
        let picked = try await catalogue.read { try $0.pickedStudies(items) }
        var survey = Survey(draft: try Draft(), studies: [], unknown: picked.unknown)
        for study in picked.studies {
            let contents = try await catalogue.read { try $0.contents(of: study) }
            guard let contents else { continue }
            survey.studies.append(contents)
            for (index, series) in contents.series.enumerated() {
                guard let id = series.rowIDs.series else { continue }
                try await addInstances(ofSeries: id, study: survey.studies.count, series: index + 1, to: survey.draft)
            }
        }
        try await listFolders(of: survey.draft)
        for (file, finding) in findings.all { try await survey.draft.apply(finding, to: file) }
        return survey
    }

    private func addInstances(ofSeries id: Int64, study: Int, series: Int, to draft: Draft) async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let page = try await catalogue.read { try $0.storedInstances(ofSeries: id, after: after, limit: Self.instancesPage) }
            try await draft.add(page, study: study, series: series)
            guard page.count == Self.instancesPage, let end = page.last else { return }
            last = end.id
        }
    }

    private func listFolders(of draft: Draft) async throws {
        let listing = FolderListing(sources: sources, draft: draft)
        var last: Int64 = 0
        while true {
            let folders = try await draft.folders(after: last, limit: Self.foldersPage)
            guard let end = folders.last else { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, folder) in folders.enumerated() {
                    if number >= Self.foldersAtOnce { try await group.next() }
                    group.addTask { try await listing.list(folder) }
                }
                try await group.waitForAll()
            }
            last = end.id
        }
    }
}

/// Lists folders of a draft; of a source that failed as a whole no other folder is tried.
private final class FolderListing: Sendable {
    private let sources: DownloadSources
    private let draft: Draft
    private let failures = Mutex<[String: DraftFailure]>([:])

    init(sources: DownloadSources, draft: Draft) { (self.sources, self.draft) = (sources, draft) }

    func list(_ folder: DraftFolder) async throws {
        if let failure = failures.withLock({ $0[folder.sourceURL] }) { return try await draft.note(failure, in: folder) }
        do {
            let source = try await sources.source(url: folder.sourceURL)
            let last = try await source.list(folder.path) { [draft] page in try await draft.note(page, in: folder) }
            try await draft.note(last, in: folder)
        } catch {
            try Task.checkCancellation()
            guard let failure = DraftFailure(error) else { throw error }
            if failure.concernsSource { failures.withLock { $0[folder.sourceURL] = failure } }
            try await draft.note(failure, in: folder)
        }
    }
}

extension DraftFailure {
    /// - Returns: nil for an error that is no source's.
    init?(_ error: any Error) {
        switch error {
        case let refusal as SourceRefusal:
            let isTemporary = refusal.reason != .unknown && refusal.reason != .disabled
            self.init(
                remark: isTemporary ? "The storage cannot be reached." : "The storage is no longer in use.", isTemporary: isTemporary,
                concernsSource: true)
        case let error as SourceError where error.concernsSource || error.isRetryable:
            self.init(
                remark: "The storage cannot be reached (\(error.code)).", isTemporary: true, concernsSource: error.concernsSource)
        case let error as SourceError where error.code == "NOT_FOUND":
            self = .gone
        case let error as SourceError:
            self.init(remark: "The file cannot be read (\(error.code)).", isTemporary: false, concernsSource: false)
        default:
            return nil
        }
    }
}
