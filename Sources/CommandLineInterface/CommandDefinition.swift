/// How an option looks, for the parser and the help text alike.
struct OptionSyntax: Hashable, Sendable {
    /// Without the two hyphens.
    var name: String
    /// Such as `DIR`; nil for a switch.
    var placeholder: String?
    var help: String
    /// Whether the command cannot do without it: for the usage line.
    var isRequired = false

    /// `--data DIR`
    var synopsis: String { "--\(name)\(placeholder.map { " " + $0 } ?? "")" }
}

/// An option of a command and what it does to the command's options.
struct OptionDefinition<Target>: Sendable {
    var syntax: OptionSyntax
    var apply: @Sendable (inout Target, String) throws(ValueError) -> Void

    /// An option with a value.
    /// - Parameters:
    ///   - isRequired: for the usage line; the command's check refuses its absence.
    ///   - apply: throws ``ValueError`` when the value is not allowed.
    init(
        _ name: String, _ placeholder: String, _ help: String, isRequired: Bool = false,
        apply: @escaping @Sendable (inout Target, String) throws(ValueError) -> Void
    ) {
        syntax = OptionSyntax(name: name, placeholder: placeholder, help: help, isRequired: isRequired)
        self.apply = apply
    }

    /// A switch.
    init(_ name: String, _ help: String, apply: @escaping @Sendable (inout Target) -> Void) {
        syntax = OptionSyntax(name: name, placeholder: nil, help: help)
        self.apply = { (target, _) throws(ValueError) in apply(&target) }
    }
}

/// A value is not allowed; the text completes "--limit must be …".
struct ValueError: Error {
    var allowed: String
    init(_ allowed: String) { self.allowed = allowed }
}

/// What may stand in a command besides options.
enum ArgumentSyntax: Hashable, Sendable {
    case none
    case optional(String)
    case required(String)
    /// Any number.
    case several(String)
    /// Any number, which together are one text.
    case words(String)

    var synopsis: String? {
        switch self {
        case .none: nil
        case .optional(let name), .words(let name): "[\(name)]"
        case .required(let name): name
        case .several(let name): "[\(name)…]"
        }
    }

    /// Checks the number of arguments.
    func check(_ arguments: [String], command: String) throws(UsageError) {
        switch self {
        case .none:
            if let first = arguments.first { throw UsageError(command: command, "takes no argument, found \"\(first)\"") }
        case .optional(let name), .required(let name):
            if arguments.count > 1 { throw UsageError(command: command, "takes one \(name), found also \"\(arguments[1])\"") }
        case .several, .words: break
        }
        if case .required(let name) = self, arguments.isEmpty { throw UsageError(command: command, "\(name) is missing") }
        switch self {
        case .required(let name), .several(let name):
            if arguments.contains("") { throw UsageError(command: command, "\(name) must not be empty") }
        case .none, .optional, .words: break
        }
    }
}

/// A command line with what it does.
struct Example: Hashable, Sendable {
    var line: String
    var explanation: String
}

/// One command: everything that parsing and help need to know of it.
struct CommandDefinition: Sendable {
    /// Such as `index` or `source test`.
    var name: String
    var summary: String
    /// Further paragraphs for the command's help.
    var details: [String]
    var arguments: ArgumentSyntax
    var options: [OptionSyntax]
    var examples: [Example]
    /// Turns options (index into ``options``, value) and arguments into a command.
    var command: @Sendable ([(option: Int, value: String)], [String]) throws(UsageError) -> Command

    /// - Parameters:
    ///   - initial: the options before any is applied.
    ///   - take: what the arguments, whose number is right, do to the options.
    ///   - check: says what is wrong with the options together; nil when nothing is.
    init<Target: Sendable>(
        _ name: String, _ summary: String, details: [String] = [], arguments: ArgumentSyntax = .none, options: [OptionDefinition<Target>],
        examples: [Example], initial: Target, take: @escaping @Sendable (inout Target, [String]) -> Void = { _, _ in },
        check: @escaping @Sendable (Target) -> String? = { _ in nil }, command: @escaping @Sendable (Target) -> Command
    ) {
        (self.name, self.summary, self.details, self.arguments, self.examples) = (name, summary, details, arguments, examples)
        self.options = options.map(\.syntax)
        self.command = { (given, values) throws(UsageError) in
            var target = initial
            for (index, value) in given {
                do throws(ValueError) {
                    try options[index].apply(&target, value)
                } catch {
                    throw UsageError(command: name, "--\(options[index].syntax.name) must be \(error.allowed), found \"\(value)\"")
                }
            }
            try arguments.check(values, command: name)
            take(&target, values)
            if let problem = check(target) { throw UsageError(command: name, problem) }
            return command(target)
        }
    }

    /// The words of the usage line; each stays on one line.
    var synopsis: [String] {
        ["fileroom \(name)"] + [arguments.synopsis].compactMap { $0 } + options.map { $0.isRequired ? $0.synopsis : "[\($0.synopsis)]" }
    }
}
