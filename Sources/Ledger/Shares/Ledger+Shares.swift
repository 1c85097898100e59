/// Shares, as their creators have them.
extension Ledger {
    /// Makes a share.
    ///
    /// - Throws: ``LedgerError``: badShare, expiryInPast, expiryTooLate, sharePasswordWeak, sharePasswordMissing, busy.
    public func createShare(_ share: NewShare, creator: ShareCreator, by origin: AuditOrigin) async throws -> CreatedShare {
        throw LedgerError.unwritten
    }

    /// - Throws: ``LedgerError`` noSuchShare.
    public func share(id: String) async throws -> Share { throw LedgerError.unwritten }

    /// Whose link it is, in whatever state; nil for none. See ``Share/isPresentable``.
    ///
    /// - Throws: ``LedgerError``.
    public func share(token: String) async throws -> Share? { throw LedgerError.unwritten }

    /// Newest first.
    ///
    /// - Parameter after: the `id` of the last share of the page before.
    /// - Throws: ``LedgerError``.
    public func shares(_ filter: ShareFilter = ShareFilter(), limit: Int, after: String? = nil) async throws -> [Share] {
        throw LedgerError.unwritten
    }

    /// - Throws: ``LedgerError``: noSuchShare, shareRevoked, and as ``createShare(_:creator:by:)``.
    public func changeShare(_ id: String, _ change: ShareChange, by origin: AuditOrigin) async throws -> Share {
        throw LedgerError.unwritten
    }

    /// Ends a share for good. Revoking it again changes nothing.
    ///
    /// - Throws: ``LedgerError`` noSuchShare.
    public func revokeShare(_ id: String, by origin: AuditOrigin) async throws { throw LedgerError.unwritten }

    /// Whether a share is this creator's own.
    ///
    /// - Throws: ``LedgerError`` noSuchShare.
    public func isShare(_ id: String, of creator: ShareCreator) async throws -> Bool { throw LedgerError.unwritten }

    /// Totals over the shares of one, or over all.
    ///
    /// - Throws: ``LedgerError``.
    public func shareStatistics(of creator: ShareCreator? = nil) async throws -> ShareStatistics { throw LedgerError.unwritten }

    /// Newest first.
    ///
    /// - Parameter before: the `id` of the last row of the page before.
    /// - Throws: ``LedgerError`` noSuchShare.
    public func shareLog(_ id: String, limit: Int, before: Int64? = nil) async throws -> [ShareAccess] { throw LedgerError.unwritten }
}

extension LedgerError {
    static let unwritten = LedgerError(.failed, "Not written yet", "Wait.")
}
