import SMBWire

/// Is told by an SMB server of changes below a source's root, over a connection of its own in a worker of its own.
///
/// A hint only: not every server tells, and none tells of what happened while nobody listened.
public struct ShareWatch: Sendable {
    private let options: SMBOptions

    /// Does not connect.
    public init(_ options: SMBOptions) { self.options = options }

    /// Listens until that fails or the task is cancelled.
    ///
    /// - Parameters:
    ///   - began: the server listens with us from now on: what changes is told.
    ///   - changed: something was added, removed, renamed or written. Both are called from the thread that listens, and must not block.
    /// - Throws: ``SourceError`` when the server cannot be reached or tells of no changes; `CancellationError`.
    public func run(began: @escaping @Sendable () -> Void = {}, changed: @escaping @Sendable () -> Void) async throws {
        let shared = try WorkerShared(options)
        let threads = BlockingThreads(limit: 1) { WorkerConnection(shared) }
        do {
            try await threads.run { connection, cancellation in
                do {
                    try connection.watch(cancellation, began: began, changed: changed)
                } catch Trouble.failure(let failure) {
                    throw SourceError(failure, .listing)
                } catch Trouble.source(let error) {
                    throw error
                } catch Trouble.lost(let loss) {
                    throw SourceError(loss)
                }
            }
        } catch {
            await threads.close(waiting: false)
            throw error
        }
        await threads.close(waiting: false)
    }
}

extension WorkerConnection {
    /// How long a worker that watches may be silent: it gives a sign of life every two seconds.
    private static let longestSilence = Duration.seconds(15)

    fileprivate func watch(_ cancellation: Cancellation, began: () -> Void, changed: () -> Void) throws {
        try prepare(cancellation)
        try send(.watch)
        var isFirst = true
        while true {
            switch try receive(within: shared.deadline(2) + Self.longestSilence, cancellation) {
            case .changed(let count):
                if isFirst { began() }
                isFirst = false
                if count > 0 { changed() }
            case .failed(let failure): throw Trouble.failure(failure)
            default: throw outOfPlace()
            }
            if cancellation.isCancelled { throw CancellationError() }
        }
    }
}
