import Catalogue
import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Indexing
import SourceAccess

/// `fileroom index`: runs jobs here, or has the process that owns the data folder run them, and shows how they go.
struct IndexCommand {
    private let options: IndexOptions
    private let context: Context

    /// Runs the command. However it fails, there is a summary: a program reads it.
    static func run(_ options: IndexOptions) async throws -> ExitCode {
        var folder = Context.folder(withoutConfiguration: options.general)
        let summary: JobSummary
        do {
            let command = try IndexCommand(options)
            folder = command.context.folder
            if let server = try command.context.remote() {
                summary = try await RemoteIndexing(server: server, options: options).run()
            } else {
                summary = try await command.run()
            }
        } catch is CancellationError {
            summary = await JobSummary(refusals: [], isCutShort: true, folder)
        } catch {
            summary = await JobSummary(refusals: (error as? Refusals)?.failures ?? [Failure(error)], folder)
        }
        return try summary.show(writesJSON: options.general.writesJSON)
    }

    private init(_ options: IndexOptions) throws {
        self.options = options
        context = try Context(options.general)
    }

    private func run() async throws -> JobSummary {
        var orders = try orders()
        if orders.orders.isEmpty { throw Refusals(failures: orders.refusals) }
        return try await Owner.run(
            context,
            prepare: { signals in
                if options.rebuildsCatalogue { orders = try await Rebuild(folder: context.folder, signals: signals).prepare(orders) }
            },
            own: { await JobRun(owner: $0).run(orders) },
            ask: {
                if options.rebuildsCatalogue {
                    throw Failure("Another process uses the data folder: stop it before the catalogue is rebuilt.")
                }
                return try await Context.ifOwned(context.folder) { try await DelegatedRun(owner: $0, folder: context.folder).run(orders) }
            })
    }

    private func configuredSources() throws -> [SourceConfiguration] {
        let enabled = context.configuration.sources.filter(\.isEnabled)
        guard enabled.isEmpty else { return enabled }
        let configured = context.configurationFile.map { "\($0) has none that is enabled" } ?? "there is no config.json here"
        throw Failure(
            "No SOURCE is given, and \(configured). Give one, such as smb://nas/radiology or a folder, or configure one.", .usage)
    }

    private func orders() throws -> IndexOrders {
        if options.sources.isEmpty { return IndexOrders(try configuredSources(), name: \.name, order) }
        // Who rebuilds a catalogue has none yet that could tell an owner's sources.
        let isOwners = try options.sources.map { try !options.rebuildsCatalogue && context.isOwnersToKnow($0) }
        let known = try zip(options.sources, isOwners).map { argument, isOwners in isOwners ? nil : try context.source(argument) }
        return IndexOrders(Array(zip(options.sources, known)), name: { $1?.name ?? $0 }) { argument, source in
            try source.map(order) ?? wishes(IndexOrder(source: argument))
        }
    }

    private func order(_ source: SourceConfiguration) throws -> IndexOrder {
        try SourceOpening.refuseDisabled(source)
        let isConfigured = context.configuration.sources.contains { $0.name == source.name }
        var order = wishes(IndexOrder(source: isConfigured ? source.name : source.address.canonicalURL))
        if order.username == nil, !source.username.isEmpty { order.username = source.username }
        order.configuration = context.configurationFile
        order.password = try context.password(for: source, username: order.username ?? "", file: order.passwordFile)
        return order
    }

    /// What the arguments say besides the source.
    private func wishes(_ order: IndexOrder) -> IndexOrder {
        var order = order
        order.name = options.name
        order.workers = options.workers.map { workers in
            switch workers {
            case .automatic: "auto"
            case .fixed(let count): String(count)
            }
        }
        order.method = options.method?.rawValue
        order.full = options.opensUnchangedFiles
        order.allNames = options.includesAllNames
        order.username = options.credentials.username
        order.passwordFile = options.credentials.passwordFile.map { Context.absolute($0, FileManager.default.currentDirectoryPath) }
        return order
    }
}

/// Runs orders in this process and shows how they go.
struct JobRun {
    let owner: Owner

    func run(_ orders: IndexOrders) async -> JobSummary {
        var orders = orders
        var started: [Int64] = []
        var isCutShort = false
        for order in orders.orders {
            do {
                started.append(try await owner.start(order))
            } catch {
                isCutShort = owner.isStopped
                if isCutShort { break }
                orders.refuse(order.source, Failure(error))
            }
        }
        let board = owner.board
        let progress = Task { await ProgressView(total: started.count).follow { await board.status } }
        await board.close()
        progress.cancel()
        await progress.value
        // The board counts while a job runs, and there may have been none.
        let status = IndexStatus(nil, jobs: await board.status.jobs, totals: await owner.service.catalogue.totals)
        return JobSummary(status, jobs: Set(started), refusals: orders.refusals, isCutShort: isCutShort)
    }
}
