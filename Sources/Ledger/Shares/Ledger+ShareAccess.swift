/// Shares, as their recipients meet them.
extension Ledger {
    /// Lets a browser in, with a token for its cookie. Without a password set, none is asked for.
    ///
    /// Takes as long and says the same for a link that never was, for one that has ended and for a wrong password. Tries are counted before they are
    /// made.
    ///
    /// - Parameter token: of the link.
    /// - Throws: ``LedgerError``: shareRefused, tooManyFailures (with seconds to wait), shareLocked, busy.
    public func unlockShare(token: String, password: String?, visitor: ShareVisitor) async throws -> NewShareGrant {
        throw LedgerError.unwritten
    }

    /// Lets a script in, known by share, address and agent. A password that was right is remembered in memory for a while, so that the ranges of a
    /// download do not pay for it again.
    ///
    /// - Throws: as ``unlockShare(token:password:visitor:)``; shareRefused also when a password is needed and none is given.
    public func scriptGrant(token: String, password: String?, visitor: ShareVisitor) async throws -> (share: Share, grant: ShareGrant) {
        throw LedgerError.unwritten
    }

    /// The recipient that a cookie's token belongs to; nil for none, for another share's and for one from before the password was changed.
    ///
    /// - Throws: ``LedgerError``.
    public func grant(token: String, of share: Share) async throws -> ShareGrant? { throw LedgerError.unwritten }

    /// Keeps that a share's page was opened, and returns before it is on the disk.
    ///
    /// - Parameter code: `ok`, or the code of the problem.
    /// - Throws: ``LedgerError`` when the audit trail cannot be written.
    public func noteView(of share: Share, code: String = "ok", visitor: ShareVisitor) async throws { throw LedgerError.unwritten }

    /// Keeps that a download was refused, and returns before it is on the disk.
    ///
    /// - Throws: ``LedgerError`` when the audit trail cannot be written.
    public func noteRefusedDownload(of share: Share, code: String, visitor: ShareVisitor) async throws { throw LedgerError.unwritten }

    /// Begins to send bytes of a plan: to be called before the first. Counts the plan as a download, once, and never more of them than the share
    /// allows; keeps the access; makes the plan the recipient's last.
    ///
    /// - Returns: the access, for ``endDownload(_:bytes:code:completesPlan:)``.
    /// - Throws: ``LedgerError``: noSuchPlan (removed or void), shareEnded (revoked, creator gone, or expired or used up and not to be resumed any more).
    public func startDownload(
        _ plan: Plan.ID, range: ClosedRange<UInt64>?, visitor: ShareVisitor
    ) async throws -> ShareAccess.ID { throw LedgerError.unwritten }

    /// Keeps how a download, or one range of it, ended.
    ///
    /// - Parameters:
    ///   - bytes: that were sent.
    ///   - code: `ok`, or the code of the problem.
    ///   - completesPlan: whether the archive's last byte was among them.
    /// - Throws: ``LedgerError``.
    public func endDownload(_ access: ShareAccess.ID, bytes: Int64, code: String, completesPlan: Bool = false) async throws {
        throw LedgerError.unwritten
    }
}

extension ShareAccess {
    public typealias ID = Int64
}
