internal import Catalogue
internal import FileSource
internal import Ledger
internal import ZipStream

/// Makes plans of downloads: what goes into the archive, from where, and at which offset.
struct DownloadPlanner: Sendable {
    let ledger: Ledger
    let surveyor: Surveyor

    private static let entriesAtOnce = 1_000
    /// So often instances are placed anew when files turn out to be others than listed, as those do that somebody is writing.
    private static let mostRounds = 8

    /// Plans the archive of a share out of what is there now.
    ///
    /// - Throws: ``SharingError``: incomplete, withheld, sourceUnavailable; errors of the catalogue, of the temporary database, `CancellationError`.
    func plan(_ share: Share) async throws -> ArchivePlan {
        let survey = try await surveyor.survey(share.contents)
        // Found since the share was made: whoever made it did not know.
        if !share.isConflictConfirmed, survey.studies.contains(where: \.study.hasPatientConflict) { throw SharingError.withheld }
        for _ in 0..<Self.mostRounds {
            let totals = try await survey.draft.place()
            try Self.check(totals, unknown: survey.unknown.count, policy: share.policy)
            let documents = ArchiveDocuments(survey: survey, sources: surveyor.sources)
            let findings = try await documents.make(language: share.language?.rawValue)
            if findings.isEmpty { return try await ArchivePlan(survey, totals: totals) }
            for (file, finding) in findings {
                surveyor.findings.add(finding, of: file)
                try await survey.draft.apply(finding, to: file)
            }
        }
        throw SharingError.sourceUnavailable
    }

    /// How much of a share is missing now; nothing is refused.
    ///
    /// - Throws: as ``plan(_:)``.
    func missing(of share: Share) async throws -> Int {
        let survey = try await surveyor.survey(share.contents)
        return try await survey.draft.place().missing + survey.unknown.count
    }

    /// What may come back by itself is waited for; what is gone is named, or refused, as the share says.
    private static func check(_ totals: DraftTotals, unknown: Int, policy: Share.Policy) throws {
        if totals.unavailable > 0 { throw SharingError.sourceUnavailable }
        let missing = totals.missing + unknown
        if totals.included == 0 || (missing > 0 && policy == .strict) { throw SharingError.incomplete(missing: max(missing, 1)) }
    }

    /// Freezes a plan in the ledger.
    ///
    /// - Throws: `LedgerError`; errors of the temporary database, `CancellationError`.
    func keep(_ archive: ArchivePlan, for grant: ShareGrant) async throws -> Plan {
        let plan = try await ledger.createPlan(for: grant)
        let draft = archive.survey.draft
        for (number, document) in archive.documents.enumerated() {
            for piece in 0..<document.pieces {
                try await ledger.append(try await draft.piece(piece, ofDocument: document.name), toDocument: number, of: plan)
            }
        }
        var entries = PlannedEntries(archive)
        var batch: [PlanEntry] = []
        while case let page = try await entries.next(), !page.isEmpty {
            batch += page.map(PlanEntry.init)
            if batch.count >= Self.entriesAtOnce {
                try await ledger.addEntries(batch, to: plan)
                batch.removeAll(keepingCapacity: true)
            }
        }
        if !batch.isEmpty { try await ledger.addEntries(batch, to: plan) }
        return try await ledger.freezePlan(
            plan,
            PlanLayout(
                etag: archive.etag, length: archive.layout.length, directoryOffset: archive.layout.directoryOffset,
                lastModifiedUnixSeconds: archive.lastModifiedUnixSeconds, fileName: "DICOM-\(grant.shareID).zip", missing: archive.missing,
                details: String(archive.layout.directoryLength)))
    }
}

extension Share {
    /// In the catalogue's terms.
    var contents: [ContentItem] { items.map { ContentItem($0.type == .study ? .study : .series, uid: $0.uid) } }
}

extension PlanEntry {
    fileprivate init(_ planned: PlannedEntry) {
        let origin: Origin =
            switch planned.origin {
            case .document(let number): .document(number)
            case .file(let file):
                .file(PlanFile(sourceURL: file.sourceURL, path: file.path.bytes, modifiedNanoseconds: file.modified))
            }
        self.init(
            number: planned.number, path: planned.entry.path, size: planned.entry.size,
            modifiedUnixSeconds: planned.entry.modifiedUnixSeconds, offset: planned.offset, origin: origin,
            sopInstanceUID: planned.sopInstanceUID)
    }
}
