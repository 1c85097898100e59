import Configuration

extension Command {
    /// Reads the program's arguments, without the program's own name.
    ///
    /// An option's value follows as `--name value` or `--name=value`; `--` ends the options; `--help` anywhere before it asks for help.
    /// - Throws: ``UsageError``.
    public init(arguments: [String]) throws(UsageError) {
        guard let first = arguments.first else {
            self = .help(topic: nil)
            return
        }
        if first.hasPrefix("-"), first != "-" {
            switch first {
            case "-h", "--help": self = .help(topic: nil)
            case "--version": self = .version(GeneralOptions())
            default:
                throw UsageError("the command must come before its options, found \"\(Self.optionName(first))\"")
            }
            return
        }
        let (definition, rest) = try Self.definition(arguments)
        guard let definition else {
            self = .help(topic: first)
            return
        }
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            self = .help(topic: definition.name)
            return
        }
        let (options, values) = try Self.split(rest, for: definition)
        self = try definition.command(options, values)
    }

    /// The command that the first word or two name, and what follows; nil when help for a group of commands is asked for.
    private static func definition(_ arguments: [String]) throws(UsageError) -> (CommandDefinition?, ArraySlice<String>) {
        let first = arguments[0]
        if let definition = CommandTable.commands.first(where: { $0.name == first }) { return (definition, arguments.dropFirst()) }
        let group = CommandTable.commands.filter { $0.name.hasPrefix(first + " ") }
        if group.isEmpty { throw UsageError(CommandTable.unknownTopic(first)) }
        let verbs = group.map { String($0.name.dropFirst(first.count + 1)) }
        let second = arguments.count > 1 ? arguments[1] : ""
        if second == "--help" || second == "-h" { return (nil, []) }
        if let index = verbs.firstIndex(of: second) { return (group[index], arguments.dropFirst(2)) }
        let allowed = verbs.joined(separator: ", ")
        if second.isEmpty || second.hasPrefix("-") { throw UsageError(command: first, "one of \(allowed) must follow") }
        let hint = nearestName(to: second, among: verbs).map { "; did you mean \"\($0)\"?" } ?? ""
        throw UsageError(command: first, "one of \(allowed) must follow, found \"\(second)\"\(hint)")
    }

    private static func split(
        _ arguments: ArraySlice<String>, for definition: CommandDefinition
    ) throws(UsageError) -> (options: [(option: Int, value: String)], values: [String]) {
        var options: [(option: Int, value: String)] = []
        var values: [String] = []
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                values.append(contentsOf: rest)
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                values.append(argument)
                continue
            }
            let name = optionName(argument)
            guard let index = definition.options.firstIndex(where: { "--" + $0.name == name }) else {
                throw unknownOption(name, definition)
            }
            if options.contains(where: { $0.option == index }) { throw UsageError(command: definition.name, "\(name) is given twice") }
            options.append((index, try value(of: definition.options[index], in: argument, rest: &rest, definition)))
        }
        return (options, values)
    }

    private static func value(
        of option: OptionSyntax, in argument: String, rest: inout ArraySlice<String>, _ definition: CommandDefinition
    ) throws(UsageError) -> String {
        let inline = argument.firstIndex(of: "=").map { String(argument[argument.index(after: $0)...]) }
        guard let placeholder = option.placeholder else {
            if inline != nil { throw UsageError(command: definition.name, "--\(option.name) takes no value") }
            return ""
        }
        if let inline { return inline }
        // A value that looks like one of this command's options is a forgotten value; another may begin with hyphens as `--name=--x`.
        guard let next = rest.first, next != "--", !definition.options.contains(where: { "--" + $0.name == optionName(next) }) else {
            throw UsageError(command: definition.name, "--\(option.name) needs a value: \(placeholder)")
        }
        rest = rest.dropFirst()
        return next
    }

    /// The option without its value, so that an error never repeats what may be a secret.
    private static func optionName(_ argument: String) -> String { String(argument.prefix { $0 != "=" }) }

    private static func unknownOption(_ name: String, _ definition: CommandDefinition) -> UsageError {
        if ["--password", "--pass", "-p"].contains(name), definition.options.contains(where: { $0.name == "password-file" }) {
            let hasVariable = definition.options.contains { $0.name == "username" }
            return UsageError(
                command: definition.name,
                "a password is not taken from the arguments, where others can see it; use --password-file"
                    + (hasVariable ? " or FILEROOM_SMB_PASSWORD" : ""))
        }
        let names = (definition.options.map(\.name) + ["help"]).map { "--" + $0 }
        let hint = nearestName(to: name, among: names).map { "did you mean \($0)?" } ?? "allowed are \(names.joined(separator: ", "))"
        return UsageError(command: definition.name, "unknown option \(name); \(hint)")
    }
}
