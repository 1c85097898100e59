internal import Synchronization

/// Lets so many bytes a second pass; who comes first goes first.
///
/// A caller is given the time at which its bytes may go, as if they passed one after the other; time in which nothing passed is not saved up,
/// but for a tenth of a second.
final class Throttle: Sendable {
    private let bytesPerSecond: Double?
    private let next: Mutex<ContinuousClock.Instant>
    private let clock = ContinuousClock()

    /// - Parameter bytesPerSecond: nil lets everything pass.
    init(bytesPerSecond: Int?) {
        self.bytesPerSecond = bytesPerSecond.map { Double(max($0, 1)) }
        next = Mutex(clock.now)
    }

    /// How many bytes to ask for at a time, so that no more than about a tenth of a second passes between two pieces.
    var piece: Int { bytesPerSecond.map { max(1_024, Int(min($0 / 10, 1_048_576))) } ?? .max }

    /// When `count` bytes may go; they count from then on.
    func reserve(_ count: Int, now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard let bytesPerSecond else { return now }
        return next.withLock { next in
            let start = max(next, now - .milliseconds(100))
            next = start + .seconds(Double(count) / bytesPerSecond)
            return start
        }
    }

    /// Waits until `count` bytes may go.
    ///
    /// - Throws: `CancellationError`.
    func pass(_ count: Int) async throws {
        let now = clock.now
        let time = reserve(count, now: now)
        if time > now { try await clock.sleep(until: time) }
    }
}
