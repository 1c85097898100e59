import Configuration
import Testing

@testable import CommandLineInterface

/// What a command line, split at spaces, asks for.
func command(_ line: String) throws(UsageError) -> Command { try Command(arguments: line.split(separator: " ").map(String.init)) }

/// The message that a command line is refused with.
private func refusal(_ line: String) -> String {
    do throws(UsageError) {
        _ = try command(line)
        return "accepted"
    } catch {
        return error.description.split(separator: "\n").first.map(String.init) ?? ""
    }
}

@Suite struct `The command line` {
    @Test func `reads every option of index`() throws {
        var options = IndexOptions()
        options.sources = ["smb://nas/a"]
        options.general.data = "/d"
        options.general.configurationFile = "c.json"
        options.general.writesJSON = true
        options.name = "a"
        options.workers = .fixed(4)
        options.method = .smb
        (options.opensUnchangedFiles, options.includesAllNames, options.rebuildsCatalogue) = (true, true, true)
        options.credentials.username = "u"
        options.credentials.passwordFile = "f"
        let spaced =
            "--data /d --config c.json --name a --workers 4 --method smb --full --all-names --rebuild --username u --password-file f --json"
        #expect(try command("index smb://nas/a \(spaced)") == .index(options))
        #expect(try command("index \(spaced) smb://nas/a") == .index(options))
        let joined =
            "--data=/d --config=c.json --name=a --workers=4 --method=smb --full --all-names --rebuild --username=u --password-file=f --json"
        #expect(try command("index \(joined) smb://nas/a") == .index(options))
    }

    @Test func `takes several sources, and everything behind two hyphens as one`() throws {
        guard case .index(let options) = try command("index a b --full -- --c -d") else {
            Issue.record("not index")
            return
        }
        #expect(options.sources == ["a", "b", "--c", "-d"])
        #expect(options.workers == nil && options.method == nil)
    }

    @Test func `takes index without a source for all that are configured`() throws {
        #expect(try command("index") == .index(IndexOptions()))
        #expect(HelpText.text(topic: "index").contains("fileroom index [SOURCE…]"))
        #expect(throws: UsageError.self) { try Command(arguments: ["index", ""]) }
    }

    @Test func `reads every option of search`() throws {
        var options = SearchOptions()
        options.text = "muller ann"
        options.level = .study
        options.modalities = ["CT", "MR"]
        (options.from, options.to) = ("20240229", "20260131")
        (options.patientID, options.accessionNumber, options.source) = ("4711", "A1", "nas")
        (options.bodyPart, options.order) = ("CHEST", .relevance)
        (options.limit, options.after) = (7, "c")
        options.general.writesJSON = true
        let line =
            "search muller ann --level study --modality ct,MR,CT --from 20240229 --to 20260131 --patient-id 4711 --accession A1"
            + " --body-part CHEST --source nas --order relevance --limit 7 --after c --json"
        #expect(try command(line) == .search(options))
        #expect(try command("search") == .search(SearchOptions()))
        #expect(SearchOptions().level == .series && SearchOptions().order == .date)
    }

    @Test func `reads the other commands`() throws {
        var job = JobOptions()
        job.job = "3"
        #expect(try command("status") == .status(JobOptions()))
        #expect(try command("pause 3") == .pause(job))
        #expect(try command("resume 3") == .resume(job))
        #expect(try command("cancel 3") == .cancel(job))
        #expect(try command("errors 3") == .errors(job))
        var export = ExportOptions()
        (export.format, export.output) = (.csv, "x.csv")
        #expect(try command("export --format csv --output x.csv") == .export(export))
        var confirm = ConfirmOptions()
        #expect(try command("confirm") == .confirm(confirm))
        confirm.source = "nas"
        confirm.general.data = "d"
        #expect(try command("confirm nas --data d") == .confirm(confirm))
        var source = SourceOptions()
        source.source = "nas"
        source.credentials.username = "u"
        #expect(try command("source test nas --username u") == .sourceTest(source))
        #expect(try command("source suggest nas --username u") == .sourceSuggest(source))
        #expect(try command("source metrics nas --username u") == .sourceMetrics(source))
        #expect(try command("doctor") == .doctor(GeneralOptions()))
        #expect(try command("version") == .version(GeneralOptions()))
        #expect(try command("--version") == .version(GeneralOptions()))
    }

    @Test func `asks for help in every usual way`() throws {
        for line in ["", "--help", "-h", "help"] { #expect(try command(line) == .help(topic: nil)) }
        for line in ["help index", "index --help", "index -h x", "index --workers 3 --help"] {
            #expect(try command(line) == .help(topic: "index"))
        }
        for line in ["help source test", "source test --help"] { #expect(try command(line) == .help(topic: "source test")) }
        for line in ["help source", "source --help"] { #expect(try command(line) == .help(topic: "source")) }
        var search = SearchOptions()
        search.text = "--help"
        #expect(try command("search -- --help") == .search(search))
    }

    @Test(arguments: [
        ("indx x", #"fileroom: unknown command "indx"; did you mean "index"?"#),
        ("frobnicate", #"fileroom: unknown command "frobnicate"; see 'fileroom help' for all commands"#),
        ("help serch", #"fileroom help: unknown command "serch"; did you mean "search"?"#),
        ("--json index x", #"fileroom: the command must come before its options, found "--json""#),
        ("source", "fileroom source: one of test, suggest, metrics must follow"),
        ("source tset nas", #"fileroom source: one of test, suggest, metrics must follow, found "tset"; did you mean "test"?"#),
        ("index --name n", "fileroom index: --name can stand with one SOURCE only, found 0"),
        ("source test", "fileroom source test: SOURCE is missing"),
        ("source test a b", #"fileroom source test: takes one SOURCE, found also "b""#),
        ("pause 1 2", #"fileroom pause: takes one JOB, found also "2""#),
        ("doctor now", #"fileroom doctor: takes no argument, found "now""#),
        ("index x --wrokers 3", "fileroom index: unknown option --wrokers; did you mean --workers?"),
        ("index x --wrokers=3", "fileroom index: unknown option --wrokers; did you mean --workers?"),
        ("version --frobnicate", "fileroom version: unknown option --frobnicate; allowed are --json, --help"),
        ("index x --workers", "fileroom index: --workers needs a value: auto|N"),
        ("index x --workers --full", "fileroom index: --workers needs a value: auto|N"),
        ("index x --workers -- 3", "fileroom index: --workers needs a value: auto|N"),
        ("index x --workers 0", #"fileroom index: --workers must be auto or a number from 1 to 256, found "0""#),
        ("index x --method smv", #"fileroom index: --method must be one of auto, smb, local (did you mean smb?), found "smv""#),
        ("index x --full=yes", "fileroom index: --full takes no value"),
        ("index x --full --full", "fileroom index: --full is given twice"),
        ("index x y --name n", "fileroom index: --name can stand with one SOURCE only, found 2"),
        ("index x --name a/b", #"fileroom index: --name must be a name without "/", at most 100 characters, found "a/b""#),
        ("index x --data=", #"fileroom index: --data must be a text that is not empty, found """#),
        ("search --level image", #"fileroom search: --level must be one of study, series, instance, found "image""#),
        (
            "search --order relevant",
            #"fileroom search: --order must be one of date, relevance (did you mean relevance?), found "relevant""#
        ),
        ("search --body-part=", #"fileroom search: --body-part must be a text that is not empty, found """#),
        ("search --limit 0", #"fileroom search: --limit must be a number from 1 to 100000, found "0""#),
        ("search --limit ten", #"fileroom search: --limit must be a number from 1 to 100000, found "ten""#),
        ("search --from 2026-01-31", #"fileroom search: --from must be a date as YYYYMMDD, such as 20260131, found "2026-01-31""#),
        ("search --from 20260230", #"fileroom search: --from must be a date that exists, as YYYYMMDD, found "20260230""#),
        ("search --to 21000229", #"fileroom search: --to must be a date that exists, as YYYYMMDD, found "21000229""#),
        ("search --to 20261301", #"fileroom search: --to must be a date that exists, as YYYYMMDD, found "20261301""#),
        ("search --from 20260102 --to 20260101", "fileroom search: --from 20260102 must not be later than --to 20260101"),
        ("search --modality CT,,MR", #"fileroom search: --modality must be modalities such as CT, with commas between, found "CT,,MR""#),
        ("export --format xml", #"fileroom export: --format must be one of json, csv, found "xml""#),
    ])
    func `says what is wrong and what is allowed`(line: String, expected: String) { #expect(refusal(line) == expected) }

    @Test func `takes no password and does not repeat one`() {
        for line in ["index x --password geheim", "index x --password=geheim", "source test x -p geheim"] {
            let text = refusal(line)
            #expect(text.contains("use --password-file or FILEROOM_SMB_PASSWORD"))
            #expect(!text.contains("geheim"))
        }
    }

    @Test func `makes control characters of the arguments visible in its errors`() {
        let error = #expect(throws: UsageError.self) { try Command(arguments: ["\u{1B}[31mindex"]) }
        #expect(error?.description.contains("\u{1B}") == false)
        #expect(error?.exitCode == .usage)
    }

    @Test func `finds the data folder`() {
        var options = GeneralOptions()
        #expect(options.dataFolder(environment: [:], configured: nil) == "./data")
        #expect(options.dataFolder(environment: ["FILEROOM_DATA": ""], configured: "/c") == "/c")
        #expect(options.dataFolder(environment: ["FILEROOM_DATA": "/e"], configured: "/c") == "/e")
        options.data = "/o"
        #expect(options.dataFolder(environment: ["FILEROOM_DATA": "/e"], configured: "/c") == "/o")
    }
}

@Suite struct `The help` {
    private let topics = CommandTable.commands.map(\.name) + ["source", "user", "key", "audit"]

    @Test func `has every command, every exit code and every variable in its overview`() {
        let text = HelpText.text(topic: nil)
        for definition in CommandTable.commands { #expect(text.contains("  \(definition.name) ")) }
        for code in ExitCode.allCases { #expect(text.contains("  \(code.rawValue) ")) }
        for variable in ["FILEROOM_DATA", "FILEROOM_SMB_PASSWORD", "FILEROOM_KEY", "NO_COLOR"] { #expect(text.contains(variable)) }
    }

    @Test func `of a command shows its options and an example that parses`() throws {
        for definition in CommandTable.commands {
            let text = HelpText.text(topic: definition.name)
            for option in definition.options {
                #expect(text.contains("[\(option.synopsis)]") != option.isRequired)
                #expect(text.contains("  \(option.synopsis)"))
            }
            #expect(!definition.examples.isEmpty)
            for example in definition.examples {
                #expect(text.contains(example.line))
                let words = example.line.split(separator: " ").dropFirst().map(String.init)
                #expect(throws: Never.self) { try Command(arguments: words) }
            }
        }
    }

    @Test(arguments: [40, 60, 80, 100]) func `fits the terminal`(width: Int) {
        for topic in topics {
            for line in HelpText.text(topic: topic, width: width).split(separator: "\n")
            where !line.contains("fileroom ") && !line.contains("--") {
                #expect(DisplayText.width(String(line)) <= width, "\(line)")
            }
        }
    }

    @Test func `gives each option one meaning in all commands`() {
        for (name, syntaxes) in Dictionary(grouping: CommandTable.commands.flatMap(\.options), by: \.name) {
            #expect(Set(syntaxes.map(\.placeholder)).count == 1, "--\(name)")
        }
    }

    @Test func `knows groups and refuses nothing`() {
        #expect(HelpText.text(topic: "source").contains("source suggest"))
        #expect(HelpText.text(topic: "nonsense") == HelpText.text(topic: nil))
    }
}
