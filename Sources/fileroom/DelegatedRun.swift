import Catalogue
import CommandLineInterface
import Configuration
import Foundation
import Indexing

/// Has the process that owns the data folder run orders, and shows how they go.
struct DelegatedRun {
    let owner: any APIClient
    let folder: DataFolder

    /// - Throws: ``OwnerGone`` when that process takes no orders. Had it begun a job already, asking again continues it.
    func run(_ orders: IndexOrders) async throws -> JobSummary {
        var orders = orders
        var jobs: Set<Int64> = []
        for order in orders.orders {
            do {
                jobs.insert(try await OwnerCalls.hand(order, to: owner))
            } catch let failure as Failure {
                orders.refuse(order.source, failure)
            }
        }
        if !jobs.isEmpty {
            Terminal.note("The process that owns the data folder runs the job; `fileroom pause`, `resume` and `cancel` steer it.")
        }
        do {
            try await JobWatch(server: owner, jobs: jobs).follow()
        } catch is OwnerGone {
            // It ends with its last job.
        }
        // As the catalogue has it, since nobody may be there to ask.
        let ended = try await blocking { [jobs, folder] in
            let reader = try JobReader(path: folder.catalogue)
            let records = try jobs.sorted().compactMap { try reader.job($0) }
            return IndexStatus(nil, jobs: records.map(IndexStatus.Job.init), totals: try reader.totals())
        }
        return JobSummary(ended, jobs: jobs, refusals: orders.refusals)
    }
}

/// Has a server index sources that it knows.
struct RemoteIndexing {
    private struct Order: Encodable, Sendable {
        var source: String
        var full: Bool?
        var workers: String?
        var method: String?
        var allNames: Bool?
    }
    private struct Begun: Decodable { var job: Int64 }
    private struct Sources: Decodable {
        struct Source: Decodable {
            var name: String
            var isEnabled: Bool
        }
        var sources: [Source]
    }
    let server: any APIClient
    let options: IndexOptions

    func run() async throws -> JobSummary {
        if options.rebuildsCatalogue || options.name != nil || options.credentials != CredentialOptions() {
            throw Failure("--rebuild, --name, --username and --password-file are not for a server: declare the source there.", .usage)
        }
        var failures: [Failure] = []
        var jobs: Set<Int64> = []
        let names = try await names()
        for name in names {
            do {
                let answer = try await server.answer(try call(name))
                jobs.insert(try answer.decoded(as: Begun.self).job)
            } catch let failure as Failure {
                failures.append(names.count > 1 ? Failure("\(name): \(failure.text)", failure.exitCode) : failure)
            }
        }
        if jobs.isEmpty { throw Refusals(failures: failures) }
        Terminal.note("The server runs the job; `fileroom pause`, `resume` and `cancel` with --server steer it.")
        try await JobWatch(server: server, jobs: jobs).follow()
        var status = try IndexStatus(json: try await server.answer(APICall("GET", ["api", "index", "status"])).body)
        status.jobs = []
        for job in jobs.sorted() { status.jobs.append(try await server.get("api", "index", "jobs", String(job))) }
        return JobSummary(status, jobs: jobs, refusals: failures)
    }

    private func names() async throws -> [String] {
        if !options.sources.isEmpty { return options.sources }
        let known: Sources = try await server.get("api", "sources")
        let enabled = known.sources.filter(\.isEnabled).map(\.name)
        if enabled.isEmpty { throw Failure("The server has no source that is enabled. Declare one there.", .noSuchSource) }
        return enabled
    }

    private func call(_ source: String) throws -> APICall {
        let workers: String? = options.workers.map { workers in
            switch workers {
            case .automatic: "auto"
            case .fixed(let count): String(count)
            }
        }
        var call = try APICall(
            "POST", ["api", "index", "start"],
            body: Order(
                source: source, full: options.opensUnchangedFiles ? true : nil, workers: workers, method: options.method?.rawValue,
                allNames: options.includesAllNames ? true : nil))
        call.mayTakeLong = true
        return call
    }
}

/// Shows how jobs of another process go until they have ended.
struct JobWatch {
    let server: any APIClient
    let jobs: Set<Int64>

    private static let interval = Duration.milliseconds(250)

    /// - Throws: ``OwnerGone`` when that process ended.
    func follow() async throws {
        if jobs.isEmpty { return }
        let view = ProgressView(total: jobs.count)
        defer { view.finish() }
        func isOpen(_ job: IndexStatus.Job) -> Bool { jobs.contains(job.id) && (job.state == "running" || job.state == "paused") }
        while true {
            let status = try IndexStatus(json: try await server.answer(APICall("GET", ["api", "index", "status"])).body)
            guard status.jobs.contains(where: isOpen) else { return }
            view.show(status, only: jobs)
            try await Task.sleep(for: Self.interval)
        }
    }
}
