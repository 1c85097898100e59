/// The program's help, written from the table of commands.
public enum HelpText {
    /// The widest that help is set, since longer lines read badly.
    private static let maximumWidth = 100

    /// The help for a command (`index`, `source test`), for a group (`source`), or for the program.
    /// - Parameter width: columns of the terminal.
    public static func text(topic: String?, width: Int = 80) -> String {
        let width = min(max(width, 40), maximumWidth)
        guard let topic, exists(topic) else { return overview(CommandTable.commands, usage: "fileroom COMMAND [ARGUMENT…]", width) }
        guard let definition = CommandTable.commands.first(where: { $0.name == topic }) else {
            return overview(
                CommandTable.commands.filter { $0.name.hasPrefix(topic + " ") }, usage: "fileroom \(topic) COMMAND [ARGUMENT…]", width)
        }
        return text(definition, width)
    }

    static func exists(_ topic: String) -> Bool { CommandTable.commands.contains { $0.name == topic || $0.name.hasPrefix(topic + " ") } }

    private static func overview(_ commands: [CommandDefinition], usage: String, _ width: Int) -> String {
        var lines =
            wrapped("Fileroom finds the DICOM files on a NAS and makes them searchable.", width) + ["", "Usage: \(usage)", "", "Commands:"]
        lines += list(commands.map { ($0.name, $0.summary) }, width)
        lines += ["", "Every command has --help, with an example.", ""]
        lines += environmentAndExitCodes(width)
        return lines.joined(separator: "\n")
    }

    private static func text(_ definition: CommandDefinition, _ width: Int) -> String {
        var lines = wrapped(definition.summary + ".", width) + [""]
        lines += wrapped(words: definition.synopsis, width, indent: "       ", first: "Usage: ")
        for paragraph in definition.details { lines += [""] + wrapped(paragraph, width) }
        lines += ["", "Options:"] + list(definition.options.map { ($0.synopsis, $0.help) } + [("--help", "Shows this text")], width)
        lines += ["", definition.examples.count == 1 ? "Example:" : "Examples:"]
        for example in definition.examples {
            lines.append("  " + example.line)
            if !example.explanation.isEmpty { lines += wrapped(example.explanation, width, indent: "      ") }
        }
        return (lines + [""] + environmentAndExitCodes(width)).joined(separator: "\n")
    }

    private static func environmentAndExitCodes(_ width: Int) -> [String] {
        let variables = [
            ("FILEROOM_DATA", "The data folder where --data is not given; else as configured, else ./data"),
            ("FILEROOM_SMB_PASSWORD", "The SMB password where --password-file is not given"),
            (RemoteOptions.keyVariable, "The API key that --server is asked with, where --key-file is not given"),
            ("NO_COLOR", "When set, nothing is coloured"),
        ]
        return ["Environment:"] + list(variables, width) + ["", "Exit codes:"]
            + list(ExitCode.allCases.map { (String($0.rawValue), $0.meaning) }, width)
            + [""]
    }

    /// Two columns, the second wrapped.
    private static func list(_ rows: [(term: String, text: String)], _ width: Int) -> [String] {
        let column = min(rows.map { DisplayText.width($0.term) }.max() ?? 0, 28, width / 2 - 4) + 4
        let indent = String(repeating: " ", count: column)
        return rows.flatMap { row in
            let term = "  " + row.term
            if DisplayText.width(term) + 2 > column { return [term] + wrapped(row.text, width, indent: indent) }
            return wrapped(row.text, width, indent: indent, first: DisplayText.padded(term, to: column))
        }
    }

    private static func wrapped(_ text: String, _ width: Int, indent: String = "", first: String? = nil) -> [String] {
        wrapped(words: text.split(separator: " ").map(String.init), width, indent: indent, first: first)
    }

    /// Fills lines with words; the first line begins with `first`, every other with `indent`.
    private static func wrapped(words: [String], _ width: Int, indent: String = "", first: String? = nil) -> [String] {
        var lines: [String] = []
        var line = first ?? indent
        var isEmpty = true
        for word in words {
            if !isEmpty, DisplayText.width(line) + 1 + DisplayText.width(word) > width {
                lines.append(line)
                (line, isEmpty) = (indent, true)
            }
            line += isEmpty ? word : " " + word
            isEmpty = false
        }
        return lines + [line]
    }
}
