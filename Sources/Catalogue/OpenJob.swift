/// A job that runs, as the writer keeps it. A class, so that its sets are changed in place; confined to the writer.
final class OpenJob {
    var record: JobRecord
    /// Wall-clock seconds since 1970; injected.
    let now: @Sendable () -> Double
    let defaultIssuer: String
    /// Files handed out, and not yet recorded.
    var inFlight: Set<Int64> = []
    var foldersInFlight: Set<Int64> = []
    /// Where the search for work goes on, by level.
    var fileCursors = [Int64](repeating: 0, count: WorkQueue.levels.count)
    var folderCursor: Int64 = 0
    /// How often another file was tried first, in folders whose first files were no instances.
    var promotions: [Int64: Int] = [:]
    /// The counters that the last commit made last.
    var committed: JobCounters

    init(_ record: JobRecord, defaultIssuer: String, now: @escaping @Sendable () -> Double) {
        (self.record, self.defaultIssuer, self.now) = (record, defaultIssuer, now)
        committed = record.counters
    }
}
