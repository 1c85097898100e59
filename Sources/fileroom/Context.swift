import CommandLineInterface
import Configuration
import Foundation
import Indexing
import Ledger

/// What every command starts from: the configuration and the data folder.
struct Context {
    let options: GeneralOptions
    let configuration: FileroomConfiguration
    /// The file that ``configuration`` came from; nil when there is none.
    let configurationFile: String?
    let folder: DataFolder

    /// - Throws: `ConfigurationError` with everything that is wrong.
    init(_ general: GeneralOptions) throws {
        options = general
        let working = FileManager.default.currentDirectoryPath
        if let file = general.configurationFile {
            configurationFile = Self.absolute(file, working)
        } else {
            configurationFile = FileManager.default.fileExists(atPath: "config.json") ? Self.absolute("config.json", working) : nil
        }
        configuration = try configurationFile.map { try FileroomConfiguration(file: $0) } ?? FileroomConfiguration()
        for warning in configuration.warnings { Terminal.note("config: \(warning)") }
        folder = Self.folder(general, configured: configuration.dataFolder)
    }

    private static func folder(_ general: GeneralOptions, configured: String?) -> DataFolder {
        let data = general.dataFolder(environment: Terminal.environment, configured: configured)
        return DataFolder(path: absolute(data, FileManager.default.currentDirectoryPath))
    }

    /// The data folder as far as no configuration is needed to know it; nil when it is for the configuration to say.
    static func folder(withoutConfiguration general: GeneralOptions) -> DataFolder? {
        let isGiven = general.data != nil || Terminal.environment[GeneralOptions.dataVariable]?.isEmpty == false
        return isGiven ? folder(general, configured: nil) : nil
    }

    static func absolute(_ path: String, _ working: String) -> String {
        URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: working, isDirectory: true)).standardizedFileURL.path
    }

    /// What a SOURCE argument means, whether it is there or not.
    func meaning(of argument: String) throws -> SourceConfiguration {
        try configuration.source(for: argument, workingDirectory: FileManager.default.currentDirectoryPath)
    }

    /// Whether a SOURCE argument is a name that says nothing here, and may be one that was declared in the browser: the owner of the data folder
    /// knows those.
    func isOwnersToKnow(_ argument: String) throws -> Bool {
        guard !argument.contains("/"), !configuration.sources.contains(where: { $0.name == argument }) else { return false }
        guard case .folder(let path) = try meaning(of: argument).address else { return false }
        return !FileManager.default.fileExists(atPath: path) && FileManager.default.fileExists(atPath: Ledger.path(in: folder.path))
    }

    /// The source that a SOURCE argument means.
    ///
    /// - Throws: ``Failure`` for a name that is neither configured nor a folder.
    func source(_ argument: String) throws -> SourceConfiguration {
        let source = try meaning(of: argument)
        let isConfigured = configuration.sources.contains { $0.name == source.name }
        if !isConfigured, !argument.contains("/"), case .folder(let path) = source.address, !FileManager.default.fileExists(atPath: path) {
            let hint = configuration.nearestSourceName(to: argument).map { "Did you mean \"\($0)\"?" } ?? "A share is smb://host/share."
            throw Failure("There is no source and no folder named \(argument). \(hint)", .noSuchSource)
        }
        return source
    }

    /// The password for a source, asked for on the terminal when a user is named and nothing else gives one.
    func password(for source: SourceConfiguration, username: String, file: String?) throws -> String? {
        guard case .smb(let share) = source.address else { return nil }
        if let found = try source.password(commandLineFile: file, environment: Terminal.environment) {
            if let warning = found.warning { Terminal.note(warning) }
            return found.secret.reveal()
        }
        guard !username.isEmpty else { return nil }
        if let typed = PasswordPrompt.ask("Password of \(username) for \(share.canonicalURL):") { return typed }
        throw Failure(
            "The user \(username) needs a password. Give it with --password-file, FILEROOM_SMB_PASSWORD or the configuration.", .usage)
    }
}
