import CommandLineInterface
import Foundation
import Glibc

/// The program: reads the arguments, runs the command, ends with its exit code.
@main
enum Fileroom {
    static let version = "0.1.0"

    static func main() async {
        // A reader that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // What the program writes holds patients' names: for its owner's eyes only.
        umask(0o077)
        Allocator.shareArenas()
        let code: ExitCode
        do {
            code = try await run(Command(arguments: Array(CommandLine.arguments.dropFirst())))
        } catch {
            let failure = Failure(error)
            Terminal.note(error is UsageError ? failure.text : "fileroom: " + failure.text)
            code = failure.exitCode
        }
        exit(code.rawValue)
    }

    private static func run(_ command: Command) async throws -> ExitCode {
        switch command {
        case .index(let options): return try await IndexCommand.run(options)
        case .status(let options): return try await JobCommands.status(options)
        case .pause(let options): return try await JobCommands.pause(options)
        case .resume(let options): return try await JobCommands.resume(options)
        case .cancel(let options): return try await JobCommands.cancel(options)
        case .errors(let options): return try await ErrorCommand.run(options)
        case .search(let options): return try await SearchCommands.search(options)
        case .export(let options): return try await SearchCommands.export(options)
        case .confirm(let options): return try await ConfirmCommand.run(options)
        case .sourceTest(let options): return try await SourceCommands.test(options)
        case .sourceSuggest(let options): return try await SourceCommands.suggest(options)
        case .sourceMetrics(let options): return try await SourceCommands.metrics(options)
        case .serve(let options): return try await ServeCommand.run(options)
        case .user(let options): return try await UserCommands.run(options)
        case .key(let options): return try await KeyCommands.run(options)
        case .share(let options): return try await ShareCommands.run(options)
        case .auditVerify(let options): return try await AuditCommands.verify(options)
        case .auditExport(let options): return try await AuditCommands.export(options)
        case .backup(let options): return try await BackupCommands.backup(options)
        case .restore(let options): return try await BackupCommands.restore(options)
        case .doctor(let options): return try await DoctorCommand.run(options)
        case .version(let options):
            try Terminal.print(options.writesJSON ? #"{"version":"\#(version)"}"# : "fileroom \(version)")
            return .done
        case .help(let topic):
            try Terminal.print(HelpText.text(topic: topic, width: Terminal.outputStyle.width ?? 80))
            return .done
        }
    }
}
