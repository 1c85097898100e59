internal import Foundation
internal import Glibc
public import Indexing
internal import SQLite

/// A copy of what a data folder must not lose, in a folder of its own: both databases, the key that its secrets are sealed under, and a manifest,
/// which is written last and so says that the rest is whole.
public struct Backup: Sendable {
    /// An absolute path.
    public let folder: String
    public let manifest: BackupManifest

    static let manifestName = "backup.json"
    private static let databases = ["ledger.sqlite3", "catalogue.sqlite3"]
    private static let keys = ["secret.key"]
    /// All that a backup may hold.
    private static let names = databases + keys

    // MARK: Making

    /// Copies a data folder, also while another process works in it. Blocks for as long as that takes.
    ///
    /// Each database is as it was at one moment; the ledger's is the earlier one.
    ///
    /// - Parameters:
    ///   - folder: absolute; is made, or must be empty.
    ///   - time: of the backup, ISO 8601.
    /// - Throws: ``BackupError``, `SQLiteError`. Files that were written by then stay, without a manifest.
    public static func make(of data: DataFolder, in folder: String, time: String) throws -> Backup {
        try makeEmpty(folder)
        var entries: [BackupManifest.Entry] = []
        for name in names where access("\(data.path)/\(name)", F_OK) == 0 {
            let copy = "\(folder)/\(name)"
            if databases.contains(name) {
                try Connection(path: "\(data.path)/\(name)", access: .readOnly).backup(to: copy)
            } else {
                try SafeFile.copy("\(data.path)/\(name)", to: copy)
            }
            try SafeFile.settle(copy)
            entries.append(try SafeFile.entry(name, in: folder))
        }
        guard !entries.isEmpty else {
            throw BackupError("\(data.path) holds nothing to back up", "Is it the right data folder? Give it with --data.")
        }
        let manifest = BackupManifest(format: BackupManifest.presentFormat, createdAt: time, files: entries)
        try SafeFile.write(manifest.json(), to: "\(folder)/\(manifestName)")
        try SafeFile.settleFolder(folder)
        return Backup(folder: folder, manifest: manifest)
    }

    private static func makeEmpty(_ folder: String) throws(BackupError) {
        guard mkdir(folder, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw BackupError("The folder \(folder) cannot be made", errno: errno) }
        let content: [String]
        do {
            content = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw BackupError("\(folder) is not a folder that can be read", "Give a folder that is not there yet, or is empty.")
        }
        guard content.isEmpty else { throw BackupError("The folder \(folder) is not empty", "Give one that is, or is not there yet.") }
    }

    // MARK: Checking

    /// Reads a whole backup and checks it: that each file is what the manifest says, and each database sound. Blocks.
    ///
    /// - Throws: ``BackupError``.
    public static func check(_ folder: String) throws -> Backup {
        let manifest: BackupManifest
        do {
            manifest = try BackupManifest(json: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(manifestName)")))
        } catch {
            throw BackupError("\(folder) is no backup, or one that was not finished", "A whole one holds a readable \(manifestName).")
        }
        guard manifest.format <= BackupManifest.presentFormat else {
            throw BackupError("\(folder) was written by a newer version", "Restore it with that version.")
        }
        for entry in manifest.files {
            guard names.contains(entry.name) else {
                throw BackupError("\(folder) holds an unknown file \(entry.name)", "Is it a backup of Fileroom?")
            }
            guard try SafeFile.entry(entry.name, in: folder) == entry else {
                throw BackupError("\(folder)/\(entry.name) is not what was backed up", "The medium may be damaged: use another backup.")
            }
            if databases.contains(entry.name) { try checkDatabase("\(folder)/\(entry.name)") }
        }
        return Backup(folder: folder, manifest: manifest)
    }

    private static func checkDatabase(_ path: String) throws {
        let damage: [String]
        do {
            // A copy has no side files, and none is to be made on what may be a read-only medium.
            damage = try Connection(path: path, access: .immutable).damage()
        } catch {
            damage = [error.description]
        }
        if let first = damage.first { throw BackupError("The database \(path) is damaged: \(first)", "Use another backup.") }
    }

    // MARK: Restoring

    /// Puts the backup in the place of what a data folder holds, which is kept in a folder in it. The caller owns the data folder. Blocks.
    ///
    /// A process that is killed meanwhile leaves the old files there or in that folder; restoring again then ends it.
    ///
    /// - Parameter stamp: makes the name of the folder with the old files.
    /// - Returns: the folder with the old files; nil when there were none.
    /// - Throws: ``BackupError``.
    public func restore(into data: DataFolder, stamp: String) throws -> String? {
        for entry in manifest.files {
            let draft = "\(data.path)/\(entry.name).restoring"
            unlink(draft)
            try SafeFile.copy("\(folder)/\(entry.name)", to: draft)
            try SafeFile.settle(draft)
        }
        let aside = "\(data.path)/replaced-\(stamp)"
        var hasMoved = false
        for name in Self.names.flatMap({ [$0, $0 + "-wal", $0 + "-shm"] }) + ["index_status.json"]
        where access("\(data.path)/\(name)", F_OK) == 0 {
            mkdir(aside, 0o700)
            try SafeFile.rename("\(data.path)/\(name)", to: "\(aside)/\(name)")
            hasMoved = true
        }
        for entry in manifest.files {
            try SafeFile.rename("\(data.path)/\(entry.name).restoring", to: "\(data.path)/\(entry.name)")
        }
        try SafeFile.settleFolder(data.path)
        return hasMoved ? aside : nil
    }
}

/// What a backup holds.
public struct BackupManifest: Codable, Sendable, Hashable {
    public struct Entry: Codable, Sendable, Hashable {
        public var name: String
        public var bytes: Int
        /// In hexadecimal digits.
        public var sha256: String
    }
    var format: Int
    /// ISO 8601, UTC.
    public var createdAt: String
    public var files: [Entry]

    static let presentFormat = 1

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    init(format: Int, createdAt: String, files: [Entry]) {
        (self.format, self.createdAt, self.files) = (format, createdAt, files)
    }

    init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: json)
    }
}

/// Why there is no backup, or none that can be restored.
public struct BackupError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let suggestion: String

    init(_ message: String, _ suggestion: String) { (self.message, self.suggestion) = (message, suggestion) }

    init(_ message: String, errno code: Int32) {
        self.init("\(message): \(String(cString: strerror(code)))", "Check its permissions, and the free space on its disk.")
    }

    public var description: String { "\(message). \(suggestion)" }
}
