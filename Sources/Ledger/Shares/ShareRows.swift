internal import Foundation
internal import SQLite

/// Reading shares.
extension LedgerRows {
    /// Whether the creator still may share. `?1` is the present time, as everywhere here.
    private static let creatorMayShare: String = {
        let roles = Role.allCases.filter(\.mayShare).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return """
            CASE share.creator_kind
                WHEN 'user' THEN EXISTS (
                    SELECT 1 FROM user WHERE user.id = share.creator_id AND user.is_disabled = 0 AND user.role IN (\(roles)))
                WHEN 'key' THEN EXISTS (
                    SELECT 1 FROM api_key WHERE api_key.id = share.creator_id AND api_key.revoked_at IS NULL
                    AND coalesce(api_key.expires_at > ?1, 1) AND api_key.role IN (\(roles)))
                ELSE 1 END
            """
    }()

    /// In the order of ``Share/State``.
    private static let state = """
        CASE WHEN share.revoked_at IS NOT NULL THEN 'revoked'
            WHEN NOT (\(creatorMayShare)) THEN 'creator_gone'
            WHEN share.expires_at <= ?1 THEN 'expired'
            WHEN share.used_up_at IS NOT NULL THEN 'used_up'
            WHEN share.locked_at IS NOT NULL THEN 'locked'
            ELSE 'active' END
        """

    /// When resuming begins to end.
    static let shareEnd = "min(share.expires_at, coalesce(share.used_up_at, share.expires_at))"

    private static let shareColumns = """
        share.id, public_id, kind, items, summary, created_by, created_at, expires_at, \(state) AS state, password_hash IS NOT NULL,
        generation, max_downloads, download_count, access_count, last_accessed, bytes_sent, revoked_at, revoked_by, note, policy, language,
        shows_patient, is_conflict_confirmed, failed_passwords, locked_at, \(shareEnd)
        """

    private static func share(_ row: Statement, limits: ShareLimits) throws -> Share {
        func known<Value>(_ value: Value?) throws -> Value {
            guard let value else { throw LedgerError.damaged("a share says what no version of Fileroom writes") }
            return value
        }
        return Share(
            id: row.text(1), kind: try known(Share.Kind(rawValue: row.text(2))), items: try decode(row.bytes(3)),
            summary: try decode(row.bytes(4)), createdBy: row.text(5), createdAt: row.double(6), expiresAt: row.double(7),
            state: try known(Share.State(rawValue: row.text(8))), hasPassword: row.integer(9) != 0,
            maxDownloads: row.optionalInteger(11).map(Int.init), downloadCount: Int(row.integer(12)), accessCount: Int(row.integer(13)),
            lastAccessed: row.optionalDouble(14), bytesSent: row.integer(15), revokedAt: row.optionalDouble(16),
            revokedBy: row.optionalText(17), note: row.text(18), policy: try known(Share.Policy(rawValue: row.text(19))),
            language: row.optionalText(20).flatMap(Share.Language.init), showsPatient: row.integer(21) != 0,
            isConflictConfirmed: row.integer(22) != 0, failedPasswords: Int(row.integer(23)), lockedAt: row.optionalDouble(24),
            resumableUntil: row.double(25) + limits.resume, rowID: row.integer(0), generation: row.integer(10))
    }

    private static func decode<Value: Decodable>(_ json: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(json))
        } catch {
            throw LedgerError.damaged("what a share consists of cannot be read")
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Parameter condition: on columns of `share`, with `?2` and on for its values.
    func shares(where condition: String, _ values: [Value], limits: ShareLimits, now: Double) throws -> [Share] {
        try all("SELECT \(Self.shareColumns) FROM share WHERE \(condition)", [.real(now)] + values) { try Self.share($0, limits: limits) }
    }

    /// - Throws: ``LedgerError`` noSuchShare.
    func knownShare(_ id: String, limits: ShareLimits, now: Double) throws -> Share {
        guard let share = try shares(where: "public_id = ?2", [.text(id)], limits: limits, now: now).first else {
            throw LedgerError(.noSuchShare, "There is no such share", "`fileroom share list` shows those that there are.")
        }
        return share
    }

    func share(withHash hash: [UInt8], limits: ShareLimits, now: Double) throws -> Share? {
        if let share = try shares(where: "token_hash = ?2", [.blob(hash)], limits: limits, now: now).first { return share }
        // The same work as for one that has ended, so that the time does not tell that this one never was.
        _ = try shares(where: "1 ORDER BY share.id DESC LIMIT 1", [], limits: limits, now: now)
        return nil
    }

    /// Newest first.
    func shares(_ filter: ShareFilter, limit: Int, after: String?, limits: ShareLimits, now: Double) throws -> [Share] {
        var conditions = ["1"]
        var values: [Value] = []
        func add(_ condition: (String) -> String, _ value: Value) {
            values.append(value)
            conditions.append(condition("?\(values.count + 1)"))
        }
        if let creator = filter.creator {
            let (kind, id) = try creatorColumns(creator)
            add({ "creator_kind = \($0)" }, .text(kind))
            add({ "creator_id IS \($0)" }, .integer(id))
        }
        if let name = filter.createdBy { add({ "created_by = \($0) COLLATE NOCASE" }, .text(name)) }
        if let state = filter.state { add({ "state = \($0)" }, .text(state.rawValue)) }
        if let after { add({ "share.id < (SELECT id FROM share WHERE public_id = \($0))" }, .text(after)) }
        values.append(.integer(Int64(limit)))
        let condition = conditions.joined(separator: " AND ") + " ORDER BY share.id DESC LIMIT ?\(values.count + 1)"
        return try shares(where: condition, values, limits: limits, now: now)
    }

    /// How a creator is kept; an id that no row has for one that is not there.
    func creatorColumns(_ creator: ShareCreator) throws -> (kind: String, id: Int64?) {
        switch creator {
        case .user(let name): ("user", try user(named: name)?.id ?? -1)
        case .key(let id): ("key", id)
        case .local: ("local", nil)
        }
    }

    func statistics(of creator: ShareCreator?, now: Double) throws -> ShareStatistics {
        var values: [Value] = [.real(now)]
        if let creator {
            let (kind, id) = try creatorColumns(creator)
            values += [.text(kind), .integer(id)]
        }
        let condition = creator == nil ? "" : "WHERE creator_kind = ?2 AND creator_id IS ?3"
        var statistics = ShareStatistics()
        let sums = "count(*), sum(download_count), sum(bytes_sent), sum(failed_passwords), sum(access_count)"
        _ = try all("SELECT \(Self.state) AS state, \(sums) FROM share \(condition) GROUP BY 1", values) { row in
            if let state = Share.State(rawValue: row.text(0)) { statistics.shares[state] = Int(row.integer(1)) }
            statistics.downloads += Int(row.integer(2))
            statistics.bytes += row.integer(3)
            statistics.failedPasswords += Int(row.integer(4))
            statistics.accessCount += Int(row.integer(5))
        }
        return statistics
    }
}
