internal import CSQLite

extension Connection {
    /// Copies the whole database, as it is at one moment, into a new file. Others may read and write it meanwhile.
    ///
    /// Blocks for as long as that takes. In WAL mode nobody waits for it: it holds one read transaction from the first page to the last, so
    /// that writers never make it begin again.
    ///
    /// - Parameter path: must not be a database yet.
    ///
    /// Source: `sqlite3_backup_init`, `sqlite3_backup_step`.
    public func backUp(to path: String) throws(SQLiteError) {
        let copy = try Connection(path: path)
        guard let backup = sqlite3_backup_init(copy.handle, "main", handle, "main") else {
            throw copy.error(sqlite3_extended_errcode(copy.handle), "sqlite3_backup_init")
        }
        let stepped = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            throw copy.error(finished == SQLITE_OK ? stepped : finished, "sqlite3_backup_step")
        }
    }

    /// What is wrong with the file; empty when nothing is. Reads all of it.
    ///
    /// Source: `PRAGMA integrity_check`, `PRAGMA foreign_key_check`.
    public func damage() throws(SQLiteError) -> [String] {
        var findings: [String] = []
        let check = try prepare("PRAGMA integrity_check(10)")
        while try check.step() { findings.append(check.text(0)) }
        if findings == ["ok"] { findings = [] }
        let foreign = try prepare("PRAGMA foreign_key_check")
        if try foreign.step() { findings.append("a row of \(foreign.text(0)) refers to one that is not there") }
        return findings
    }
}
