internal import Ledger
internal import QRCode

extension JSON {
    /// - Parameter active: downloads that run now.
    static func of(_ share: Share, active: Int) -> JSON {
        .object(terms(of: share) + figures(of: share, active: active))
    }

    private static func terms(of share: Share) -> [(String, JSON)] {
        [
            ("id", .string(share.id)), ("kind", .string(share.kind.rawValue)),
            ("items", .array(share.items.map { ["type": .string($0.type.rawValue), "uid": .string($0.uid)] })),
            ("summary", of(share.summary)), ("created_by", .string(share.createdBy)), ("created_at", .time(share.createdAt)),
            ("expires_at", .time(share.expiresAt)), ("state", .string(share.state.rawValue)), ("has_password", .boolean(share.hasPassword)),
            ("max_downloads", .integer(share.maxDownloads)), ("note", .string(share.note)), ("language", .string(share.language?.rawValue)),
            ("policy", .string(share.policy.rawValue)), ("shows_patient", .boolean(share.showsPatient)),
            ("is_conflict_confirmed", .boolean(share.isConflictConfirmed)),
        ]
    }

    private static func figures(of share: Share, active: Int) -> [(String, JSON)] {
        [
            ("downloads", .integer(share.downloadCount)), ("active_downloads", .integer(active)), ("bytes_sent", .integer(share.bytesSent)),
            ("access_count", .integer(share.accessCount)), ("last_accessed", .time(share.lastAccessed)),
            ("revoked_at", .time(share.revokedAt)), ("revoked_by", .string(share.revokedBy)),
            ("failed_passwords", .integer(share.failedPasswords)), ("locked_at", .time(share.lockedAt)),
        ]
    }

    private static func of(_ summary: Share.Summary) -> JSON {
        [
            "studies": .integer(summary.studies), "series": .integer(summary.series), "instances": .integer(summary.instances),
            "bytes": .integer(summary.bytes), "modalities": .array(summary.modalities.map { .string($0) }),
        ]
    }

    static func of(_ access: ShareAccess) -> JSON {
        [
            "id": .integer(access.id), "accessed_at": .time(access.accessedAt), "ended_at": .time(access.endedAt),
            "ip_address": .string(access.ipAddress), "user_agent": .string(access.userAgent), "action": .string(access.action.rawValue),
            "success": access.success.map { .boolean($0) } ?? .null, "code": .string(access.code), "bytes": .integer(access.bytes),
            "range": .string(access.range.map { "\($0.lowerBound)-\($0.upperBound)" }),
        ]
    }

    static func of(_ statistics: ShareStatistics) -> JSON {
        [
            "shares": .object(Share.State.allCases.map { ($0.rawValue, .integer(statistics.shares[$0] ?? 0)) }),
            "downloads": .integer(statistics.downloads), "bytes": .integer(statistics.bytes),
            "failed_passwords": .integer(statistics.failedPasswords), "access_count": .integer(statistics.accessCount),
        ]
    }

    static func of(_ code: QRCode) -> JSON { ["size": .integer(code.size), "rows": .array(code.rows.map { .string($0) })] }
}
