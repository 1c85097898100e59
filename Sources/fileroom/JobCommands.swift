import Catalogue
import CommandLineInterface
import Configuration
import Foundation
import Indexing

/// `status`, `pause`, `resume`, `cancel`, `errors`, `confirm`.
enum JobCommands {
    // MARK: status

    static func status(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let folder = context.folder
        let job = try await jobNumber(options.job, context)
        let live = try await ask(folder, ControlRequest(command: "status"))?.status
        let known = try await blocking { try jobs(folder) }
        let liveJobs = live?.jobs ?? []
        let all = liveJobs + known.filter { record in !liveJobs.contains { $0.id == record.id } }
        let shown = all.filter { job == nil || $0.id == job }.sorted { $0.id > $1.id }
        if let job, shown.isEmpty { throw Failure("There is no job \(job).", .noSuchSource) }
        let totals = try await blocking { try JobReader(path: folder.catalogue).totals() }
        if options.general.writesJSON {
            let status = IndexStatus(live, jobs: shown, totals: totals)
            try Terminal.print(String(decoding: try status.json(), as: UTF8.self))
            return .done
        }
        try Terminal.print(
            "\(Quantity.count(totals.patients, "patient", "patients")), \(Quantity.count(totals.studies, "study", "studies")), "
                + "\(Quantity.count(totals.series)) series in \(folder.path)")
        try Terminal.print(table(shown))
        for job in shown where !job.message.isEmpty { try Terminal.print("job \(job.id): \(DisplayText.neutralized(job.message))") }
        return .done
    }

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

    static func ask(_ command: String, _ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let job = try await jobNumber(options.job, context)
        guard let reply = try await ask(context.folder, ControlRequest(command: command, job: job)) else {
            throw Failure("No job is running in \(context.folder.path). See `fileroom status`.", .noSuchSource)
        }
        return try report(reply, command, writesJSON: options.general.writesJSON)
    }

    static func cancel(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let job = try await jobNumber(options.job, context)
        if let reply = try await ask(context.folder, ControlRequest(command: "cancel", job: job)) {
            return try report(reply, "cancel", writesJSON: options.general.writesJSON)
        }
        // Nobody runs it: its row is all there is to change.
        let open = try await unfinished(context.folder, job: job)
        guard let owner = try await Owner.take(context.folder) else {
            throw Failure("Another process has just taken the data folder: try again.")
        }
        for record in open { try await owner.catalogue.cancel(record.id, now: Date().timeIntervalSince1970) }
        return try report(ControlReply(jobs: open.map(\.id)), "cancel", writesJSON: options.general.writesJSON)
    }

    static func resume(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let folder = context.folder
        let job = try await jobNumber(options.job, context)
        if let reply = try await ask(folder, ControlRequest(command: "resume", job: job)) {
            return try report(reply, "resume", writesJSON: options.general.writesJSON)
        }
        let open = try await unfinished(folder, job: job)
        let orders = IndexOrders(open, name: \.sourceName) { record in
            var order = try IndexOrder(json: record.options)
            let source = try context.source(order.source)
            try SourceOpening.refuseDisabled(source)
            order.password = try context.password(for: source, username: order.username ?? source.username, file: order.passwordFile)
            return order
        }
        if orders.orders.isEmpty, let refusal = orders.refusals.first { throw refusal }
        guard let owner = try await Owner.take(folder) else { throw Failure("Another process has just taken the data folder: try again.") }
        return try await JobRun(owner: owner).run(orders).show(writesJSON: options.general.writesJSON)
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

    private static func report(_ reply: ControlReply, _ command: String, writesJSON: Bool) throws -> ExitCode {
        if let error = reply.error { throw Failure(error, ExitCode(rawValue: reply.exitCode ?? 1) ?? .failure) }
        let jobs = reply.jobs ?? []
        let words = ["pause": "Pausing", "resume": "Resuming", "cancel": "Cancelling"]
        if writesJSON {
            let list = jobs.map(String.init).joined(separator: ",")
            try Terminal.print(#"{"command":"\#(command)","jobs":[\#(list)]}"#)
        } else {
            let list = jobs.map { "job \($0)" }.joined(separator: ", ")
            try Terminal.print("\(words[command] ?? command) \(list)")
        }
        return .done
    }

    // MARK: errors

    static func errors(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let wanted = try await jobNumber(options.job, context)
        let reader = try JobReader(path: context.folder.catalogue)
        let ids = try wanted.map { [$0] } ?? reader.jobs(onlyLast: true).map(\.id)
        if let wanted, try reader.job(wanted) == nil { throw Failure("There is no job \(wanted).", .noSuchSource) }
        let encoder = IndexStatus.makeEncoder()
        var isFirst = true
        if options.general.writesJSON { try Terminal.write(Array("[".utf8)) }
        for id in ids {
            try reader.errors(of: id) { error in
                if options.general.writesJSON {
                    try Terminal.write(Array((isFirst ? "\n" : ",\n").utf8) + Array(try encoder.encode(ErrorReport(error))))
                } else {
                    try Terminal.print(text(error))
                }
                isFirst = false
            }
        }
        if options.general.writesJSON {
            try Terminal.print("\n]")
        } else if isFirst {
            try Terminal.print("No errors.")
        }
        return .done
    }

    private static func text(_ error: ErrorRecord) -> String {
        let retries = error.retryCount == 0 ? "" : ", tried again \(Quantity.count(error.retryCount, "time", "times"))"
        let path = error.path.isEmpty ? "/" : error.path
        return """
            \(DisplayText.neutralized(path))
                \(DisplayText.neutralized(error.message)) (\(error.errorType), \(error.errorCode)\(retries))
                \(error.suggestion)
            """
    }

    // MARK: confirm

    static func confirm(_ options: ConfirmOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let folder = context.folder
        let held = try await blocking { try JobReader(path: folder.catalogue).jobs(onlyLast: true).filter { $0.heldMissing != nil } }
        // The catalogue may know it by a name that is not configured.
        let source = try options.source.map(context.meaning)
        let wanted = held.filter { record in
            options.source == nil || record.sourceName == options.source || record.sourceURL == source?.address.canonicalURL
        }
        guard !wanted.isEmpty else {
            throw Failure("No scan holds missing files\(options.source.map { " of \($0)" } ?? "").", .noSuchSource)
        }
        var refusal: Failure?
        for record in wanted {
            let gone: Int
            do {
                gone = try await confirm(record.sourceID, folder)
            } catch {
                // The others' files are as gone as they were.
                let failure = Failure(error)
                Terminal.note("fileroom: \(record.sourceName): \(failure.text)")
                refusal = refusal ?? failure
                continue
            }
            if options.general.writesJSON {
                try Terminal.print(#"{"source_id":\#(record.sourceID),"files_removed":\#(gone)}"#)
            } else {
                try Terminal.print("\(record.sourceName): \(Quantity.count(gone, "file is", "files are")) gone from the catalogue")
            }
        }
        return refusal?.exitCode ?? .done
    }

    /// - Returns: how many files went.
    private static func confirm(_ source: Int64, _ folder: DataFolder) async throws -> Int {
        try await Owner.run(folder) { owner in
            try await owner.catalogue.confirmMissing(source: source)
        } ask: {
            let reply: ControlReply?
            do {
                reply = try await ask(folder, ControlRequest(command: "confirm", job: source))
            } catch is ControlError {
                // It ended while it was asked. Had it confirmed already, doing so again changes nothing.
                return nil
            }
            if let reply, let error = reply.error { throw Failure(error, ExitCode(rawValue: reply.exitCode ?? 1) ?? .failure) }
            return reply?.jobs?.first.map(Int.init)
        }
    }

    // MARK: Pieces

    private static func ask(_ folder: DataFolder, _ request: ControlRequest) async throws -> ControlReply? {
        try await blocking { try ControlClient.ask(folder, request) }
    }

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
    private static func jobNumber(_ text: String?, _ context: Context) async throws -> Int64? {
        guard let text else { return nil }
        if let number = Int64(text) { return number }
        let jobs = try await lastJobs(context.folder)
        guard let job = jobs.first(where: { $0.sourceName == text }) else {
            throw Failure("There is no job \(text). JOB is a number from `fileroom status`, or a source's name.", .noSuchSource)
        }
        return job.id
    }
}
