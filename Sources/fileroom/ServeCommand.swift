import CommandLineInterface
import Configuration
import Foundation
import HTTPServer
import Indexing
import Ledger
import Sharing
import Synchronization
import WebAPI

/// `fileroom serve`: puts the parts together, and ends them in order.
struct ServeCommand {
    private let context: Context
    private let settings: ServeSettings
    private let pages: StaticFiles?
    private let lines = LogLines()
    private let log: JSONLog

    static func run(_ options: ServeOptions) async throws -> ExitCode {
        try await ServeCommand(options).run()
    }

    private init(_ options: ServeOptions) async throws {
        let context = try Context(options.general)
        self.context = context
        settings = try ServeSettings(options, context.configuration.server, workingFolder: FileManager.default.currentDirectoryPath)
        log = JSONLog(now: wallClock, write: lines.write)
        pages = try await blocking {
            try WebFolder.find(configured: context.configuration.server.webFolder, program: WebFolder.program).map(
                StaticFiles.init(folder:))
        }
        if pages == nil { log.event(.warning, "no web folder was found beside the program: the API is served, and no pages") }
    }

    private func run() async throws -> ExitCode {
        let reload = Reload()
        var certificate: Certificate?
        let role = OwnerRole(
            isServer: true, reload: { reload() }, policy: policy, assets: pages?.base, log: log)
        let taken = try await Owner.take(context, as: role) { _ in
            certificate = try await blocking { [settings, folder = context.folder] in try Certificate(settings, folder: folder, now: Date())
            }
        }
        guard let owner = taken else {
            throw Failure(
                "Another process uses \(context.folder.path): a server, or `fileroom index`. Stop it first, or wait until it ends.")
        }
        reload.set { [context, log, certificate] in Self.reload(context, owner.parts, certificate, log) }
        do {
            try await serve(owner, certificate)
        } catch {
            await owner.end()
            throw error
        }
        reload.set {}
        await owner.end()
        log.event(.info, "stopped")
        await lines.flush()
        return .done
    }

    /// Listens until the process is asked to end.
    private func serve(_ owner: Owner, _ certificate: Certificate?) async throws {
        let site = PublicSite(
            parts: owner.parts, pages: pages, trustedProxies: settings.server.trustedProxies,
            isCertificateReal: certificate.map { !$0.credentials.isSelfSigned } ?? false)
        let listener = Listener.tcp(host: settings.listen.host, port: settings.listen.port, tls: certificate?.credentials)
        let server = try await HTTPServer.start(
            listening: [listener], limits: limits, report: owner.parts.report, responder: site.responder)
        owner.parts.metrics.add(.gauge, "fileroom_http_connections", "Open connections.") { [.init(Double(server.openConnections))] }
        do {
            try await owner.service.begin()
            let port = server.addresses.first?.port ?? settings.listen.port
            log.event(.info, "listening on \(settings.listen.host), port \(port)\(settings.tls == .none ? ", without TLS" : "")")
            owner.parts.address.isServed(at: settings.address(port: port))
            try await announce(owner, settings.address(port: port))
        } catch {
            await server.stop(deadline: .seconds(1))
            throw error
        }
        SystemdNotice.send("READY=1")
        let tidying = Task { await tidy(owner.parts) }
        await owner.signals.stopped()
        tidying.cancel()
        SystemdNotice.send("STOPPING=1")
        log.event(.info, "stopping: running requests are answered, jobs keep their place")
        // Side by side: streams of events end with the jobs' service.
        async let jobs: Void = owner.service.stop()
        await server.stop(deadline: Self.patience)
        await jobs
    }

    /// Forgets downloads that nobody can resume any more, again and again until it is cancelled.
    private func tidy(_ parts: OwnerParts) async {
        repeat {
            do {
                try await parts.shares.removeOldPlans()
            } catch {
                log.event(.error, "old downloads could not be forgotten: \(Failure(error).text)")
            }
            // Whoever cancels it asks for its end.
            try? await Task.sleep(for: .seconds(600))
        } while !Task.isCancelled
    }

    /// How long running requests may take to end.
    private static let patience = Duration.seconds(10)

    private func announce(_ owner: Owner, _ address: String) async throws {
        try Terminal.print("Fileroom is at \(address)")
        if settings.tls == .selfSigned {
            try Terminal.print("Its certificate is its own, for a try-out: the browser will warn of it.")
        }
        if let token = try await owner.parts.ledger.makeSetupToken() {
            try Terminal.print("There is no user yet. Set up the first admin, once, at\n  \(address)/setup#token=\(token)")
        }
    }

    private var limits: Limits {
        var limits = Limits()
        limits.connections = settings.server.connections
        limits.connectionsPerAddress = settings.server.connectionsPerAddress
        limits.inactivity = settings.server.requestTimeout
        limits.trustedProxies = settings.server.trustedProxies
        return limits
    }

    private var policy: Ledger.Policy {
        var policy = Ledger.Policy()
        policy.sessionIdle = settings.server.sessionIdle / .seconds(1)
        policy.sessionLongest = settings.server.sessionMaximum / .seconds(1)
        return policy
    }

    /// SIGHUP: the certificate's files and the configured sources, each for itself. What cannot be used leaves what was there.
    private static func reload(_ context: Context, _ parts: OwnerParts, _ certificate: Certificate?, _ log: JSONLog) {
        Task {
            do {
                try await blocking { try certificate?.reload() }
                log.event(.info, "the certificate was read again")
            } catch {
                log.event(.error, "the certificate stays as it was: \(Failure(error).text)")
            }
            do {
                let configuration = try await blocking { try context.configurationFile.map { try FileroomConfiguration(file: $0) } }
                parts.sources.reload(configuration ?? FileroomConfiguration(), file: context.configurationFile)
                try await parts.service.declarationsChanged()
                log.event(.info, "the configured sources were read again")
            } catch {
                log.event(.error, "the configured sources stay as they were: \(Failure(error).text)")
            }
        }
    }
}

/// What SIGHUP does, which is known only some time after signals are watched for.
private final class Reload: Sendable {
    private let action = Mutex<@Sendable () -> Void>({})

    func set(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }

    func callAsFunction() { action.withLock { $0 }() }
}
