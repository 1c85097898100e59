internal import Glibc
internal import SQLite

/// A catalogue that cannot be used: damaged, or written by a newer version.
public struct UnusableCatalogue: Sendable {
    /// A source that it holds.
    public struct Source: Sendable, Hashable {
        public let name: String
        public let url: String
    }
    /// Why it cannot be used.
    public let reason: CatalogueError
    /// As many as can still be read.
    public let sources: [Source]
    private let path: String

    /// Opens a catalogue as a writer does, and has SQLite check the whole file. The caller owns the data folder. Blocks.
    ///
    /// - Returns: nil for one that is sound, and where there is none.
    /// - Throws: ``CatalogueError`` when that cannot be found out: locked, diskFull, failed.
    ///
    /// Source: `PRAGMA integrity_check`.
    public static func find(_ path: String) throws -> UnusableCatalogue? {
        guard access(path, F_OK) == 0 else { return nil }
        var reason: CatalogueError?
        do {
            _ = try CatalogueWriter(path: path)
        } catch let error as CatalogueError where [.newer, .corrupt, .failed].contains(error.code) {
            reason = error
        }
        // What fails otherwise may be the disk's fault, and then the check fails of it too.
        if reason == nil || reason?.code == .failed, let damage = try damage(path) { reason = damage }
        return try reason.map { UnusableCatalogue(reason: $0, sources: try sources(path), path: path) }
    }

    /// Renames the file and its side files, so that a new catalogue can be begun; nothing is deleted.
    ///
    /// - Returns: the name that it has now.
    public func setAside(stamp: String) throws -> String {
        try CatalogueFile.setAside(path, stamp: stamp)
    }

    private static func damage(_ path: String) throws -> CatalogueError? {
        do {
            return try CatalogueFile.translatingErrors {
                let statement = try Connection(path: path, access: .readOnly).prepare("PRAGMA integrity_check(1)")
                guard try statement.step(), case let finding = statement.text(0), finding != "ok" else { return nil }
                return .corrupt(finding)
            }
        } catch let error as CatalogueError where error.code == .corrupt {
            return error
        }
    }

    private static func sources(_ path: String) throws -> [Source] {
        var sources: [Source] = []
        do {
            let statement = try Connection(path: path, access: .readOnly).prepare("SELECT name, url FROM source ORDER BY id")
            try statement.forEachRow { sources.append(Source(name: $0.text(0), url: $0.text(1))) }
        } catch is SQLiteError {
            // The damage goes as far as here.
        }
        return sources
    }
}
