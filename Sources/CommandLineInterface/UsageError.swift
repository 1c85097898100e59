/// Why the arguments are not understood, and what is allowed.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The command that was being read, such as `source test`; nil before one is known.
    public var command: String?
    public var message: String

    public init(command: String? = nil, _ message: String) { (self.command, self.message) = (command, message) }

    public var exitCode: ExitCode { .usage }

    /// Two lines: what is wrong, and where help is. Control characters from the arguments are made visible.
    public var description: String {
        let name = command.map { " " + $0 } ?? ""
        return "fileroom\(name): \(DisplayText.neutralized(message))\nSee 'fileroom\(name) --help'."
    }
}
