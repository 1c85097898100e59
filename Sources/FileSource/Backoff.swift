/// How long to wait before trying again: twice as long each time, and never exactly, so that many that failed together do not come back together.
enum Backoff {
    static let longest = Duration.seconds(60)

    static func delay(_ first: Duration, attempt: Int, jitter: Double) -> Duration {
        let factor = Double(1 << min(max(attempt, 0), 20)) * (0.75 + 0.5 * jitter)
        return min(longest, first * factor)
    }

    /// - Throws: `CancellationError`.
    static func wait(_ first: Duration, attempt: Int) async throws {
        try await Task.sleep(for: delay(first, attempt: attempt, jitter: Double.random(in: 0..<1)))
    }
}
