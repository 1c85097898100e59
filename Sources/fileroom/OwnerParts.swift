import Catalogue
import Configuration
import Foundation
import HTTPServer
import Indexing
import Ledger
import Sharing
import SourceAccess
import WebAPI

/// What the data folder is owned for.
struct OwnerRole: Sendable {
    /// Whether the process goes on when its jobs have ended.
    var isServer = false
    /// What SIGHUP does; nil leaves that signal to end the process.
    var reload: (@Sendable () -> Void)?
    var policy = Ledger.Policy()
    /// Where the pages' files are served; nil where they are not.
    var assets: String?
    /// Of a command: what went wrong inside. Everything else it tells itself.
    var log = JSONLog(now: wallClock) { line in
        let text = String(decoding: line, as: UTF8.self)
        if text.contains(#""level":"error""#) { Terminal.note(text.trimmingCharacters(in: .newlines)) }
    }

    /// A command that ends with its work, and tells its own person how it goes.
    static let command = OwnerRole()
}

/// What the owner of a data folder works with.
struct OwnerParts: Sendable {
    let service: IndexService
    let ledger: Ledger
    let sources: SourceRegister
    let shares: ShareService
    /// Where recipients reach the server.
    let address: PublicAddress
    let pages: RecipientPages
    let access: AccessLayer
    let metrics: Metrics
    let log: JSONLog
    /// What whoever may ask, on whichever socket.
    let routes: [APIRoute]
    /// The API as processes of this machine have it.
    let control: any Responder
    private let downloads: DownloadSources

    /// Opens databases. The caller owns the folder.
    static func open(_ context: Context, _ role: OwnerRole, _ signals: SignalWatch) async throws -> OwnerParts {
        let (folder, configuration, file, log) = (context.folder, context.configuration, context.configurationFile, role.log)
        let (ledger, sources, service) = try await blocking {
            var policy = role.policy
            policy.shares = ShareLimits(configuration.shares)
            let ledger = try Ledger(folder: folder.path, policy: policy)
            let sources = SourceRegister(configuration, file: file, ledger: ledger)
            let service = try IndexService(
                folder: folder, declarations: sources, isServer: role.isServer, environment: Terminal.environment,
                report: { log.event(.info, $0) })
            return (ledger, sources, service)
        }
        let access = AccessLayer(ledger: ledger, limits: RateLimits(percent: configuration.server.rateLimitPercent), log: log)
        let downloads = DownloadSources(sources, environment: Terminal.environment, connections: service.connections)
        let shares = ShareService(ledger: ledger, catalogue: service.readers, sources: downloads, settings: configuration.shares)
        let metrics = Metrics()
        metrics.add(service)
        metrics.add(shares, ledger: ledger)
        let local = LocalRoutes(
            service: service, begin: { order in try await signals.stoppable { try await service.start(asGiven: order) } },
            isEnding: { signals.isStopped })
        let address = PublicAddress(configured: configuration.server.publicURL)
        let pages = RecipientPages(assets: role.assets, resume: configuration.shares.resume)
        let sharing =
            ShareRoutes(
                ledger: ledger, service: shares, readers: service.readers, configuration: configuration.shares, address: address
            ).routes + RecipientRoutes(ledger: ledger, service: shares, pages: pages, address: address).routes
        let routes = routes(service, sources, ledger, metrics, sharing)
        return OwnerParts(
            service: service, ledger: ledger, sources: sources, shares: shares, address: address, pages: pages, access: access,
            metrics: metrics, log: log, routes: routes, control: access.responder(for: routes + local.routes, showing: pages.show),
            downloads: downloads)
    }

    private static func routes(
        _ service: IndexService, _ sources: SourceRegister, _ ledger: Ledger, _ metrics: Metrics, _ sharing: [APIRoute]
    ) -> [APIRoute] {
        let health = HealthRoutes(
            checks: [
                ("catalogue", { await wrong { try await service.readers.read { _ in } } }), ("ledger", { await wrong(ledger.checkHealth) }),
            ],
            metrics: metrics)
        let all =
            PeopleRoutes(ledger: ledger, version: Fileroom.version).routes + IndexRoutes(service: service).routes
            + SearchRoutes(readers: service.readers).routes + SourceRoutes(service: service, register: sources).routes + sharing
            + health.routes
        return OpenAPI.describing(all, version: Fileroom.version)
    }

    /// What is wrong with something, without details: anybody may ask.
    private static func wrong(_ check: () async throws -> Void) async -> String? {
        do {
            try await check()
            return nil
        } catch is CatalogueReaders.Overloaded {
            return "overloaded"
        } catch {
            return "cannot be read or written"
        }
    }

    /// Takes what the transport has to say.
    var report: EventSink {
        { [log] event in log.event(JSONLog.Level(rawValue: event.level.rawValue) ?? .info, event.message, requestID: event.requestID) }
    }

    /// Keeps in the audit trail what a signal asked of jobs. That they are paused must not wait for it, nor fail with it.
    func keep(_ wish: JobBoard.Wish, of jobs: [Int64], signal: String) async {
        let action =
            switch wish {
            case .pause, .stop: "index.pause"
            case .resume: "index.resume"
            case .cancel: "index.cancel"
            }
        let object = jobs.map { "job \($0)" }.joined(separator: ", ")
        do {
            try await ledger.record(AuditEntry(action, object: object, detail: signal, by: .local))
        } catch {
            Terminal.note("fileroom: \(signal) is not in the audit trail: \(error)")
        }
    }

    /// Ends downloads, and keeps what is not on the disk yet.
    func close() async {
        shares.close()
        await downloads.close()
        do {
            try await access.close()
            try await ledger.close()
        } catch {
            Terminal.note("fileroom: the last lines of the audit trail could not be written: \(error)")
        }
    }
}

extension ShareLimits {
    /// As configured.
    init(_ configuration: ShareConfiguration) {
        self.init()
        (longestValidity, resume) = (configuration.maximumExpiry / .seconds(1), configuration.resume / .seconds(1))
        (requiresPassword, attempts) = (configuration.requiresPassword, configuration.passwordAttempts)
        attemptsInTotal = configuration.passwordAttemptsInTotal
    }
}
