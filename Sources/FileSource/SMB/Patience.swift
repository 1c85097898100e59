/// How long one operation is tried again after temporary errors: so many times, or for so long.
final class Patience: Sendable {
    private struct State {
        var attempt = 0
        var deadline: ContinuousClock.Instant?
    }
    private let attempts: Int
    private let firstPause: Duration
    private let endurance: Duration?
    private let state = Monitor(State())

    /// The longest pause of what goes by time.
    private static let longestPause = Duration.seconds(2)

    /// - Parameter attempts: how many times to try again; nil for what the options say.
    init(_ options: SMBOptions, attempts: Int?) {
        self.attempts = attempts ?? options.retryAttempts
        endurance = attempts == nil ? options.endurance : nil
        firstPause = options.retryDelay
    }

    /// Whether it goes by time.
    var isTimed: Bool { endurance != nil }

    /// When the operation is over at the latest, from the first time on that this is asked: waiting for a turn does not count. Nil for no such time.
    func deadline() -> ContinuousClock.Instant? {
        guard let endurance else { return nil }
        return state.with { state in
            let deadline = state.deadline ?? .now + endurance
            state.deadline = deadline
            return deadline
        }
    }

    /// How long to wait before the next attempt; nil when there is to be none.
    func nextPause() -> Duration? {
        let attempt = state.with { state in
            state.attempt += 1
            return state.attempt - 1
        }
        let jitter = Double.random(in: 0..<1)
        guard let deadline = deadline() else {
            return attempt < attempts ? Backoff.delay(firstPause, attempt: attempt, jitter: jitter) : nil
        }
        let pause = Backoff.delay(min(firstPause, Self.longestPause / 2), attempt: min(attempt, 1), jitter: jitter)
        return ContinuousClock.now + pause < deadline ? pause : nil
    }
}
