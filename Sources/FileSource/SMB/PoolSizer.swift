/// Finds the number of workers by trying: more as long as that pays, fewer when it costs nothing.
///
/// It looks at the requests per second of windows of time in which all workers had work. A change must pay by ``gain`` to be kept, and after it
/// did not in either direction, the next is tried only some windows later: throughput is noisy, and a worker that comes and goes costs a login.
struct PoolSizer: Sendable {
    private static let gain = 1.08
    private static let loss = 0.99
    private static let windowsToRest = 20

    private(set) var size: Int
    private let range: ClosedRange<Int>
    private var before: (size: Int, throughput: Double)?
    private var direction = 1
    private var failures = 0
    private var rest = 0

    init(_ workers: SMBOptions.Workers, most: Int) {
        switch workers {
        case .fixed(let count):
            size = max(1, min(count, most))
            range = size...size
        case .automatic(let wanted, let start):
            let top = max(1, min(wanted.upperBound, most))
            range = max(1, min(wanted.lowerBound, top))...top
            size = min(max(start, range.lowerBound), top)
        }
    }

    /// Takes a window's throughput and says how many workers there should be in the next.
    mutating func window(throughput: Double, isSaturated: Bool) -> Int {
        guard range.count > 1, isSaturated, throughput > 0 else { return size }
        if let before {
            judge(throughput, before)
        } else if rest > 0 {
            rest -= 1
        } else {
            attempt(throughput)
        }
        return size
    }

    /// After a change: was it worth it?
    private mutating func judge(_ throughput: Double, _ before: (size: Int, throughput: Double)) {
        self.before = nil
        let ratio = throughput / before.throughput
        let isBetter = size > before.size ? ratio >= PoolSizer.gain : ratio >= PoolSizer.loss
        if isBetter {
            failures = 0
            attempt(throughput)
        } else {
            size = before.size
            turn()
        }
    }

    /// The other direction next; a pause when both were tried in vain.
    private mutating func turn() {
        direction = -direction
        failures += 1
        if failures >= 2 { (failures, rest) = (0, PoolSizer.windowsToRest) }
    }

    private mutating func attempt(_ throughput: Double) {
        let wanted = direction > 0 ? max(size + 1, size * 3 / 2) : min(size - 1, size * 3 / 4)
        let next = min(max(wanted, range.lowerBound), range.upperBound)
        guard next != size else { return turn() }
        before = (size, throughput)
        size = next
    }
}
