/// A limit in bytes per second that holds over all workers together.
///
/// Bytes are reserved; who reserves is told when its turn is. What was saved up while nothing was read is worth a quarter of a second.
struct ByteBudget: Sendable {
    private let bytesPerSecond: Double
    /// When the next reservation may begin.
    private var free: ContinuousClock.Instant

    init(bytesPerSecond: Int, now: ContinuousClock.Instant) {
        self.bytesPerSecond = Double(max(1, bytesPerSecond))
        free = now
    }

    /// Reserves `bytes`; they may be read from the instant that is returned.
    mutating func reserve(_ bytes: UInt64, now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let start = max(free, now - .milliseconds(250))
        free = start + .seconds(Double(bytes) / bytesPerSecond)
        return start
    }

    /// How many bytes a worker should ask for at a time: a twentieth of a second's, so that all get their share.
    static func portion(bytesPerSecond: Int) -> UInt32 {
        UInt32(clamping: min(max(bytesPerSecond / 20, 4 << 10), 256 << 10))
    }
}
