import Catalogue
import CommandLineInterface
import Configuration
import Foundation
import Indexing

extension Context {
    /// The server that `--server` names; nil without.
    ///
    /// - Throws: ``Failure`` for an address that is none, and where there is no key.
    func remote() throws -> (any APIClient)? {
        let remote = options.remote
        guard let url = remote.url else {
            if remote.certificateAuthority != nil || remote.keyFile != nil {
                throw Failure("--server-ca and --key-file go with --server.", .usage)
            }
            return nil
        }
        let key: String
        if let file = remote.keyFile {
            let found = try PasswordFile.read(file)
            if let warning = found.warning { Terminal.note(warning) }
            key = found.secret.reveal()
        } else if let found = Terminal.environment[RemoteOptions.keyVariable], !found.isEmpty {
            key = found
        } else {
            throw Failure(
                "\(url) is asked with an API key: put it into \(RemoteOptions.keyVariable), or into a file for --key-file."
                    + " `fileroom key create --role admin` on the server makes one.", .usage)
        }
        return try HTTPAPIClient(url: url, certificateAuthority: remote.certificateAuthority, key: key)
    }

    /// Does something with the API: of the server that `--server` names, else of the process that owns the data folder, else of this one, which then
    /// owns it for the moment.
    ///
    /// - Parameter body: is run again when the process that was asked ended, and makes no call twice that must not be.
    func withAPI<Value>(_ body: (any APIClient) async throws -> Value) async throws -> Value {
        if let remote = try remote() { return try await Self.reaching(options.remote.url) { try await body(remote) } }
        return try await Owner.run(self) { owner in
            try await body(owner.client)
        } ask: {
            try await Self.ifOwned(folder, body)
        }
    }

    /// Makes sure that there is something to read before anybody becomes the owner of a data folder, which would make one. A catalogue of an earlier
    /// version is there: its owner brings it up to date.
    ///
    /// - Throws: `CatalogueError`; not where a server is asked.
    func requireCatalogue() async throws {
        guard options.remote.url == nil, !FileManager.default.fileExists(atPath: folder.catalogue) else { return }
        try await blocking { [path = folder.catalogue] in _ = try CatalogueReader(path: path) }
    }

    /// Asks the process that owns the data folder.
    ///
    /// - Returns: nil when there is none, or it is about to end.
    static func ifOwned<Value>(_ folder: DataFolder, _ body: (any APIClient) async throws -> Value) async throws -> Value? {
        do {
            return try await body(HTTPAPIClient(owner: folder.path))
        } catch is OwnerGone {
            return nil
        }
    }

    /// A server on the network that is gone is not somebody else's to replace.
    private static func reaching<Value>(_ url: String?, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is OwnerGone {
            throw Failure("\(url ?? "The server") cannot be reached.", .unreachable)
        }
    }
}
