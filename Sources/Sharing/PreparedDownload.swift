internal import Ledger
internal import ZipStream

/// A download whose headers are known and whose bytes wait to be asked for.
///
/// Whoever lets go of it gives its place among the running downloads back.
public final class PreparedDownload: Sendable {
    /// What the response holds.
    public enum Extent: Sendable, Hashable {
        /// 200.
        case whole
        /// 206, with these bytes.
        case part(Range<UInt64>)
        /// 416: nothing, since the range lies beyond the end.
        case unsatisfiable
    }

    public let extent: Extent
    /// Of the whole archive, in bytes.
    public let length: UInt64
    /// With its quotes.
    public let etag: String
    public let lastModifiedUnixSeconds: Int64
    /// ASCII; names nobody.
    public let fileName: String

    /// The bytes of the response; empty for an unsatisfiable range.
    public var range: Range<UInt64> {
        switch extent {
        case .whole: 0..<length
        case .part(let range): range
        case .unsatisfiable: 0..<0
        }
    }

    private let plan: Plan
    private let isContinuable: Bool
    private let parts: DownloadParts
    private let visitor: ShareVisitor
    /// Nil for a response without a body.
    private let place: DownloadQueue.Place?

    init(_ answer: PlanBoard.Answer, parts: DownloadParts, visitor: ShareVisitor, place: DownloadQueue.Place?) {
        (plan, isContinuable) = (answer.plan, answer.isContinuable)
        (self.parts, self.visitor, self.place) = (parts, visitor, place)
        length = plan.layout.length
        (etag, fileName) = (plan.layout.etag, plan.layout.fileName)
        // A file's time may lie in the future; that of a response must not. Source: RFC 9110 §8.8.2.1.
        lastModifiedUnixSeconds = min(plan.layout.lastModifiedUnixSeconds, Int64(parts.now()))
        extent = answer.range.map { $0.resolved(length: answer.plan.layout.length).map(Extent.part) ?? .unsatisfiable } ?? .whole
    }

    /// Sends the response's bytes in order. Counts the download at its first byte and keeps how it ended. To be called once.
    ///
    /// - Parameter sink: takes pieces of at most about 1 MiB and returns when there is room for more.
    /// - Throws: ``SharingError``: sourceChanged, sourceUnavailable, downloadStopped, shareEnded; what the sink throws; `CancellationError`. What
    ///   was sent until then is not the whole, and must not look so.
    public func write(to sink: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        let range = range
        guard !range.isEmpty else { return }
        let running = RunningDownload(shareID: plan.shareID, bytes: UInt64(range.count))
        parts.active.begin(running)
        defer { parts.active.end(running) }
        let access = try await start(range)
        do {
            try await running.run { [self] in try await send(range, running, to: sink) }
        } catch {
            let problem = running.isStopped ? SharingError.downloadStopped : error
            await end(access, running, problem)
            throw problem
        }
        await end(access, running, nil)
    }

    private func start(_ range: Range<UInt64>) async throws -> ShareAccess.ID {
        do {
            return try await parts.ledger.startDownload(
                plan.id, range: extent == .whole ? nil : range.lowerBound...(range.upperBound - 1), isContinuable: isContinuable,
                visitor: visitor)
        } catch let error as LedgerError where error.code == .shareEnded {
            throw SharingError.shareEnded
        } catch let error as LedgerError where error.code == .noSuchPlan {
            throw SharingError.sourceChanged
        }
    }

    private func send(_ range: Range<UInt64>, _ running: RunningDownload, to sink: @Sendable ([UInt8]) async throws -> Void) async throws {
        let open = parts.archives.archive(of: plan)
        let own = Throttle(bytesPerSecond: parts.bytesPerSecond)
        let piece = min(own.piece, parts.throttle.piece)
        try await open.archive.write(range) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let next = rest.count > piece ? Array(rest.prefix(piece)) : rest.count == bytes.count ? bytes : Array(rest)
                rest = rest.dropFirst(next.count)
                try await own.pass(next.count)
                try await parts.throttle.pass(next.count)
                // Before they go: of a piece that is cut, nobody knows how much arrived.
                running.add(next.count)
                try await sink(next)
            }
        }
    }

    /// Keeps how it ended, also when whoever asked has gone.
    private func end(_ access: ShareAccess.ID, _ running: RunningDownload, _ problem: (any Error)?) async {
        let code = problem.map { ($0 as? SharingError)?.code.rawValue ?? "INTERRUPTED" } ?? "ok"
        let reachesEnd = problem == nil && range.upperBound == length
        await Task { [parts, plan] in
            do {
                if (problem as? SharingError)?.code == .sourceChanged { try await parts.ledger.voidPlan(plan.id) }
                try await parts.ledger.endDownload(access, bytes: Int64(running.sent), code: code, reachesEnd: reachesEnd)
            } catch {
                // The ledger tells of its failures at the next call; what is sent is sent, and this row is ended when it is opened again.
            }
        }.value
    }
}

/// What every download uses.
struct DownloadParts: Sendable {
    let ledger: Ledger
    let active: ActiveDownloads
    let archives: OpenArchives
    /// For all downloads together.
    let throttle: Throttle
    /// For each.
    let bytesPerSecond: Int?
    let now: @Sendable () -> Double
}
