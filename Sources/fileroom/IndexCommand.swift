import Catalogue
import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Indexing

/// `fileroom index`: runs jobs here, or has the process that owns the data folder run them, and shows how they go.
struct IndexCommand {
    private let options: IndexOptions
    private let context: Context

    init(_ options: IndexOptions) throws {
        self.options = options
        context = try Context(options.general)
    }

    func run() async throws -> ExitCode {
        let orders = try orders()
        let patience = ContinuousClock.now + .seconds(10)
        while true {
            if let owner = try Owner.take(context.folder, rebuild: options.rebuildsCatalogue) {
                return try await JobRun(owner: owner, writesJSON: options.general.writesJSON).run(orders)
            }
            if options.rebuildsCatalogue {
                throw Failure("Another process uses the data folder: stop it before the catalogue is rebuilt.")
            }
            if let code = try await DelegatedRun(folder: context.folder, writesJSON: options.general.writesJSON).run(orders) { return code }
            // It has the folder and takes no orders: it is about to begin to, or about to end.
            guard .now < patience else {
                throw Failure("Another process uses the data folder, but does not answer. See `fileroom status`.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func orders() throws -> [IndexOrder] {
        let working = FileManager.default.currentDirectoryPath
        return try options.sources.map { argument in
            let source = try context.source(argument)
            let isConfigured = context.configuration.sources.contains { $0.name == source.name }
            var order = IndexOrder(source: isConfigured ? source.name : source.address.canonicalURL)
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
            order.username = options.credentials.username ?? (source.username.isEmpty ? nil : source.username)
            order.passwordFile = options.credentials.passwordFile.map { Context.absolute($0, working) }
            order.configuration = context.configurationFile
            order.password = try context.password(for: source, username: order.username ?? "", file: order.passwordFile)
            return order
        }
    }
}

/// Runs orders in this process and shows how they go.
struct JobRun {
    let owner: Owner
    let writesJSON: Bool

    func run(_ orders: [IndexOrder]) async throws -> ExitCode {
        var started: [Int64] = []
        var failures: [Failure] = []
        for order in orders {
            do {
                started.append(try await owner.start(order))
            } catch {
                failures.append(Failure(error))
            }
        }
        let board = owner.board
        let progress = Task { await ProgressView(total: started.count).follow { await board.status } }
        await board.close()
        progress.cancel()
        await progress.value
        var ends: [JobEnd] = []
        for job in started { if let end = await board.end(of: job) { ends.append(end) } }
        failures += ends.compactMap { end in end.error.map(Failure.init) }
        try JobSummary(await board.status, jobs: Set(started)).show(writesJSON: writesJSON)
        for failure in failures { Terminal.note("fileroom: " + failure.text) }
        if let failure = failures.first { return failure.exitCode }
        guard ends.contains(where: { $0.record.state == .paused }) else { return .done }
        Terminal.note("Paused. `fileroom resume` or the same command continues.")
        return .paused
    }
}

/// Has the process that owns the data folder run orders, and shows how they go.
private struct DelegatedRun {
    let folder: DataFolder
    let writesJSON: Bool

    /// - Returns: nil when that process takes no orders.
    func run(_ orders: [IndexOrder]) async throws -> ExitCode? {
        var jobs: [Int64] = []
        for order in orders {
            let json = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
            let reply: ControlReply?
            do {
                reply = try await ask(ControlRequest(command: "index", order: json))
            } catch is ControlError {
                // It ended while it was asked. Had it begun the job already, asking again continues it.
                return nil
            }
            guard let reply, reply.isEnding != true else { return nil }
            if let error = reply.error { throw Failure(error, ExitCode(rawValue: reply.exitCode ?? 1) ?? .failure) }
            jobs += reply.jobs ?? []
        }
        Terminal.note("The process that owns the data folder runs the job; `fileroom pause`, `resume` and `cancel` steer it.")
        let wanted = Set(jobs)
        let view = ProgressView(total: jobs.count)
        func isOpen(_ job: IndexStatus.Job) -> Bool { wanted.contains(job.id) && (job.state == "running" || job.state == "paused") }
        while let status = try await status(), status.jobs.contains(where: isOpen) {
            view.show(status, only: wanted)
            try await Task.sleep(for: .milliseconds(250))
        }
        view.finish()
        let ended = try await blocking { [folder] in try Self.ended(wanted, folder) }
        let summary = JobSummary(ended, jobs: wanted)
        try summary.show(writesJSON: writesJSON)
        for job in ended.jobs where job.state == "failed" { Terminal.note("fileroom: " + job.message) }
        return summary.exitCode
    }

    /// How the jobs ended, as the catalogue has it: the owner ends with its last job, and then nobody is there to ask.
    @Sendable private static func ended(_ jobs: Set<Int64>, _ folder: DataFolder) throws -> IndexStatus {
        let reader = try JobReader(path: folder.catalogue)
        let records = try jobs.sorted().compactMap { try reader.job($0) }
        return IndexStatus(nil, jobs: records.map(IndexStatus.Job.init), totals: try reader.totals())
    }

    private func status() async throws -> IndexStatus? {
        let request = ControlRequest(command: "status")
        do {
            return try await ask(request)?.status
        } catch is ControlError {
            // It may have ended while it was asked; then nobody listens any more.
            return try await ask(request)?.status
        }
    }

    private func ask(_ request: ControlRequest) async throws -> ControlReply? {
        try await blocking { [folder] in try ControlClient.ask(folder, request) }
    }
}
