import Catalogue
import CommandLineInterface
import Configuration
import Foundation
import Indexing
import SourceAccess

/// `status`, `pause`, `resume`, `cancel`, `confirm`.
enum JobCommands {
    // MARK: status

    static func status(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let server = try context.remote()
        let job = try await jobNumber(options.job, context, server)
        let (status, place) =
            if let server { (try await RemoteJobs(server: server).status(), options.general.remote.url ?? "") } else {
                (try await localStatus(context.folder), context.folder.path)
            }
        let shown = status.jobs.filter { job == nil || $0.id == job }.sorted { $0.id > $1.id }
        if let job, shown.isEmpty { throw Failure("There is no job \(job).", .noSuchSource) }
        if options.general.writesJSON {
            var totals = CatalogueTotals()
            (totals.patients, totals.studies, totals.series) = (status.patientCount, status.studyCount, status.seriesCount)
            try Terminal.print(String(decoding: try IndexStatus(status, jobs: shown, totals: totals).json(), as: UTF8.self))
            return .done
        }
        try Terminal.print(
            "\(Quantity.count(status.patientCount, "patient", "patients")), \(Quantity.count(status.studyCount, "study", "studies")), "
                + "\(Quantity.count(status.seriesCount)) series in \(place)")
        try Terminal.print(shown.isEmpty ? "No job was ever begun. `fileroom index SOURCE` starts one." : table(shown))
        for job in shown where !job.message.isEmpty {
            let again = job.retryAt.map { " It is tried again at \($0)." } ?? ""
            try Terminal.print("job \(job.id): \(DisplayText.neutralized(job.message))\(again)")
        }
        return .done
    }

    /// The jobs that run, as their process sees them, and every other source's last one, as the catalogue has it.
    private static func localStatus(_ folder: DataFolder) async throws -> IndexStatus {
        let live = try await Context.ifOwned(folder) { try IndexStatus(json: try await $0.answer(APICall("GET", statusPath)).body) }
        let (known, totals) = try await blocking { (try jobs(folder), try JobReader(path: folder.catalogue).totals()) }
        let liveJobs = live?.jobs ?? []
        let all = liveJobs + known.filter { record in !liveJobs.contains { $0.id == record.id } }
        return IndexStatus(live, jobs: all, totals: totals)
    }

    private static let statusPath = ["api", "index", "status"]

    private static func table(_ jobs: [IndexStatus.Job]) -> String {
        var table = TextTable(columns: [
            .init("JOB", isRightAligned: true), .init("SOURCE"), .init("STATE"), .init("FILES", isRightAligned: true),
            .init("DICOM", isRightAligned: true), .init("ERRORS", isRightAligned: true), .init("FOLDERS LEFT", isRightAligned: true),
            .init("RATE"),
            .init("METHOD"),
        ])
        for job in jobs {
            table.append([
                String(job.id), job.source, job.state == "running" ? "\(job.state) (\(job.stage))" : job.state,
                "\(Quantity.count(job.filesProcessed))/\(Quantity.count(job.enumeratedFiles))", Quantity.count(job.dicomFiles),
                Quantity.count(job.errors), Quantity.count(job.foldersLeft),
                job.state == "running" ? Quantity.rate(job.filesPerSecond) : "",
                job.method,
            ])
        }
        return table.text(style: Terminal.outputStyle)
    }

    /// Every source's last job, as the catalogue has it.
    @Sendable private static func jobs(_ folder: DataFolder) throws -> [IndexStatus.Job] {
        let reader = try JobReader(path: folder.catalogue)
        return try reader.jobs(onlyLast: true).map { record in
            var job = IndexStatus.Job(record)
            job.lastErrors = try reader.lastErrors(of: record.id).map(ErrorReport.init)
            return job
        }
    }

    // MARK: pause, resume, cancel

    /// What a job can be asked.
    enum Wish: String {
        case pause, resume, cancel

        var words: String {
            switch self {
            case .pause: "Pausing"
            case .resume: "Resuming"
            case .cancel: "Cancelling"
            }
        }
    }

    static func pause(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        guard let asked = try await ask(.pause, options, context) else {
            throw Failure("No job is running in \(context.folder.path). See `fileroom status`.", .noSuchSource)
        }
        return try report(asked, .pause, options)
    }

    static func cancel(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        if let asked = try await ask(.cancel, options, context) { return try report(asked, .cancel, options) }
        // Nobody runs it: its row is all there is to change.
        let job = try await jobNumber(options.job, context, nil)
        _ = try await unfinished(context.folder, job: job)
        let cancelled = try await Owner.run(context) { owner in
            try await send(.cancel, job, to: owner.client)
        } ask: {
            try await Context.ifOwned(context.folder) { try await send(.cancel, job, to: $0) }
        }
        return try report(cancelled, .cancel, options)
    }

    static func resume(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        if let asked = try await ask(.resume, options, context) { return try report(asked, .resume, options) }
        let job = try await jobNumber(options.job, context, nil)
        let open = try await unfinished(context.folder, job: job)
        let orders = IndexOrders(open, name: \.sourceName) { record in
            var order = try IndexOrder(json: record.options)
            if try context.isOwnersToKnow(order.source) { return order }
            let source = try context.source(order.source)
            try SourceOpening.refuseDisabled(source)
            order.password = try context.password(for: source, username: order.username ?? source.username, file: order.passwordFile)
            return order
        }
        if orders.orders.isEmpty, let refusal = orders.refusals.first { throw refusal }
        let summary = try await Owner.runIfFree(context) { await JobRun(owner: $0).run(orders) }
        guard let summary else { throw Failure("Another process has just taken the data folder: try again.") }
        return try summary.show(writesJSON: options.general.writesJSON)
    }

    /// Asks the server that is named, or the process that owns the data folder.
    ///
    /// - Returns: the jobs that were asked; nil when there is no such process.
    private static func ask(_ wish: Wish, _ options: JobOptions, _ context: Context) async throws -> [Int64]? {
        let server = try context.remote()
        let job = try await jobNumber(options.job, context, server)
        if let server { return try await send(wish, job, to: server) }
        do {
            return try await send(wish, job, to: HTTPAPIClient(owner: context.folder.path))
        } catch let gone as OwnerGone {
            // Whatever else is wished, this process can do once that one has ended.
            guard gone.isEnding, wish == .pause else { return nil }
            throw Failure("The process that runs the jobs is being stopped: they keep their place. See `fileroom status`.")
        }
    }

    private static func send(_ wish: Wish, _ job: Int64?, to client: any APIClient) async throws -> [Int64] {
        struct Asked: Decodable { var jobs: [Int64] }
        struct Which: Encodable, Sendable { var job: Int64? }
        var call = try APICall("POST", ["api", "index", wish.rawValue], body: Which(job: job))
        // Continuing a job may mean to reach a share.
        call.mayTakeLong = wish == .resume
        return try await client.answer(call).decoded(as: Asked.self).jobs
    }

    private static func unfinished(_ folder: DataFolder, job: Int64?) async throws -> [JobRecord] {
        let open = try await lastJobs(folder).filter { record in
            (job == nil || record.id == job) && (record.state == .paused || record.state == .failed || record.state == .running)
        }
        if open.isEmpty {
            throw Failure(job.map { "Job \($0) is not paused." } ?? "No job is paused. `fileroom index SOURCE` starts one.", .noSuchSource)
        }
        return open
    }

    private static func report(_ jobs: [Int64], _ wish: Wish, _ options: JobOptions) throws -> ExitCode {
        if options.general.writesJSON {
            let list = jobs.map(String.init).joined(separator: ",")
            try Terminal.print(#"{"command":"\#(wish.rawValue)","jobs":[\#(list)]}"#)
        } else {
            try Terminal.print("\(wish.words) \(jobs.map { "job \($0)" }.joined(separator: ", "))")
        }
        return .done
    }

    // MARK: Pieces

    /// Every source's last job.
    ///
    /// - Throws: ``Failure``; where there is no catalogue, there is no job either.
    private static func lastJobs(_ folder: DataFolder) async throws -> [JobRecord] {
        do {
            return try await blocking { try JobReader(path: folder.catalogue).jobs(onlyLast: true) }
        } catch let error as CatalogueError where error.code == .missing {
            throw Failure(error.description, .noSuchSource)
        }
    }

    /// JOB is a job's number or a source's name.
    ///
    /// - Parameter server: whose jobs are meant; nil for those of the data folder.
    static func jobNumber(_ text: String?, _ context: Context, _ server: (any APIClient)?) async throws -> Int64? {
        guard let text else { return nil }
        if let number = Int64(text) { return number }
        let job =
            if let server { try await RemoteJobs(server: server).last(ofSource: text)?.id } else {
                try await lastJobs(context.folder).first { $0.sourceName == text }?.id
            }
        guard let job else {
            throw Failure("There is no job \(text). JOB is a number from `fileroom status`, or a source's name.", .noSuchSource)
        }
        return job
    }
}

/// The jobs of a server that is not on this machine.
struct RemoteJobs {
    private struct Page: Decodable {
        var jobs: [IndexStatus.Job]
        var cursor: String?
    }
    let server: any APIClient

    /// What runs, and every other source's last job.
    func status() async throws -> IndexStatus {
        var status = try IndexStatus(json: try await server.answer(APICall("GET", ["api", "index", "status"])).body)
        var sources = Set(status.jobs.map(\.url))
        var cursor: String?
        repeat {
            let page: Page = try await server.get("api", "index", "jobs", query: [("limit", "1000"), ("after", cursor)])
            status.jobs += page.jobs.filter { sources.insert($0.url).inserted }
            cursor = page.cursor
        } while cursor != nil
        return status
    }

    func last(ofSource name: String) async throws -> IndexStatus.Job? {
        let page: Page = try await server.get("api", "index", "jobs", query: [("source", name), ("limit", "1")])
        return page.jobs.first
    }
}
