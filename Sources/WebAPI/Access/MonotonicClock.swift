internal import Glibc

/// Seconds of a clock that never goes back, from an arbitrary beginning.
///
/// Source: `clock_gettime(CLOCK_MONOTONIC)`.
@Sendable public func monotonicClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
