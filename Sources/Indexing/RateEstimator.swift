/// Files per second over the recent past, and when the rest will be done.
struct RateEstimator: Sendable {
    private var samples: [(seconds: Double, files: Int)] = []
    /// The estimate is over this many seconds, so that one slow folder does not make it jump.
    private static let window = 20.0

    /// Takes the number of files processed so far at a time on a monotonic clock.
    mutating func add(files: Int, atSeconds seconds: Double) {
        samples.append((seconds, files))
        while samples.count > 2, samples[1].seconds < seconds - Self.window { samples.removeFirst() }
    }

    /// Files per second; 0 while unknown.
    var filesPerSecond: Double {
        guard let first = samples.first, let last = samples.last, last.seconds - first.seconds >= 0.2 else { return 0 }
        return Double(last.files - first.files) / (last.seconds - first.seconds)
    }

    /// Seconds until `left` files are done; nil while nobody can know.
    func secondsLeft(files left: Int) -> Double? {
        guard let first = samples.first, let last = samples.last, last.seconds - first.seconds >= 2, filesPerSecond > 0 else { return nil }
        return Double(left) / filesPerSecond
    }

    /// After a pause, the time that passed says nothing.
    mutating func restart() {
        samples.removeAll()
    }
}
