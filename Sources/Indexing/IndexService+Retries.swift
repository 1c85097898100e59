internal import Catalogue
internal import FileSource

/// How long a server waits before it tries a share again that could not be reached.
public struct RetryPauses: Sendable {
    public var first: Duration
    /// Each is twice the one before, up to this.
    public var longest: Duration
    /// It gives up so long after the first failure in a row: a share that is away for longer is for a person.
    public var patience: Duration

    public init(first: Duration = .seconds(5), longest: Duration = .seconds(900), patience: Duration = .seconds(86_400)) {
        (self.first, self.longest, self.patience) = (first, longest, patience)
    }
}

/// Jobs whose share could not be reached are continued by the server itself, once it can be. A wrong password, a missing folder and the like are for
/// people: to try again would only lock an account.
extension IndexService {
    /// A source with a job that is followed, or waits to be tried again.
    struct Retry {
        var task: Task<Void, Never>
        /// Failures in a row, and when the first of them was, in seconds since 1970 UTC.
        var failures = 0
        var failedFirst: Double?
    }

    /// Whether a job that an earlier process left is one of these.
    func isToBeRetried(_ record: JobRecord) -> Bool {
        guard let retryPauses, record.state == .failed, record.errorType == SourceError.Class.network.rawValue else { return false }
        return now() - (record.finishedAt ?? 0) < retryPauses.patience / .seconds(1)
    }

    /// Waits for the end of a job that was begun, in case it is to be tried again.
    func follow(_ job: Int64, ofSource url: String) {
        guard let retryPauses else { return }
        let began = ContinuousClock.now
        let task = Task {
            guard let end = await self.board.end(of: job), !Task.isCancelled else { return }
            let error = end.record.state == .failed ? end.error : nil
            // One that ran for long was not one failure with those before.
            if error == nil || ContinuousClock.now - began > retryPauses.longest { self.retries[url] = nil }
            if let error { self.retry(end.record, after: error) }
        }
        replaceTask(of: url, with: task)
    }

    /// Tries a job again after a while, unless what made it fail is for a person.
    func retry(_ record: JobRecord, after error: any Error) {
        let url = record.sourceURL
        guard let retryPauses, isRunning, !isStopping, let error = error as? SourceError, error.type == .network, error.isRetryable else {
            retries[url] = nil
            return
        }
        let (failures, first) = (retries[url]?.failures ?? 0, retries[url]?.failedFirst ?? now())
        guard now() - first < retryPauses.patience / .seconds(1) else {
            report("job \(record.id) is given up: its share could not be reached for too long")
            retries[url] = nil
            return
        }
        let pause = min(retryPauses.longest, retryPauses.first * (1 << min(failures, 20)))
        let time = now() + pause / .seconds(1)
        let task = Task {
            await self.board.retry(record.id, at: time)
            // Only cancelling ends this wait early.
            try? await Task.sleep(for: pause)
            await self.board.retry(record.id, at: nil)
            if !Task.isCancelled { await self.tryAgain(record) }
        }
        replaceTask(of: url, with: task)
        retries[url]?.failures = failures + 1
        retries[url]?.failedFirst = first
    }

    private func tryAgain(_ record: JobRecord) async {
        do {
            // Meanwhile somebody may have cancelled it or begun another.
            let last = try await readers.read { try JobReader($0).lastJob(sourceURL: record.sourceURL) }
            guard let last, last.id == record.id, last.state == .failed, await board.openJob(ofSource: record.sourceURL) == nil else {
                return
            }
            _ = try await continueJob(last)
            report("job \(record.id) is continued: it is tried again whether its share can be reached")
        } catch {
            report("job \(record.id) cannot be continued: \(error)")
            retry(record, after: error)
        }
    }

    /// Whatever was done for a source's job before is no longer wanted.
    private func replaceTask(of url: String, with task: Task<Void, Never>) {
        let before = retries[url]
        before?.task.cancel()
        retries[url] = Retry(task: task, failures: before?.failures ?? 0, failedFirst: before?.failedFirst)
    }
}
