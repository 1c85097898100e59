internal import Cryptography
internal import Glibc
internal import SQLite

/// Opening the ledger's database file together with the key that belongs to it.
enum LedgerFile {
    /// What the key that seals the audit trail's head is derived for.
    static let auditSealing = "fileroom audit head"

    /// Opens for writing: creates the file and the key when there is neither, migrates an older file.
    ///
    /// - Throws: ``LedgerError``: newer, corrupt, diskFull, failed, keyMissing, keyWrong; `KeyFileError`.
    static func open(_ path: String, keyPath: String) throws -> (connection: Connection, key: SealingKey) {
        try LedgerError.translating {
            try createForOwner(path)
            let connection = try Connection(path: path)
            try connection.execute(
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA secure_delete = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA journal_size_limit = 16777216;
                """)
            let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
            try refuseNewer(version)
            let key = try key(at: keyPath, isNewLedger: version == 0)
            try connection.transaction {
                for (number, migration) in Schema.migrations.enumerated().dropFirst(version) {
                    try connection.execute(migration)
                    try connection.execute("PRAGMA user_version = \(number + 1)")
                }
                let rows = LedgerRows(connection)
                try checkKey(key, of: rows, keyPath: keyPath)
                if version == 0 { try rows.setAuditHead(.none(sealedWith: key.derived(for: auditSealing))) }
            }
            return (connection, key)
        }
    }

    /// Finds what would keep ``open(_:keyPath:)`` from opening an existing file, and damage in all of it. Changes nothing.
    ///
    /// - Throws: ``LedgerError``: newer, corrupt, failed, keyMissing, keyWrong; `KeyFileError`.
    static func check(_ path: String, keyPath: String) throws {
        let connection = try openForReading(path)
        try LedgerError.translating {
            let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
            try refuseNewer(version)
            if let finding = try connection.damage().first { throw LedgerError.damaged(finding) }
            guard version > 0 else { return }
            try checkKey(try key(at: keyPath, isNewLedger: false), of: LedgerRows(connection), keyPath: keyPath)
        }
    }

    /// A further connection to a file that is open for writing.
    static func openForReading(_ path: String) throws -> Connection {
        try LedgerError.translating {
            let connection = try Connection(path: path, access: .readOnly)
            try connection.execute("PRAGMA cache_size = -4096")
            return connection
        }
    }

    /// SQLite makes files that the group and others may read where the umask lets them; its side files take the permissions of this one.
    private static func createForOwner(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LedgerError(
                .failed, "The ledger \(path) cannot be opened: \(String(cString: strerror(errno)))",
                "Check the data folder's disk and its permissions.")
        }
        close(descriptor)
    }

    private static func refuseNewer(_ version: Int) throws {
        guard version <= Schema.migrations.count else {
            throw LedgerError(
                .newer,
                "The ledger was written by a newer version of Fileroom (schema \(version); this one knows \(Schema.migrations.count))",
                "Use that version, or another data folder.")
        }
    }

    private static func key(at path: String, isNewLedger: Bool) throws -> SealingKey {
        if let key = try KeyFile.read(path) { return key }
        guard isNewLedger else {
            throw LedgerError(
                .keyMissing, "The key \(path) is missing, though the ledger holds what is sealed with it",
                "Put it back from the backup that belongs to this data folder.")
        }
        return try KeyFile.create(path)
    }

    private static func checkKey(_ key: SealingKey, of rows: LedgerRows, keyPath: String) throws {
        let check = key.derived(for: "fileroom ledger key check")
        guard let known = try rows.setting("key_check") else { return try rows.set("key_check", to: check) }
        guard ConstantTime.areEqual(known, check) else {
            throw LedgerError(
                .keyWrong, "The key \(keyPath) is not the one that this ledger was written with",
                "Put back the key from the backup that belongs to this data folder.")
        }
    }
}
