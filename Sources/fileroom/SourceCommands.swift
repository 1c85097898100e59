import CommandLineInterface
enum SourceCommands {
    static func test(_ options: SourceOptions) async throws -> ExitCode { .done }
    static func suggest(_ options: SourceOptions) async throws -> ExitCode { .done }
    static func metrics(_ options: SourceOptions) async throws -> ExitCode { .done }
}
