public import Configuration

/// What the arguments ask for.
public enum Command: Hashable, Sendable {
    case index(IndexOptions)
    case status(JobOptions)
    case pause(JobOptions)
    case resume(JobOptions)
    case cancel(JobOptions)
    case errors(JobOptions)
    case search(SearchOptions)
    case export(ExportOptions)
    case confirm(ConfirmOptions)
    case sourceTest(SourceOptions)
    case sourceSuggest(SourceOptions)
    case sourceMetrics(SourceOptions)
    case serve(ServeOptions)
    case user(UserOptions)
    case key(KeyOptions)
    case share(ShareOptions)
    case auditVerify(AuditOptions)
    case auditExport(AuditOptions)
    case backup(BackupOptions)
    case restore(BackupOptions)
    case doctor(GeneralOptions)
    case version(GeneralOptions)
    /// The help text of a command, or of the whole program; see ``HelpText``.
    case help(topic: String?)
}

/// Options that most commands share.
public struct GeneralOptions: Hashable, Sendable {
    /// `--data`; see ``dataFolder(environment:configured:)`` for what holds without it.
    public var data: String?
    /// `--config`
    public var configurationFile: String?
    /// `--json`
    public var writesJSON = false
    public var remote = RemoteOptions()

    public init() {}

    /// The variable that names the data folder where `--data` does not.
    public static let dataVariable = "FILEROOM_DATA"

    /// The data folder: `--data`, else `FILEROOM_DATA`, else as configured, else `./data`.
    public func dataFolder(environment: [String: String], configured: String?) -> String {
        if let data { return data }
        if let data = environment[Self.dataVariable], !data.isEmpty { return data }
        return configured ?? "./data"
    }
}

/// How a user is named on the command line; a password never is.
public struct CredentialOptions: Hashable, Sendable {
    public var username: String?
    public var passwordFile: String?

    public init() {}
}

public struct IndexOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    public var credentials = CredentialOptions()
    /// Names of configured sources, URLs or folders; none means every source that the configuration enables.
    public var sources: [String] = []
    /// `--name`: what a single source is called in the catalogue.
    public var name: String?
    public var workers: WorkerCount?
    public var method: EnumerationMethod?
    /// `--full`: opens unchanged files too.
    public var opensUnchangedFiles = false
    /// `--all-names`: looks into every file, whatever its name.
    public var includesAllNames = false
    /// `--rebuild`: sets a damaged or newer catalogue aside and begins a new one.
    public var rebuildsCatalogue = false

    public init() {}
}

public struct JobOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    /// Nil means: all jobs, or the only one.
    public var job: String?

    public init() {}
}

public struct SearchOptions: Hashable, Sendable {
    public enum Level: String, CaseIterable, Sendable { case study, series, instance }
    public enum Order: String, CaseIterable, Sendable { case date, relevance }

    public var general = GeneralOptions()
    /// The words joined by spaces; empty for none.
    public var text = ""
    public var level = Level.series
    /// Capital letters, without repetition.
    public var modalities: [String] = []
    /// `YYYYMMDD`, a date that exists.
    public var from: String?
    /// `YYYYMMDD`, not before ``from``.
    public var to: String?
    public var patientID: String?
    public var accessionNumber: String?
    public var bodyPart: String?
    public var source: String?
    public var order = Order.date
    public var limit = SearchOptions.defaultLimit
    /// The `cursor` of the last object of the page before.
    public var after: String?

    public static let defaultLimit = 50

    public init() {}
}

public struct ExportOptions: Hashable, Sendable {
    public enum Format: String, CaseIterable, Sendable { case json, csv }

    public var general = GeneralOptions()
    public var format = Format.json
    /// Nil means standard output.
    public var output: String?

    public init() {}
}

public struct ConfirmOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    /// Nil means every source whose scan is held.
    public var source: String?

    public init() {}
}

public struct SourceOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    public var credentials = CredentialOptions()
    /// A configured name, a URL or a folder.
    public var source = ""

    public init() {}
}

extension GeneralOptions: HasGeneralOptions {
    var general: GeneralOptions {
        get { self }
        set { self = newValue }
    }
}
extension IndexOptions: HasGeneralOptions, HasCredentialOptions {}
extension JobOptions: HasGeneralOptions {}
extension SearchOptions: HasGeneralOptions {}
extension ExportOptions: HasGeneralOptions {}
extension ConfirmOptions: HasGeneralOptions {}
extension SourceOptions: HasGeneralOptions, HasCredentialOptions {}

protocol HasGeneralOptions: Sendable { var general: GeneralOptions { get set } }
protocol HasCredentialOptions: Sendable { var credentials: CredentialOptions { get set } }
