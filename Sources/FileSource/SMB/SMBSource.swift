import Glibc
import SMBWire

/// A share of an SMB server, read by a pool of worker processes.
///
/// Each worker holds one connection and is owned by one thread. Operations wait in one queue for the next free worker. A worker that crashes or does
/// not answer in time is replaced and its work done once more. Temporary errors are tried again; a refused login ends the source at once, so that an
/// account is not locked.
public final class SMBSource: FileSource {
    public let options: SMBOptions
    let shared: WorkerShared
    let threads: BlockingThreads<WorkerConnection>
    private let loops = Monitor(LoopGuard())
    private let pace: Monitor<Pace>

    /// Does not connect; the first operation does.
    /// - Parameters:
    ///   - connections: what it shares with others who read the same source; nil for connections of its own.
    ///   - use: what it reads for.
    /// - Throws: ``SourceError`` for options that cannot work, or when the worker program is missing.
    public init(_ options: SMBOptions, connections: ConnectionPool? = nil, for use: ConnectionPool.Use = .indexing) throws(SourceError) {
        self.options = options
        let shared = try WorkerShared(options, connections, for: use)
        self.shared = shared
        let sizer = PoolSizer(options.maxWorkers, most: options.mostWorkers)
        let threads = BlockingThreads(limit: min(sizer.size, shared.connections.limit)) { WorkerConnection(shared) }
        let pace = Monitor(Pace(sizer))
        (self.threads, self.pace) = (threads, pace)
        shared.connections.observe { [weak threads, weak pace, weak connections = shared.connections] in
            guard let threads, let connections else { return }
            pace?.with { SMBSource.apply($0.sizer.size, connections, to: threads) }
        } recall: { [weak threads] in
            threads?.recall()
        }
    }

    /// As many workers as measuring says, of those that the others leave.
    private static func apply(_ size: Int, _ connections: ConnectionShare, to threads: BlockingThreads<WorkerConnection>) {
        let limit = min(size, connections.limit)
        if limit != threads.limit { threads.limit = limit }
    }

    /// A few more than there are workers, so that none waits for its next piece of work.
    public var concurrency: Int {
        let workers = threads.limit
        return workers + max(2, workers / 4)
    }

    /// A snapshot of what the source did and does.
    public var metrics: SMBMetrics {
        var metrics = shared.counters.snapshot
        let counts = threads.counts
        metrics.busy = counts.threads - counts.idle
        metrics.queued = counts.queued
        metrics.workers = threads.limit
        metrics.logins = shared.gate.attempts
        return metrics
    }

    /// The folder that is the workers' home; for tests, which find the processes by it.
    var workersHome: String { shared.home.path }

    // MARK: FileSource

    public func list(_ folder: SourcePath, page: @Sendable ([DirectoryEntry]) async throws -> Void) async throws -> [DirectoryEntry] {
        try folder.check()
        if folder.depth > LoopGuard.mostFolders { throw SourceError.folderTooDeep }
        let relay = PageRelay()
        defer { relay.finish() }
        async let last = listing(folder, relay)
        while let entries = await relay.next() { try await page(entries) }
        return try await last
    }

    public func read(_ file: SourcePath, offset: UInt64, count: Int) async throws -> FileRead {
        try file.check()
        let read = try await perform(.reading) { worker, cancellation in
            try worker.read(file, offset: offset, count: max(0, count), cancellation)
        }
        shared.counters.update {
            $0.reads += 1
            $0.bytes += read.bytes.count
        }
        finished(requests: 3 + read.bytes.count >> 20)
        return read
    }

    public func readHeaders(_ requests: [HeaderRequest]) async throws -> [HeaderResult] {
        for request in requests { try request.path.check() }
        var rounds = HeaderRounds(requests, attempts: options.retryAttempts)
        while !rounds.pending.isEmpty {
            let batch = rounds.pending
            let answer = try await threads.run { worker, cancellation in
                worker.deadline = nil
                return worker.headers(batch, cancellation)
            }
            finished(requests: 3 * answer.replies.count)
            switch try rounds.take(answer) {
            case .again: break
            case .wait(let attempt):
                shared.counters.update { $0.retries += 1 }
                try await Backoff.wait(options.retryDelay, attempt: attempt)
            case .suspectSource(let error, let id):
                rounds.blame(id, try await verdict(on: error))
            }
        }
        return rounds.results
    }

    public func probe(retrying: Bool) async throws {
        do {
            _ = try await listing(.root, nil, attempts: retrying ? nil : 0)
        } catch let error as SourceError {
            var error = error
            if error.code == "NOT_FOUND" { error = .pathNotFound }
            if error.code == "PERMISSION_DENIED" { error = .rootNotReadable }
            error.concernsSource = true
            throw error
        }
        if shared.counters.snapshot.roundTripMicroseconds == 0 { await measureRoundTrip() }
    }

    public func close() async {
        shared.gate.close()
        await threads.close(waiting: true)
        shared.connections.leave()
        shared.home.remove()
    }

    // MARK: How operations run

    /// - Parameter relay: who takes the pages; nil when only the first matters.
    private func listing(_ folder: SourcePath, _ relay: PageRelay?, attempts: Int? = nil) async throws -> [DirectoryEntry] {
        defer { relay?.finish() }
        let given = Monitor(0)
        let counted = PageRelay()
        let pages = relay ?? counted
        if relay == nil { counted.finish() }
        let entries = try await perform(.listing, attempts: attempts, canRepeat: { given.with { $0 } == 0 }) {
            [loops] worker, cancellation in
            do {
                return try worker.list(folder, relay: pages, cancellation) { page throws(SourceError) in
                    if !page.isLast { given.with { $0 += 1 } }
                    let leadsOn = page.entries.contains { $0.isFolder }
                    if leadsOn, loops.with({ $0.isLoop(folder, folderID: page.folderID, digest: page.digest) }) { throw .folderLoop }
                }
            } catch is CancellationError where relay == nil {
                return []
            }
        }
        shared.counters.update { $0.folders += 1 }
        finished(requests: 4 + entries.count / 500)
        return entries
    }

    /// Runs an operation on a worker, and again after temporary errors.
    func perform<Value: Sendable>(
        _ situation: ErrorRow.Situation, attempts: Int? = nil, canRepeat: @Sendable () -> Bool = { true },
        _ body: @escaping @Sendable (WorkerConnection, Cancellation) throws -> Value
    ) async throws -> Value {
        var losses = 0
        var found: SourceError?
        let patience = Patience(options, attempts: attempts)
        while true {
            do {
                return try await threads.run { worker, cancellation in
                    worker.deadline = patience.deadline()
                    return try body(worker, cancellation)
                }
            } catch let trouble as Trouble {
                shared.counters.update { $0.errors += 1 }
                let error: SourceError
                switch trouble {
                case .source(let ending): throw ending
                // Its time ran out while it was tried once more: what was found before says more.
                case .lost(.hung) where patience.isTimed: error = found ?? ErrorRow.error(ETIMEDOUT, situation, in: ErrorRow.smb)
                case .lost(let loss) where loss != .notStarted:
                    losses += 1
                    if losses > 1 || !canRepeat() { throw SourceError(loss) }
                    continue
                case .lost(let loss): error = SourceError(loss)
                case .failure(let failure): error = SourceError(failure, situation)
                }
                guard error.isRetryable, canRepeat() else { throw error }
                found = error
                guard let pause = patience.nextPause() else {
                    throw attempts == nil && !patience.isTimed ? try await verdict(on: error) : error
                }
                shared.counters.update { $0.retries += 1 }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// It failed again and again: an error of the source when its root cannot be reached either, else one of the file or folder.
    private func verdict(on error: SourceError) async throws -> SourceError {
        guard error.concernsSource else { return error }
        do {
            _ = try await perform(.reading, attempts: 0) { worker, cancellation in try worker.stat(.root, cancellation) }
        } catch let ending as SourceError {
            var ending = ending
            ending.concernsSource = true
            throw ending
        }
        var error = error
        error.concernsSource = false
        return error
    }

    private func measureRoundTrip() async {
        // Without it the pool is as good, and the report says so.
        guard let times = try? await perform(.reading, attempts: 0, { try $0.measure(count: 7, $1) }), !times.isEmpty else { return }
        let middle = times.sorted()[times.count / 2] / 3
        shared.counters.update { $0.roundTripMicroseconds = Double(middle.components.attoseconds) / 1e12 }
    }

    /// Counts requests to the server; now and then the pool is made larger or smaller for it.
    private func finished(requests: Int) {
        pace.with { pace in
            guard let throughput = pace.count(requests, threads.counts, now: .now) else { return }
            shared.counters.update { $0.requestsPerSecond = throughput.requestsPerSecond }
            let size = pace.sizer.window(throughput: throughput.requestsPerSecond, isSaturated: throughput.isSaturated)
            SMBSource.apply(size, shared.connections, to: threads)
        }
    }
}

/// The throughput of windows of time.
struct Pace: Sendable {
    static let window = Duration.milliseconds(500)
    var sizer: PoolSizer
    private var start: ContinuousClock.Instant?
    private var requests = 0
    private var (found, waited) = (0, 0)

    init(_ sizer: PoolSizer) { self.sizer = sizer }

    /// Nil while the window is not over.
    mutating func count(
        _ requests: Int, _ counts: BlockingThreads<WorkerConnection>.Counts, now: ContinuousClock.Instant
    ) -> (requestsPerSecond: Double, isSaturated: Bool)? {
        guard let start else {
            (self.start, found, waited) = (now, counts.found, counts.waited)
            return nil
        }
        self.requests += requests
        let elapsed = start.duration(to: now)
        guard elapsed >= Pace.window else { return nil }
        let (newlyFound, newlyWaited) = (counts.found - found, counts.waited - waited)
        let throughput = Double(self.requests) / (elapsed / .seconds(1))
        (self.start, self.requests, found, waited) = (now, 0, counts.found, counts.waited)
        return (throughput, newlyFound >= 4 * newlyWaited)
    }
}
