internal import Synchronization

/// Passwords that were refused without being tried. However many come, the logs get one row for each share, network and reason a minute, so that whoever
/// guesses cannot fill them; the next row says how many there were since.
final class RefusedTries: Sendable {
    struct Subject: Hashable {
        /// Nil for links that are none, which are one subject together.
        var share: Int64?
        var network: String
        var code: String
    }

    private struct Kept {
        var time: Double
        var since = 0
    }

    /// Seconds between two rows of one subject.
    private static let interval: Double = 60
    private static let mostSubjects = 10_000

    private let kept = Mutex<[Subject: Kept]>([:])

    /// Counts a refusal.
    ///
    /// - Returns: how many were not kept since the last that was, when this one is to be kept; nil when it is not.
    func note(_ subject: Subject, now: Double) -> Int? {
        kept.withLock { kept in
            if let last = kept[subject], (0..<Self.interval).contains(now - last.time) {
                kept[subject]?.since += 1
                return nil
            }
            let since = kept[subject]?.since ?? 0
            if kept.count >= Self.mostSubjects { kept = kept.filter { (0..<Self.interval).contains(now - $0.value.time) } }
            // Too many at once are not told apart for long: none may be lost from the logs for it.
            if kept.count < Self.mostSubjects { kept[subject] = Kept(time: now) }
            return since
        }
    }
}
