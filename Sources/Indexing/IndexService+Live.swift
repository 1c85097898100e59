internal import Catalogue
internal import Configuration
public import FileSource
public import Foundation
internal import SourceAccess

extension IndexService {
    // MARK: Status

    /// What `index_status.json` says now.
    public nonisolated var status: IndexStatus {
        get async { await board.status }
    }

    /// Why the server cannot do its work now; nil when it can.
    public var problem: String? {
        get async {
            if isStopping { return "the server is ending" }
            do {
                _ = try await readers.read { try $0.isReadable() }
                return nil
            } catch {
                return String(describing: error)
            }
        }
    }

    /// What the connections of a running job did so far; nil when no job reads the source over SMB.
    public nonisolated func metrics(ofSource url: String) async -> SMBMetrics? { await board.metrics(ofSource: url) }

    /// Listens to the status from now on.
    ///
    /// - Parameter lastID: of the event that the listener has already.
    public func listen(after lastID: UInt64?) async -> StatusFeed.Listener {
        await publish()
        let listener = feed.listen(after: lastID)
        if publishing == nil { publishing = Task { await self.keepPublishing() } }
        return listener
    }

    private static let publishingInterval = Duration.milliseconds(250)
    private static let heartbeatInterval = Duration.seconds(15)

    /// While anybody listens; nobody's status costs nothing.
    private func keepPublishing() async {
        var beaten = ContinuousClock.now
        while !Task.isCancelled, feed.listeners > 0 {
            await publish()
            if ContinuousClock.now - beaten >= Self.heartbeatInterval {
                feed.beat()
                beaten = .now
            }
            // Only cancelling ends this wait early.
            try? await Task.sleep(for: Self.publishingInterval)
        }
        publishing = nil
    }

    /// Publishes the status when it differs from what was published last.
    private func publish() async {
        let status = await board.status
        var comparable = status
        comparable.lastUpdated = ""
        // Asked side by side, an older one may come last.
        guard comparable != lastPublished, status.lastUpdated >= lastPublishedAt else { return }
        (lastPublished, lastPublishedAt) = (comparable, status.lastUpdated)
        // Numbers go on where a server before this one stopped, since they begin at the time.
        let id = max(UInt64(max(0, now() * 1_000)), (feed.latest?.id ?? 0) + 1)
        do {
            let full = try Array(status.json())
            let totals = try Array(IndexStatus.encoder.encode(IndexTotals(status)))
            feed.publish(StatusFeed.Event(id: id, full: Self.frame(id, full), totals: Self.frame(id, totals)))
        } catch {
            report("the status cannot be encoded: \(error)")
        }
    }

    /// Source: WHATWG HTML §9.2.5, the event stream format.
    private static func frame(_ id: UInt64, _ json: [UInt8]) -> [UInt8] {
        Array("event: status\nid: \(id)\ndata: ".utf8) + json + Array("\n\n".utf8)
    }

    // MARK: Schedules

    /// To be called when sources were declared, changed or removed.
    public func declarationsChanged() async throws {
        let declared = try await declarations.declaredSources()
        let scheduled = declared.filter { $0.configuration.isEnabled }.compactMap { source in
            source.configuration.schedule.map { (source.configuration.name, $0) }
        }
        schedules.update(Dictionary(scheduled) { first, _ in first }, now: Date(timeIntervalSince1970: now()))
        watch(declared)
        pause?.cancel()
    }

    /// When a source is scanned next by its schedule.
    public func nextRun(of name: String) -> Date? { schedules.next(of: name) }

    /// The longest that the clock is not looked at: it may be set.
    private static let longestPause = 30.0

    func keepSchedules() async {
        while !Task.isCancelled {
            await runDue()
            let wait = min(max((schedules.next?.timeIntervalSince1970 ?? .infinity) - now(), 0.05), Self.longestPause)
            // Ended early by a change of what is declared.
            let pause = Task { _ = try? await Task.sleep(for: .seconds(wait)) }
            self.pause = pause
            if isStopping { return }
            await pause.value
        }
    }

    /// Begins the scans whose time has come.
    func runDue() async {
        for name in schedules.takeDue(now: Date(timeIntervalSince1970: now())) {
            await rescan(name, because: "its schedule")
        }
    }

    /// Scans a source again unless somebody is at it, or has stopped it.
    func rescan(_ name: String, because reason: String) async {
        do {
            guard let source = try await declarations.declaredSources().source(name) else { return }
            let url = source.url
            if await board.openJob(ofSource: url) != nil {
                return report("\(name): not scanned for \(reason), since a job is there already")
            }
            let last = try await readers.read { try JobReader($0).lastJob(sourceURL: url) }
            if let last, last.state == .paused, !last.isInterrupted {
                return report("\(name): not scanned for \(reason), since job \(last.id) is paused")
            }
            let job = try await start(IndexOrder(source: name))
            report("\(name): job \(job) begun for \(reason)")
        } catch {
            report("\(name): not scanned for \(reason): \(error)")
        }
    }
}

/// What everybody who may search is told about jobs.
struct IndexTotals: Encodable {
    let running: Bool
    let lastUpdated: String
    let enumeratedFiles: Int
    let filesProcessed: Int
    let patientCount: Int
    let studyCount: Int
    let seriesCount: Int

    init(_ status: IndexStatus) {
        (running, lastUpdated) = (status.running, status.lastUpdated)
        (enumeratedFiles, filesProcessed) = (status.enumeratedFiles, status.filesProcessed)
        (patientCount, studyCount, seriesCount) = (status.patientCount, status.studyCount, status.seriesCount)
    }
}
