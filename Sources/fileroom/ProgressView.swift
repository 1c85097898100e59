import CommandLineInterface
import Foundation
import Glibc
import Indexing
import Synchronization

/// Shows how jobs go: a bar that is drawn again and again on a terminal, now and then a line elsewhere.
final class ProgressView: Sendable {
    private let total: Int
    private let lastLine = Mutex(ContinuousClock.now)
    private static let linesEvery = Duration.seconds(5)

    init(total: Int) {
        self.total = total
    }

    /// Shows what `status` says until the task is cancelled.
    func follow(_ status: @Sendable () async -> IndexStatus) async {
        while !Task.isCancelled {
            show(await status(), only: nil)
            // Cancelling ends the wait, which is all that it is for.
            try? await Task.sleep(for: .milliseconds(150))
        }
        if Terminal.style.isTerminal { show(await status(), only: nil, isLast: true) }
        finish()
    }

    func show(_ status: IndexStatus, only wanted: Set<Int64>?, isLast: Bool = false) {
        let jobs = status.jobs.filter { (wanted?.contains($0.id) ?? true) && (isLast || $0.state == "running" || $0.state == "paused") }
        guard !jobs.isEmpty else { return }
        let progress = Self.progress(jobs, series: status.seriesCount)
        if Terminal.style.isTerminal {
            Terminal.write(TerminalStyle.rewritingLine(progress.bar(style: Terminal.style)), to: STDERR_FILENO)
            return
        }
        let isDue = lastLine.withLock { last in
            guard ContinuousClock.now - last >= Self.linesEvery else { return false }
            last = .now
            return true
        }
        if isDue { Terminal.note(progress.line) }
    }

    /// Leaves the bar's line.
    func finish() {
        if Terminal.style.isTerminal { Terminal.write("\n", to: STDERR_FILENO) }
    }

    private static func progress(_ jobs: [IndexStatus.Job], series: Int) -> JobProgress {
        // A time that this program wrote itself; unknown for one is unknown for all.
        let ends = jobs.map { $0.estimatedCompletion.flatMap { try? Date($0, strategy: JobBoard.timeFormat) } }
        let end = ends.contains(nil) ? nil : ends.compactMap { $0 }.max()
        let stages = Set(jobs.map(\.stage))
        let state: String? =
            jobs.allSatisfy { $0.state == "paused" }
            ? "paused"
            : stages == ["search index"] ? "search index" : stages == ["settling"] ? "settling" : stages == ["ended"] ? "done" : nil
        return JobProgress(
            name: jobs.count == 1 ? jobs[0].source : "\(jobs.count) sources", filesProcessed: jobs.reduce(0) { $0 + $1.filesProcessed },
            filesFound: jobs.reduce(0) { $0 + $1.enumeratedFiles },
            isListing: jobs.contains { $0.stage == "listing" || $0.stage == "starting" },
            filesPerSecond: jobs.reduce(0) { $0 + $1.filesPerSecond }, series: series, errors: jobs.reduce(0) { $0 + $1.errors },
            remaining: end.map { .seconds(max(0, $0.timeIntervalSinceNow)) }, state: state)
    }
}
