internal import Glibc
package import SQLite

/// Opening the catalogue's database file, bringing it up to the present schema, and setting a damaged one aside.
package enum CatalogueFile {
    /// Opens for writing: creates the file when absent, migrates an older one.
    ///
    /// - Throws: ``CatalogueError``: newer, corrupt, diskFull, failed.
    package static func openForWriting(_ path: String) throws -> Connection {
        try translatingErrors {
            let connection = try Connection(path: path)
            try connection.execute(
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -49152;
                PRAGMA wal_autocheckpoint = 8000;
                PRAGMA journal_size_limit = 67108864;
                """)
            try migrate(connection)
            return connection
        }
    }

    /// Opens for reading a catalogue that exists.
    ///
    /// - Throws: ``CatalogueError``: missing, newer, corrupt, failed.
    static func openForReading(_ path: String) throws -> Connection {
        guard access(path, F_OK) == 0 else {
            throw CatalogueError(
                code: .missing, message: "There is no catalogue in this data folder yet",
                suggestion: "Index a source first: `fileroom index SOURCE`; or give the right folder with --data.")
        }
        return try translatingErrors {
            let connection = try Connection(path: path, access: .readOnly)
            let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
            try refuseNewer(version)
            guard version == Schema.migrations.count else {
                throw CatalogueError(
                    code: .missing, message: "The catalogue was written by an earlier version, or is not set up yet",
                    suggestion: "Run `fileroom index SOURCE` once to bring it up to date.")
            }
            return connection
        }
    }

    /// Renames a database and its side files, so that a new one can be built; nothing is deleted.
    ///
    /// - Returns: the name that the old file has now.
    static func setAside(_ path: String, stamp: String) throws -> String {
        let aside = "\(path).\(stamp).aside"
        for suffix in ["-wal", "-shm", ""] where access(path + suffix, F_OK) == 0 {
            guard rename(path + suffix, aside + suffix) == 0 else {
                throw CatalogueError(
                    code: .failed, message: "The old catalogue cannot be renamed: \(String(cString: strerror(errno)))",
                    suggestion: "Check the permissions of the data folder.")
            }
        }
        return aside
    }

    static func translatingErrors<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw CatalogueError(error)
        }
    }

    private static func migrate(_ connection: Connection) throws {
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        try refuseNewer(version)
        for (number, migration) in Schema.migrations.enumerated().dropFirst(version) {
            try connection.transaction {
                try connection.execute(migration)
                try connection.execute("PRAGMA user_version = \(number + 1)")
            }
        }
    }

    private static func refuseNewer(_ version: Int) throws {
        guard version <= Schema.migrations.count else {
            throw CatalogueError(
                code: .newer,
                message:
                    "The catalogue was written by a newer version of Fileroom (schema \(version); this one knows \(Schema.migrations.count))",
                suggestion:
                    "Use that version, or another data folder; or `fileroom index … --rebuild` to set this catalogue aside and build it again."
            )
        }
    }
}
