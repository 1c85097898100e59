extension Connection {
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
