internal import Cryptography
internal import SQLite

/// Letting recipients in.
extension Ledger {
    /// Lets a browser in, with a token for its cookie. Without a password set, none is asked for.
    ///
    /// Takes as long and says the same for a link that never was, for one that has ended and for a wrong password. Tries are counted before they are
    /// made.
    ///
    /// - Parameter token: of the link.
    /// - Throws: ``LedgerError``: shareRefused, tooManyFailures (with seconds to wait), shareLocked, busy.
    public func unlockShare(token: String, password: String?, visitor: ShareVisitor) async throws -> NewShareGrant {
        let share = try await share(token: token)
        let grantToken = try Token.random()
        let door = ShareDoor(share: share.flatMap { $0.isPresentable ? $0 : nil }, subject: Token.hash(grantToken), visitor: visitor)
        let entered = try await enter(door, password: password)
        return NewShareGrant(token: grantToken, grant: entered.grant, share: entered.share)
    }

    /// Lets a script in, known by share, address and agent. A password that was right is remembered in memory for a while, so that the ranges of a
    /// download do not pay for it again. Who has begun a download is let in to resume it, too.
    ///
    /// - Throws: as ``unlockShare(token:password:visitor:)``; shareRefused also when a password is needed and none is given; shareEnded, in the same
    ///   time, where no password would let this visitor in.
    public func scriptGrant(token: String, password: String?, visitor: ShareVisitor) async throws -> (share: Share, grant: ShareGrant) {
        let (hash, time, secret) = (Token.hash(token), now(), key.derived(for: "fileroom share recipients"))
        let found = try await reader.read { [limits] rows -> (share: Share, subject: [UInt8], grant: ShareGrant?)? in
            guard let share = try rows.share(withHash: hash, limits: limits, now: time) else { return nil }
            let subject = ShareDoor.subject(of: visitor, share: share, secret: secret)
            let grant = try rows.grant(subject, of: share)
            let mayResume = try share.admitsResuming(now: time) && grant.map(rows.hasStarted) ?? false
            return share.isPresentable || mayResume ? (share, subject, grant) : nil
        }
        let door = ShareDoor(share: found?.share, subject: found?.subject ?? [], visitor: visitor, isForResuming: true)
        if let (share, subject, grant) = found, let grant {
            let isRemembered = password.map { remembered.contains($0, of: subject, generation: share.generation, now: time) } ?? false
            if !share.hasPassword || isRemembered { return (share, grant) }
        }
        let entered: (share: Share, grant: ShareGrant)
        do {
            entered = try await enter(door, password: password)
        } catch let error as LedgerError where error.code == .shareRefused && found == nil {
            throw LedgerError.shareEnded
        }
        if let password { remembered.insert(password, of: door.subject, generation: entered.share.generation, now: time) }
        return entered
    }

    /// The recipient that a cookie's token belongs to; nil for none, for another share's and for one from before the password was changed.
    ///
    /// - Throws: ``LedgerError``.
    public func grant(token: String, of share: Share) async throws -> ShareGrant? {
        let subject = Token.hash(token)
        return try await reader.read { try $0.grant(subject, of: share) }
    }

    private func enter(_ door: ShareDoor, password: String?) async throws -> (share: Share, grant: ShareGrant) {
        do {
            if let share = door.share, !share.hasPassword { return try await letIn(through: door, attempt: nil) }
            guard let password else { throw LedgerError.shareRefused }
            let attempt = ShareAttempt(share: door.share, visitor: door.visitor)
            try await check(password, at: door, attempt: attempt)
            return try await letIn(through: door, attempt: attempt)
        } catch is WrongPassword {
            throw LedgerError.shareRefused
        } catch let error as LedgerError where !error.isOfFile && password != nil {
            let subject = RefusedTries.Subject(
                share: door.share?.rowID, network: NetworkBlock.of(door.visitor.ipAddress), code: error.code.rawValue)
            if let others = refusedTries.note(subject, now: now()) {
                let detail = others > 0 ? "and \(others) more since the last" : nil
                try await noteAccess(.unlock, of: door.share, code: error.code.rawValue, detail: detail, visitor: door.visitor)
            }
            throw error
        }
    }

    /// It is kept already, together with what follows from it.
    private struct WrongPassword: Error {}

    /// - Throws: ``WrongPassword``; ``LedgerError``: tooManyFailures, shareLocked, busy.
    private func check(_ password: String, at door: ShareDoor, attempt: ShareAttempt) async throws {
        let time = now()
        try await reader.read { [limits] in _ = try $0.checkAttempt(attempt, limits: limits, now: time) }
        try turnstile.enter(attempt.share)
        defer { turnstile.leave(attempt.share) }
        let hash = try await commit { [limits] rows in
            try rows.beginAttempt(attempt, limits: limits, now: time)
            return (try rows.passwordHash(of: door.share), nil)
        }
        let isRight = try await matches(password, hash.flatMap { PasswordHash($0) }, on: sharePasswords)
        guard !isRight else { return }
        let code = LedgerError.Code.shareRefused.rawValue
        try await commit { [limits] rows in
            let locks = try rows.attemptFailed(attempt, limits: limits, now: time)
            if let share = door.share {
                try rows.insert(.init(share: share.rowID, action: .unlock, code: code, visitor: door.visitor, time: time))
            }
            let entry = AuditEntry(
                "share.unlock", object: door.share?.id, outcome: code, detail: locks ? "locked" : nil, by: door.visitor.origin)
            return ((), entry)
        }
        throw WrongPassword()
    }

    /// - Parameter attempt: that was right; nil where there is no password.
    private func letIn(through door: ShareDoor, attempt: ShareAttempt?) async throws -> (share: Share, grant: ShareGrant) {
        let time = now()
        guard let known = door.share else { throw LedgerError.shareRefused }
        return try await commit { [limits] rows in
            // Revoked, locked or given another password while this one was checked.
            let share = try rows.knownShare(known.id, limits: limits, now: time)
            guard door.isForResuming ? share.admitsResuming(now: time) : share.isPresentable else { throw LedgerError.shareRefused }
            guard share.generation == known.generation, share.hasPassword == (attempt != nil) else { throw LedgerError.shareRefused }
            if let attempt {
                guard share.lockedAt == nil else { throw LedgerError.shareLocked }
                try rows.attemptSucceeded(attempt)
            }
            let grant = try rows.letIn(door.subject, to: share, now: time)
            try rows.insert(.init(share: share.rowID, action: .unlock, code: "ok", visitor: door.visitor, time: time))
            return ((share, grant), AuditEntry("share.unlock", object: share.id, by: door.visitor.origin))
        }
    }
}

/// Where a recipient asks to be let in.
private struct ShareDoor: Sendable {
    /// Nil for a link that never was or has ended.
    var share: Share?
    /// What the recipient will be known by.
    var subject: [UInt8]
    var visitor: ShareVisitor
    /// Whether a share that has ended lets in who may resume.
    var isForResuming = false

    /// A script's: the same for all its requests.
    static func subject(of visitor: ShareVisitor, share: Share, secret: [UInt8]) -> [UInt8] {
        let text = "\(share.rowID):\(NetworkBlock.of(visitor.ipAddress)):\(visitor.userAgent)"
        return HMACSHA256.code(for: Array(text.utf8), key: secret)
    }
}

extension LedgerRows {
    fileprivate func passwordHash(of share: Share?) throws -> String? {
        guard let share else { return nil }
        return try first("SELECT coalesce(password_hash, '') FROM share WHERE id = ?", .integer(share.rowID)) { $0.text(0) }
    }

    /// Whether a recipient has begun a download.
    fileprivate func hasStarted(_ grant: ShareGrant) throws -> Bool {
        try first("SELECT 1 FROM plan WHERE grant_id = ? AND started_at IS NOT NULL LIMIT 1", .integer(grant.id)) { _ in true } ?? false
    }
}
