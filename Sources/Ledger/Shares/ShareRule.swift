/// What shares may be.
public enum ShareRule {
    public static let passwordLengths = 8...256
    public static let itemCounts = 1...200
    public static let downloadLimits = 1...1_000_000
    /// In bytes of UTF-8.
    public static let longestNote = 2_000

    /// - Throws: ``LedgerError``: badShare, expiryInPast, expiryTooLate, sharePasswordWeak, sharePasswordMissing.
    static func check(_ share: NewShare, limits: ShareLimits, now: Double) throws(LedgerError) {
        guard itemCounts.contains(share.items.count), share.kind == .set || share.items.map(\.type.rawValue) == [share.kind.rawValue] else {
            throw LedgerError(
                .badShare, "This cannot be shared as a \(share.kind.rawValue)",
                "Give one study or series, or a set of \(itemCounts.lowerBound) to \(itemCounts.upperBound).")
        }
        try check(expiresAt: share.expiresAt, limits: limits, now: now)
        try check(password: share.password, limits: limits)
        try check(note: share.note)
        try check(maxDownloads: share.maxDownloads)
    }

    /// - Throws: as ``check(_:limits:now:)``.
    static func check(_ change: ShareChange, limits: ShareLimits, now: Double) throws(LedgerError) {
        if let expiresAt = change.expiresAt { try check(expiresAt: expiresAt, limits: limits, now: now) }
        if let password = change.password { try check(password: password, limits: limits) }
        if let note = change.note { try check(note: note) }
        if let most = change.maxDownloads { try check(maxDownloads: most) }
    }

    private static func check(expiresAt: Double, limits: ShareLimits, now: Double) throws(LedgerError) {
        guard expiresAt > now else {
            throw LedgerError(.expiryInPast, "The share would have expired already", "Give a time in the future.")
        }
        // A moment passes between reckoning the longest time and coming here.
        guard expiresAt <= now + limits.longestValidity + 5 else {
            throw LedgerError(
                .expiryTooLate, "A share may last \(Int(limits.longestValidity / 3_600)) hours at most",
                "Give an earlier time, or have max_expiry_hours raised in config.json.")
        }
    }

    private static func check(password: String?, limits: ShareLimits) throws(LedgerError) {
        guard let password else {
            guard !limits.requiresPassword else {
                throw LedgerError(.sharePasswordMissing, "Every share must have a password here", "Give one, or let one be generated.")
            }
            return
        }
        guard passwordLengths.contains(password.unicodeScalars.count), Set(password).count >= 4 else {
            throw LedgerError(
                .sharePasswordWeak, "The password is too easy to guess",
                "Take \(passwordLengths.lowerBound) to \(passwordLengths.upperBound) characters, four different ones among them.")
        }
    }

    private static func check(note: String) throws(LedgerError) {
        guard note.utf8.count <= longestNote else {
            throw LedgerError(.badShare, "The note is too long", "Take at most \(longestNote) bytes.")
        }
    }

    private static func check(maxDownloads: Int?) throws(LedgerError) {
        guard maxDownloads.map(downloadLimits.contains) ?? true else {
            throw LedgerError(
                .badShare, "The number of downloads cannot be",
                "Give \(downloadLimits.lowerBound) to \(downloadLimits.upperBound), or none for no limit.")
        }
    }
}
