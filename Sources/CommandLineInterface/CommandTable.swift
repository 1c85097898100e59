import Configuration

/// The one table of commands, from which arguments are parsed and help is written.
enum CommandTable {
    static let commands: [CommandDefinition] =
        [index]
        + [
            job("status", "Shows jobs and how far they are", Command.status),
            job("pause", "Pauses a job; what is under way is finished first", Command.pause),
            job("resume", "Continues a paused job", Command.resume),
            job("cancel", "Ends a job; what it has found stays in the catalogue", Command.cancel),
            job("errors", "Lists files and folders that could not be read, why, and what to do", Command.errors),
        ]
        + [search, export, confirm]
        + [
            source("source test", "Checks server, user, share and folder, and how fast they answer", Command.sourceTest),
            source("source suggest", "Measures a source and says what would make it faster or safer", Command.sourceSuggest),
            source("source metrics", "Shows a source's connections, round trips, rates and errors", Command.sourceMetrics),
        ]
        + serverCommands
        + [doctor, version, help]

    private static let index = CommandDefinition(
        "index", "Reads a source's DICOM headers into the catalogue; again, only what changed",
        details: [
            "SOURCE is the name of a configured source, smb://[user@]host[:port]/share[/path], or a folder; without one it is every source that the"
                + " configuration has and does not switch off. Ctrl-C pauses; the same command continues.",
            "With --json, standard output carries one JSON object at the end, also when it fails (its state is \"failed\" then), and everything else"
                + " goes to standard error.",
        ],
        arguments: .several("SOURCE"),
        options: [
            data(), configuration(),
            OptionDefinition("name", "NAME", "What the source is called in the catalogue; for one SOURCE only") {
                (target, value) throws(ValueError) in
                guard !value.isEmpty, !value.contains("/"), value.count <= 100 else {
                    throw ValueError("a name without \"/\", at most 100 characters")
                }
                target.name = value
            },
            OptionDefinition("workers", "auto|N", "How many connections read; auto follows the measured round trip") {
                (target, value) throws(ValueError) in
                guard let workers = WorkerCount(value) else {
                    throw ValueError("auto or a number from 1 to \(WorkerCount.allowed.upperBound)")
                }
                target.workers = workers
            },
            OptionDefinition("method", "auto|smb|local", "SMB, or a mount of the share; auto takes the faster") {
                (target, value) throws(ValueError) in
                target.method = try choice(value)
            },
            OptionDefinition("full", "Opens unchanged files too") { $0.opensUnchangedFiles = true },
            OptionDefinition("all-names", "Looks into every file, whatever its name") { $0.includesAllNames = true },
            OptionDefinition("rebuild", "Begins a new catalogue in place of a damaged or newer one") { $0.rebuildsCatalogue = true },
            username(), passwordFile(),
        ] + remote() + [json("Ends with one JSON object on standard output")],
        examples: [
            Example(line: "fileroom index smb://reader@nas/radiology", explanation: "asks for the password and indexes the share"),
            Example(line: "fileroom index", explanation: "indexes the sources of the configuration"),
            Example(line: "fileroom index /mnt/archive --name archive --json", explanation: "indexes a folder, result for a program"),
        ],
        initial: IndexOptions(), take: { $0.sources = $1 },
        check: { $0.name != nil && $0.sources.count != 1 ? "--name can stand with one SOURCE only, found \($0.sources.count)" : nil },
        command: Command.index)

    private static let search = CommandDefinition(
        "search", "Finds studies, series or instances in the catalogue",
        details: [
            "TEXT is looked for in patient names (any part, any order, any case, with or without accents), patient IDs, accession numbers, descriptions"
                + " and modalities, from the beginning of words; * and ? stand for any characters and any one character."
        ],
        arguments: .words("TEXT"),
        options: [
            OptionDefinition("level", "study|series|instance", "What is listed; series unless given") {
                (target, value) throws(ValueError) in
                target.level = try choice(value)
            },
            OptionDefinition("modality", "M,…", "One of these modalities") { (target, value) throws(ValueError) in
                target.modalities = try modalities(value)
            },
            OptionDefinition("from", "YYYYMMDD", "Study date not before") { (target, value) throws(ValueError) in
                target.from = try date(value)
            },
            OptionDefinition("to", "YYYYMMDD", "Study date not after") { (target, value) throws(ValueError) in target.to = try date(value)
            },
            OptionDefinition("patient-id", "ID", "This patient ID") { (target, value) throws(ValueError) in
                target.patientID = try text(value)
            },
            OptionDefinition("accession", "N", "This accession number") { (target, value) throws(ValueError) in
                target.accessionNumber = try text(value)
            },
            OptionDefinition("body-part", "PART", "This body part examined, such as CHEST") { (target, value) throws(ValueError) in
                target.bodyPart = try text(value)
            },
            OptionDefinition("source", "NAME", "Found in this source") { (target, value) throws(ValueError) in
                target.source = try text(value)
            },
            OptionDefinition("order", "date|relevance", "date, newest first, unless given; relevance: what fits TEXT best first") {
                (target, value) throws(ValueError) in
                target.order = try choice(value)
            },
            OptionDefinition("limit", "N", "At most so many; \(SearchOptions.defaultLimit) unless given") {
                (target, value) throws(ValueError) in
                guard let limit = Int(value), (1...maximumLimit).contains(limit) else {
                    throw ValueError("a number from 1 to \(maximumLimit)")
                }
                target.limit = limit
            },
            OptionDefinition("after", "CURSOR", "Continues behind the row with this cursor") { (target, value) throws(ValueError) in
                target.after = try text(value)
            },
            data(), configuration(),
        ] + remote() + [json("An array of objects with DICOM keywords")],
        examples: [
            Example(
                line: "fileroom search muller ann --modality CT,MR --from 20260101",
                explanation: "finds Müller^Anna's CT and MR of this year"),
            Example(line: "fileroom search --patient-id 4711 --level study --json", explanation: "a patient's studies, for a program"),
        ],
        initial: SearchOptions(), take: { $0.text = $1.joined(separator: " ") },
        check: { options in
            if let from = options.from, let to = options.to, from > to { return "--from \(from) must not be later than --to \(to)" }
            return nil
        },
        command: Command.search)

    private static let export = CommandDefinition(
        "export", "Writes every series with its files as a JSON array or as CSV",
        options: [
            OptionDefinition("format", "json|csv", "json unless given") { (target, value) throws(ValueError) in
                target.format = try choice(value)
            },
            OptionDefinition("output", "FILE", "Where to; standard output unless given") { (target, value) throws(ValueError) in
                target.output = try text(value)
            },
            data(), configuration(),
        ] + remote(),
        examples: [Example(line: "fileroom export --format csv --output series.csv", explanation: "writes a table for a spreadsheet")],
        initial: ExportOptions(), command: Command.export)

    private static let confirm = CommandDefinition(
        "confirm", "Confirms that files missed by a held scan are really gone",
        details: [
            "A scan that misses a large part of a source, or all of it, is held: an unmounted volume looks just like an empty share. Look at the source,"
                + " then confirm; without SOURCE, for every source whose scan is held."
        ],
        arguments: .optional("SOURCE"), options: [data(), configuration()] + remote() + [json()],
        examples: [Example(line: "fileroom confirm archive", explanation: "the files missing from \"archive\" leave the catalogue")],
        initial: ConfirmOptions(), take: { $0.source = $1.first }, command: Command.confirm)

    private static let doctor = CommandDefinition(
        "doctor", "Checks programs, libraries, configuration, data folder and catalogue", options: [data(), configuration(), json()],
        examples: [Example(line: "fileroom doctor", explanation: "says what is wrong with this installation, if anything")],
        initial: GeneralOptions(), command: Command.doctor)

    private static let version = CommandDefinition(
        "version", "Shows the version", options: [json()], examples: [Example(line: "fileroom version", explanation: "")],
        initial: GeneralOptions(),
        command: Command.version)

    private static let help = CommandDefinition(
        "help", "Shows help for a command", arguments: .words("COMMAND"), options: [] as [OptionDefinition<String>],
        examples: [Example(line: "fileroom help source test", explanation: "")], initial: "",
        take: { $0 = $1.joined(separator: " ") }, check: { topic in topic.isEmpty || HelpText.exists(topic) ? nil : unknownTopic(topic) },
        command: { Command.help(topic: $0.isEmpty ? nil : $0) })

    private static func job(_ name: String, _ summary: String, _ command: @escaping @Sendable (JobOptions) -> Command) -> CommandDefinition
    {
        CommandDefinition(
            name, summary, details: ["JOB is a job's number, as status shows it; without one it is every job."],
            arguments: .optional("JOB"),
            options: [data(), configuration()] + remote() + [json()],
            examples: [
                Example(line: "fileroom \(name)", explanation: "every job"), Example(line: "fileroom \(name) 3", explanation: "job 3"),
            ],
            initial: JobOptions(), take: { $0.job = $1.first }, command: command)
    }

    private static func source(_ name: String, _ summary: String, _ command: @escaping @Sendable (SourceOptions) -> Command)
        -> CommandDefinition
    {
        CommandDefinition(
            name, summary, arguments: .required("SOURCE"),
            options: [data(), configuration(), username(), passwordFile()] + remote() + [json()],
            examples: [Example(line: "fileroom \(name) smb://reader@nas/radiology", explanation: "")],
            initial: SourceOptions(), take: { $0.source = $1[0] }, command: command)
    }
}

// Options that several commands share, and values that several options share.
extension CommandTable {
    private static let maximumLimit = 100_000

    static func data<Target: HasGeneralOptions>() -> OptionDefinition<Target> {
        OptionDefinition("data", "DIR", "The data folder, with the catalogue") { (target, value) throws(ValueError) in
            target.general.data = try text(value)
        }
    }

    static func configuration<Target: HasGeneralOptions>() -> OptionDefinition<Target> {
        OptionDefinition("config", "FILE", "The configuration; config.json unless given") { (target, value) throws(ValueError) in
            target.general.configurationFile = try text(value)
        }
    }

    static func json<Target: HasGeneralOptions>(_ help: String = "Writes JSON for a program") -> OptionDefinition<Target> {
        OptionDefinition("json", help) { $0.general.writesJSON = true }
    }

    /// A server in place of the data folder's owner.
    static func remote<Target: HasGeneralOptions>() -> [OptionDefinition<Target>] {
        [
            OptionDefinition("server", "URL", "Asks this server in place of the data folder's") { (target, value) throws(ValueError) in
                target.general.remote.url = try text(value)
            },
            OptionDefinition("server-ca", "FILE", "Whose certificates may sign the server's; the system's unless given") {
                (target, value) throws(ValueError) in
                target.general.remote.certificateAuthority = try text(value)
            },
            OptionDefinition("key-file", "F", "A file whose only line is the API key; else \(RemoteOptions.keyVariable)") {
                (target, value) throws(ValueError) in
                target.general.remote.keyFile = try text(value)
            },
        ]
    }

    static func username<Target: HasCredentialOptions>() -> OptionDefinition<Target> {
        OptionDefinition("username", "U", "The SMB user; a guest unless given") { (target, value) throws(ValueError) in
            target.credentials.username = try text(value)
        }
    }

    static func passwordFile<Target: HasCredentialOptions>() -> OptionDefinition<Target> {
        OptionDefinition("password-file", "F", "A file whose only line is the SMB password") { (target, value) throws(ValueError) in
            target.credentials.passwordFile = try text(value)
        }
    }

    static func text(_ value: String) throws(ValueError) -> String {
        if value.isEmpty { throw ValueError("a text that is not empty") }
        return value
    }

    static func choice<Choice: CaseIterable & RawRepresentable<String>>(_ value: String) throws(ValueError) -> Choice {
        if let choice = Choice(rawValue: value) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint = nearestName(to: value, among: names).map { " (did you mean \($0)?)" } ?? ""
        throw ValueError("one of \(names.joined(separator: ", "))\(hint)")
    }

    /// PS3.3 C.7.3.1.1.1: a modality is a Code String; PS3.5 §6.2 says what one may hold.
    private static func modalities(_ value: String) throws(ValueError) -> [String] {
        var modalities: [String] = []
        for item in value.split(separator: ",", omittingEmptySubsequences: false) {
            let modality = item.filter { $0 != " " }.uppercased()
            let isCode =
                (1...16).contains(modality.utf8.count) && modality.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            guard isCode else { throw ValueError("modalities such as CT, with commas between") }
            if !modalities.contains(modality) { modalities.append(modality) }
        }
        return modalities
    }

    static func date(_ value: String) throws(ValueError) -> String {
        let digits = value.utf8.map { Int($0) - 0x30 }
        guard digits.count == 8, digits.allSatisfy({ (0...9).contains($0) }) else {
            throw ValueError("a date as YYYYMMDD, such as 20260131")
        }
        let (year, month, day) = (digits[..<4].reduce(0) { $0 * 10 + $1 }, digits[4] * 10 + digits[5], digits[6] * 10 + digits[7])
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year > 0, (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            throw ValueError("a date that exists, as YYYYMMDD")
        }
        return value
    }

    /// The words of an error about a command that does not exist.
    static func unknownTopic(_ topic: String) -> String {
        let names = Set(commands.flatMap { [$0.name, String($0.name.prefix { $0 != " " })] })
        let hint = nearestName(to: topic, among: names.sorted()).map { "did you mean \"\($0)\"?" } ?? "see 'fileroom help' for all commands"
        return "unknown command \"\(topic)\"; \(hint)"
    }
}
