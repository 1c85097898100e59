import CommandLineInterface
import Foundation

/// `fileroom serve`.
struct ServeCommand {
    static func run(_ options: ServeOptions) async throws -> ExitCode { .done }
}
