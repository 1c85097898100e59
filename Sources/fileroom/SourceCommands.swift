import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Indexing
import SourceAccess

/// `source test`, `source suggest` and `source metrics`.
enum SourceCommands {
    static func test(_ options: SourceOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        if try isForServer(options, context) {
            return try finish(SourceReport(try await ask(context, "POST", "test", options)), options)
        }
        return try finish(SourceReport(try await examination(options, context).test()), options)
    }

    private static func finish(_ report: SourceReport, _ options: SourceOptions) throws -> ExitCode {
        if options.general.writesJSON { try printJSON(report) } else { try show(report) }
        return exitCode(of: report)
    }

    static func suggest(_ options: SourceOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        if try isForServer(options, context) {
            let answer = try await ask(context, "POST", "suggest", options)
            try show(try answer.decoded(as: [Suggestion].self), writesJSON: options.general.writesJSON)
            return .done
        }
        let (report, advice) = try await examination(options, context).suggestions()
        try show(advice, writesJSON: options.general.writesJSON)
        return exitCode(of: SourceReport(report))
    }

    static func metrics(_ options: SourceOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        if try isForServer(options, context) {
            let answer = try await ask(context, "GET", "metrics", options)
            try show(try answer.decoded(as: SMBMetrics.self), writesJSON: options.general.writesJSON)
            return .done
        }
        let source = try context.source(options.source)
        // Whoever runs a job needs no password to be asked.
        if let metrics = try await OwnerCalls.metrics(ofSource: source.address.canonicalURL, context.folder) {
            try show(metrics, writesJSON: options.general.writesJSON)
            return .done
        }
        guard case .smb = source.address else { throw Failure("Metrics are kept for SMB connections; a folder has none.", .usage) }
        let examination = try examination(options, context)
        Terminal.note("No job reads this source now: these are the figures of a short test.")
        guard let (report, metrics) = try await examination.metrics() else { return .done }
        try show(metrics, writesJSON: options.general.writesJSON)
        if let message = report.message { Terminal.note("\(message). \(report.suggestion ?? "")") }
        return exitCode(of: SourceReport.share(report))
    }

    // MARK: Pieces

    /// Whether the source is a server's, or one that was declared in the browser: that is known by whoever owns the data folder.
    private static func isForServer(_ options: SourceOptions, _ context: Context) throws -> Bool {
        try context.remote() != nil || context.isOwnersToKnow(options.source)
    }

    /// What a server says of a source that it knows.
    private static func ask(_ context: Context, _ method: String, _ what: String, _ options: SourceOptions) async throws -> APIAnswer {
        if options.credentials != CredentialOptions() {
            throw Failure("--username and --password-file are not for a source that the server knows: it has the source's own.", .usage)
        }
        var call = try APICall(method, ["api", "sources", options.source, what])
        (call.mayTakeLong, call.isRepeatable) = (true, true)
        return try await context.withAPI { [call] in try await $0.answer(call) }
    }

    private static func show(_ advice: [Suggestion], writesJSON: Bool) throws {
        if writesJSON {
            try printJSON(advice)
        } else if advice.isEmpty {
            try Terminal.print("Nothing to improve was found.")
        } else {
            for one in advice { try Terminal.print("- " + DisplayText.neutralized(one.text)) }
        }
    }

    private static func examination(_ options: SourceOptions, _ context: Context) throws -> SourceExamination {
        var source = try context.source(options.source)
        if let username = options.credentials.username { source.username = username }
        let password = try context.password(for: source, username: source.username, file: options.credentials.passwordFile)
        return SourceExamination(source, password: password ?? "")
    }

    private static func show(_ report: SourceReport) throws {
        switch report {
        case .folder(let folder):
            try Terminal.print(
                "\(folder.path) can be listed; \(Quantity.count(folder.sampledFiles)) files read at "
                    + Quantity.rate(folder.headersPerSecond))
        case .share(let share): try show(share)
        }
    }

    private static func exitCode(of report: SourceReport) -> ExitCode {
        guard case .share(let share) = report else { return .done }
        return switch share.errorType {
        case nil: .done
        case SourceError.Class.authentication.rawValue: .refused
        case SourceError.Class.network.rawValue: .unreachable
        case SourceError.Class.fileSystem.rawValue: .noSuchSource
        default: .failure
        }
    }

    private static func show(_ report: SMBReport) throws {
        func line(_ name: String, _ passed: Bool?, _ detail: String = "") throws {
            let (mark, emphasis): (String, TerminalStyle.Emphasis) =
                switch passed {
                case true?: ("ok  ", .good)
                case false?: ("BAD ", .bad)
                case nil: ("?   ", .faint)
                }
            try Terminal.print(
                Terminal.outputStyle.emphasized(mark, emphasis) + name + (detail.isEmpty ? "" : ": " + DisplayText.neutralized(detail)))
        }
        try line("server reachable", report.isReachable)
        try line("user and password accepted", report.areCredentialsAccepted)
        try line("share found", report.isShareFound)
        try line("path readable", report.isPathReadable)
        if let message = report.message {
            try Terminal.print(DisplayText.neutralized("\(message). \(report.suggestion ?? "")"))
            return
        }
        if let milliseconds = report.roundTripMilliseconds { try line("round trip", true, "\((milliseconds * 100).rounded() / 100) ms") }
        if let rate = report.entriesPerSecond { try line("listing", true, Quantity.rate(rate)) }
        if let rate = report.headersPerSecond, report.sampledFiles > 0 {
            try line(
                "headers", true,
                "\(Quantity.rate(rate)) with \(report.workers) workers; \(report.sampledNotDicom) of \(report.sampledFiles) files are not DICOM"
            )
        }
        if let dialect = report.dialect {
            let encryption =
                report.isEncrypted == true ? "encrypted" : report.canEncrypt == true ? "not encrypted, but could be" : "not encrypted"
            try line("protocol", true, "SMB \(dialect), \(encryption)")
        }
    }

    private static func show(_ metrics: SMBMetrics, writesJSON: Bool) throws {
        if writesJSON {
            try printJSON(metrics)
            return
        }
        let rows: [(String, String)] = [
            (
                "connections",
                "\(metrics.connections) of \(metrics.workers) wanted, \(metrics.busy) busy, \(metrics.queued) operations waiting"
            ),
            ("round trip", "\((metrics.roundTripMicroseconds / 10).rounded() / 100) ms"),
            ("requests", Quantity.rate(metrics.requestsPerSecond)),
            ("folders listed", Quantity.count(metrics.folders)), ("entries", Quantity.count(metrics.entries)),
            ("headers read", Quantity.count(metrics.headers)), ("bytes read", Quantity.bytes(metrics.bytes)),
            ("errors", "\(Quantity.count(metrics.errors)), \(Quantity.count(metrics.retries)) tried again"),
            ("workers started", "\(Quantity.count(metrics.started)), \(Quantity.count(metrics.lost)) lost"),
            ("sign-ins", Quantity.count(metrics.logins)),
        ]
        for (name, value) in rows { try Terminal.print(DisplayText.padded(name, to: 16) + value) }
    }

    private static func printJSON(_ value: some Encodable) throws {
        let encoder = IndexStatus.makeEncoder()
        encoder.outputFormatting.insert(.prettyPrinted)
        try Terminal.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// What was found at a source, by this process or by a server.
private enum SourceReport: Encodable {
    case folder(SourceExamination.FolderReport)
    case share(SMBReport)

    init(_ report: SourceExamination.Report) {
        switch report {
        case .folder(let folder): self = .folder(folder)
        case .share(let share): self = .share(share)
        }
    }

    /// - Throws: ``Failure``.
    init(_ answer: APIAnswer) throws {
        // Only a folder's has a path.
        if try answer.json()["path"] != nil { self = .folder(try answer.decoded()) } else { self = .share(try answer.decoded()) }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .folder(let folder): try folder.encode(to: encoder)
        case .share(let share): try share.encode(to: encoder)
        }
    }
}
