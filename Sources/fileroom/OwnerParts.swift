import Configuration
import Foundation
import HTTPServer
import Indexing
import Ledger
import WebAPI

/// What the data folder is owned for.
struct OwnerRole: Sendable {
    /// Whether the process goes on when its jobs have ended.
    var isServer = false
    /// What SIGHUP does; nil leaves that signal to end the process.
    var reload: (@Sendable () -> Void)?
    /// Takes what the operator should know.
    var log: @Sendable (ServerEvent.Level, String) -> Void = { _, _ in }

    /// A command that ends with its work.
    static let command = OwnerRole()
}

/// What the owner of a data folder works with.
struct OwnerParts: Sendable {
    let service: IndexService
    let ledger: Ledger
    let sources: SourceRegister
    /// The API as processes of this machine have it.
    let control: any Responder

    /// Opens databases. The caller owns the folder.
    static func open(_ context: Context, _ role: OwnerRole, _ signals: SignalWatch) async throws -> OwnerParts {
        let (folder, configuration, file) = (context.folder, context.configuration, context.configurationFile)
        return try await blocking {
            let ledger = try Ledger(folder: folder.path)
            let sources = SourceRegister(configuration, file: file, ledger: ledger)
            let service = try IndexService(
                folder: folder, declarations: sources, isServer: role.isServer, environment: Terminal.environment,
                report: { role.log(.info, $0) })
            let local = LocalRoutes(
                service: service, begin: { order in try await signals.stoppable { try await service.start(asGiven: order) } },
                isEnding: { signals.isStopped })
            let routes = IndexRoutes(service: service).routes + SearchRoutes(readers: service.readers).routes + local.routes
            return OwnerParts(
                service: service, ledger: ledger, sources: sources, control: ProvisionalAPI.responder(routes))
        }
    }
}
