public import Catalogue
public import Configuration
public import Ledger
public import SourceAccess

/// Shares what the catalogue has: makes shares, and delivers them as archives that can be resumed.
///
/// One for each data folder, with its owner.
public final class ShareService: Sendable {
    private let ledger: Ledger
    private let catalogue: CatalogueReaders
    private let settings: ShareConfiguration
    private let now: @Sendable () -> Double
    private let planner: DownloadPlanner
    private let plans: PlanBoard
    private let queue: DownloadQueue
    private let parts: DownloadParts
    private let examinations: Examinations

    /// - Parameter now: seconds since 1970 UTC.
    public init(
        ledger: Ledger, catalogue: CatalogueReaders, sources: DownloadSources, settings: ShareConfiguration = ShareConfiguration(),
        now: @escaping @Sendable () -> Double = wallClock
    ) {
        (self.ledger, self.catalogue, self.settings, self.now) = (ledger, catalogue, settings, now)
        let findings = FileFindings()
        planner = DownloadPlanner(
            ledger: ledger, surveyor: Surveyor(catalogue: catalogue, sources: sources, findings: findings))
        plans = PlanBoard(ledger: ledger, planner: planner, now: now)
        queue = DownloadQueue(places: settings.concurrentDownloads, longestWait: settings.queue)
        let archives = OpenArchives(readAheadBytes: settings.readAheadBytes) { plan in
            PlanContent(plan, ledger: ledger, sources: sources, findings: findings)
        }
        parts = DownloadParts(
            ledger: ledger, active: ActiveDownloads(ledger: ledger), archives: archives,
            throttle: Throttle(bytesPerSecond: settings.totalBytesPerSecond), bytesPerSecond: settings.bytesPerSecond, now: now)
        examinations = Examinations(planner: planner)
    }

    // MARK: Creators

    /// Makes a share of what the catalogue has.
    ///
    /// - Throws: ``SharingError``: unknownObject, nothingToShare, patientConflict; errors of the catalogue; `LedgerError`, as
    ///   `Ledger.createShare`.
    public func create(_ order: ShareOrder, creator: ShareCreator, by origin: AuditOrigin) async throws -> CreatedShare {
        let content = try await catalogue.read(.long) { [items = order.items] in try SharedContent(items, $0) }
        if !content.unknown.isEmpty { throw SharingError.unknownObject(content.unknown) }
        if content.summary.instances == 0 { throw SharingError.nothingToShare }
        if !content.conflicts.isEmpty, !order.confirmsConflict { throw SharingError.patientConflict(content.conflicts) }
        let items = order.items.map { Share.Item(type: $0.kind == .study ? .study : .series, uid: $0.uid) }
        let kind: Share.Kind = items.count > 1 ? .set : items.first?.type == .series ? .series : .study
        var share = NewShare(
            kind: kind, items: items, summary: content.summary,
            expiresAt: order.expiresAt ?? now() + settings.defaultExpiry / .seconds(1))
        (share.password, share.maxDownloads, share.note) = (order.password, order.maxDownloads, order.note)
        (share.policy, share.language) = (order.policy, order.language)
        share.showsPatient = order.showsPatient ?? settings.showsPatient
        share.isConflictConfirmed = !content.conflicts.isEmpty
        return try await ledger.createShare(share, creator: creator, by: origin)
    }

    /// Ends a share for good, and with it its downloads.
    ///
    /// - Throws: `LedgerError` noSuchShare.
    public func revoke(_ id: String, by origin: AuditOrigin) async throws {
        try await ledger.revokeShare(id, by: origin)
        parts.active.stop(share: id)
    }

    /// How many downloads are under way, by share; those that have none are left out.
    public var activeDownloads: [String: Int] { parts.active.counts }

    // MARK: Recipients

    /// What the recipient's page says.
    ///
    /// - Parameter isUnlocked: whether the recipient was let in, or needs no password.
    /// - Throws: errors of the catalogue; `CancellationError`.
    public func offer(of share: Share, isUnlocked: Bool) async throws -> ShareOffer {
        var offer = ShareOffer(share: share, downloadsLeft: share.maxDownloads.map { max(0, $0 - share.downloadCount) })
        guard isUnlocked else { return offer }
        if share.showsPatient {
            offer.studies = try await catalogue.read { [items = share.contents] in try ShareOffer.studies(of: items, $0) }
        }
        if share.policy == .manifest { offer.missingInstances = await examinations.missing(of: share) }
        return offer
    }

    /// Finds out what a request is answered with; nothing is counted before its bytes are written.
    ///
    /// Waits for its turn where too many downloads run. Whatever can be refused is refused here, before a header is sent.
    ///
    /// - Throws: ``SharingError``; `LedgerError`; errors of the catalogue; `CancellationError`.
    public func download(_ request: DownloadRequest) async throws -> PreparedDownload {
        let recipient = "\(request.share.id) \(request.grant.id)"
        let place = request.isHead ? nil : try await queue.place(for: recipient, retryAfter: parts.active.retryAfter)
        // It may have ended while the request waited.
        let share = try await currentShare(request.share.id)
        let answer = try await plans.answer(
            share, request.grant, range: request.isHead ? nil : request.range.flatMap(ByteRange.init(header:)), ifRange: request.ifRange)
        if request.isHead { try await ledger.setLastPlan(answer.plan.id, of: request.grant) }
        return PreparedDownload(answer, parts: parts, visitor: request.visitor, place: place)
    }

    private func currentShare(_ id: String) async throws -> Share {
        do {
            return try await ledger.share(id: id)
        } catch let error as LedgerError where error.code == .noSuchShare {
            throw SharingError.shareEnded
        }
    }

    /// Forgets plans that cannot be resumed any more; to be called from time to time.
    ///
    /// - Throws: `LedgerError`.
    public func removeOldPlans() async throws { _ = try await ledger.removeOldPlans() }

    /// Cuts every download.
    public func close() { parts.active.stop(share: nil) }
}
