internal import CSQLite
internal import Glibc

extension Connection {
    /// Copies the whole database, as it is now, into a new file that only its owner may read, while others go on reading and writing. Blocks.
    ///
    /// Meant for a connection of its own: a read transaction is held until the end, so that the copy never starts again because of writers. The file
    /// is whole and on the disk when this returns; after an error there is none.
    ///
    /// - Parameters:
    ///   - path: of a file that is not there yet.
    ///   - progress: is told how many pages are copied and how many there are; what it throws ends the copy.
    /// - Throws: ``SQLiteError``, or what `progress` threw.
    ///
    /// Source: `sqlite3_backup_init`.
    public func backup(to path: String, progress: (_ copied: Int, _ total: Int) throws -> Void = { _, _ in }) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SQLiteError(code: SQLITE_CANTOPEN, message: "\(path): \(String(cString: strerror(errno)))", operation: "open")
        }
        close(descriptor)
        do {
            try execute("BEGIN")
            // A transaction of SQLite's begins with its first read.
            _ = try integer("SELECT count(*) FROM sqlite_schema")
            defer {
                // Nothing was written, so there is nothing that a failure could lose.
                if isInTransaction { try? execute("ROLLBACK") }
            }
            try copy(into: Connection(path: path), progress: progress)
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
            throw error
        }
    }

    private func copy(into target: Connection, progress: (Int, Int) throws -> Void) throws {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_extended_errcode(target.handle), "sqlite3_backup_init")
        }
        var isFinished = false
        // Also where progress throws; the result of a step that failed has been thrown already.
        defer { if !isFinished { sqlite3_backup_finish(backup) } }
        while true {
            let code = sqlite3_backup_step(backup, 1_024)
            let total = Int(sqlite3_backup_pagecount(backup))
            try progress(total - Int(sqlite3_backup_remaining(backup)), total)
            if code == SQLITE_DONE { break }
            guard code == SQLITE_OK else {
                throw SQLiteError(code: code, message: String(cString: sqlite3_errstr(code)), operation: "sqlite3_backup_step")
            }
        }
        isFinished = true
        let code = sqlite3_backup_finish(backup)
        guard code == SQLITE_OK else { throw target.error(code, "sqlite3_backup_finish") }
    }
}
