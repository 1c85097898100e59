internal import SQLite

/// Plans, their entries and their generated documents.
extension LedgerRows {
    private static let planColumns = """
        plan.id, share.public_id, grant_id, etag, length, directory_offset, last_modified, file_name, missing, details, entries,
        plan.created_at, started_at, completed_at, is_void
        """

    private func plan(_ row: Statement) -> Plan {
        let layout = PlanLayout(
            etag: row.text(3), length: UInt64(bitPattern: row.integer(4)), directoryOffset: UInt64(bitPattern: row.integer(5)),
            lastModifiedUnixSeconds: row.integer(6), fileName: row.text(7), missing: Int(row.integer(8)), details: row.text(9))
        return Plan(
            id: row.integer(0), shareID: row.text(1), grantID: row.integer(2), layout: layout, entryCount: Int(row.integer(10)),
            createdAt: row.double(11), startedAt: row.optionalDouble(12), completedAt: row.optionalDouble(13), isVoid: row.integer(14) != 0)
    }

    private func plans(where condition: String, _ value: Int64) throws -> [Plan] {
        try all(
            """
            SELECT \(Self.planColumns) FROM plan JOIN share ON share.id = plan.share_id
            WHERE is_frozen = 1 AND \(condition) ORDER BY plan.id DESC
            """, .integer(value), element: plan)
    }

    /// - Throws: ``LedgerError`` noSuchPlan.
    func frozenPlan(_ id: Plan.ID) throws -> Plan {
        guard let plan = try plans(where: "plan.id = ?", id).first else { throw LedgerError.noSuchPlan }
        return plan
    }

    func usablePlans(of grant: ShareGrant) throws -> [Plan] { try plans(where: "is_void = 0 AND grant_id = ?", grant.id) }

    // MARK: Preparation

    /// Plans of one share that are kept for resuming, and those that were never started.
    private static let mostPlans: Int64 = 256
    private static let mostIdlePlans: Int64 = 32
    /// Seconds in which a plan that is made for a request is started by it.
    private static let startingTime: Double = 60

    /// Begins a plan in the place of those that this recipient left without starting them. Of a share's others the oldest give way when there are too
    /// many: nobody fills the disk by asking.
    func createPlan(of grant: ShareGrant, now: Double) throws -> Plan.ID {
        let share = try first("SELECT share_id FROM share_grant WHERE id = ?", .integer(grant.id)) { $0.integer(0) }
        guard let share else { throw LedgerError(.noSuchShare, "This link was opened too long ago", "Open it again.") }
        try run(
            "UPDATE plan SET is_void = 1 WHERE grant_id = ? AND is_frozen = 1 AND started_at IS NULL AND used_at < ?", .integer(grant.id),
            .real(now - Self.startingTime))
        for (condition, most) in [("1", Self.mostPlans), ("started_at IS NULL", Self.mostIdlePlans)] {
            try run(
                """
                UPDATE plan SET is_void = 1 WHERE id IN (
                    SELECT id FROM plan WHERE share_id = ? AND is_void = 0 AND \(condition) ORDER BY used_at DESC, id DESC LIMIT -1 OFFSET ?)
                """, .integer(share), .integer(most - 1))
        }
        try run(
            "INSERT INTO plan(share_id, grant_id, created_at, used_at) VALUES (?1, ?2, ?3, ?3)", .integer(share), .integer(grant.id),
            .real(now))
        return connection.lastInsertedRowID
    }

    /// Keeps a plan in preparation from being taken for one that was left behind.
    ///
    /// - Throws: ``LedgerError`` noSuchPlan.
    func touchPreparation(of plan: Plan.ID, now: Double) throws {
        try run("UPDATE plan SET used_at = ? WHERE id = ? AND is_frozen = 0 AND is_void = 0", .real(now), .integer(plan))
        guard connection.changes > 0 else { throw LedgerError.noSuchPlan }
    }

    func insert(_ entries: some Sequence<PlanEntry>, into plan: Plan.ID) throws {
        var sources: [String: Int64] = [:]
        for entry in entries {
            var (source, path, modified, document): (Int64?, [UInt8]?, Int64?, Int64?)
            switch entry.origin {
            case .document(let number): document = Int64(number)
            case .file(let file):
                source = try sources[file.sourceURL] ?? planSource(file.sourceURL)
                sources[file.sourceURL] = source
                (path, modified) = (file.path, file.modifiedNanoseconds)
            }
            try run(
                """
                INSERT INTO plan_entry(plan_id, number, path, size, modified, offset, source_id, source_path, source_modified_ns, document,
                    sop_instance_uid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, .integer(plan), .integer(Int64(entry.number)), .text(entry.path), .integer(Int64(bitPattern: entry.size)),
                .integer(entry.modifiedUnixSeconds), .integer(Int64(bitPattern: entry.offset)), .integer(source), .blob(path),
                .integer(modified), .integer(document), .text(entry.sopInstanceUID))
        }
    }

    private func planSource(_ url: String) throws -> Int64 {
        if let known = try first("SELECT id FROM plan_source WHERE url = ?", .text(url), element: { $0.integer(0) }) { return known }
        try run("INSERT INTO plan_source(url) VALUES (?)", .text(url))
        return connection.lastInsertedRowID
    }

    func append(_ bytes: ArraySlice<UInt8>, toDocument document: Int, of plan: Plan.ID) throws {
        try run(
            """
            INSERT INTO plan_document(plan_id, document, offset, bytes) SELECT ?1, ?2, coalesce(
                (SELECT offset + length(bytes) FROM plan_document WHERE plan_id = ?1 AND document = ?2 ORDER BY offset DESC LIMIT 1), 0), ?3
            """, .integer(plan), .integer(Int64(document)), .blob(Array(bytes)))
    }

    func freeze(_ plan: Plan.ID, _ layout: PlanLayout, now: Double) throws -> Plan {
        try touchPreparation(of: plan, now: now)
        try run(
            """
            UPDATE plan SET is_frozen = 1, entries = (SELECT count(*) FROM plan_entry WHERE plan_id = ?1), etag = ?2, length = ?3,
                directory_offset = ?4, last_modified = ?5, file_name = ?6, missing = ?7, details = ?8 WHERE id = ?1
            """, .integer(plan), .text(layout.etag), .integer(Int64(bitPattern: layout.length)),
            .integer(Int64(bitPattern: layout.directoryOffset)), .integer(layout.lastModifiedUnixSeconds), .text(layout.fileName),
            .integer(Int64(layout.missing)), .text(layout.details))
        return try frozenPlan(plan)
    }

    func void(_ plan: Plan.ID) throws {
        try run(
            """
            UPDATE share SET download_count = download_count - 1,
                used_up_at = CASE WHEN download_count - 1 >= max_downloads THEN used_up_at END
            WHERE id = (SELECT share_id FROM plan WHERE id = ? AND is_void = 0 AND started_at IS NOT NULL AND completed_at IS NULL)
            """, .integer(plan))
        try run("UPDATE plan SET is_void = 1 WHERE id = ?", .integer(plan))
    }

    // MARK: Reading

    func entries(of plan: Plan.ID, from number: Int, count: Int) throws -> [PlanEntry] {
        try all(
            """
            SELECT number, entry.path, entry.size, modified, offset, url, source_path, source_modified_ns, document, sop_instance_uid,
                coalesce(entry.crc, file_checksum.crc)
            FROM plan_entry AS entry LEFT JOIN plan_source ON plan_source.id = entry.source_id
            LEFT JOIN file_checksum ON file_checksum.source_id = entry.source_id AND file_checksum.path = entry.source_path
                AND file_checksum.size = entry.size AND file_checksum.modified_ns = entry.source_modified_ns
            WHERE plan_id = ? AND number >= ? ORDER BY number LIMIT ?
            """, .integer(plan), .integer(Int64(number)), .integer(Int64(count))
        ) { row in
            let origin: PlanEntry.Origin =
                row.optionalInteger(8).map { .document(Int($0)) }
                ?? .file(PlanFile(sourceURL: row.text(5), path: row.bytes(6), modifiedNanoseconds: row.integer(7)))
            var entry = PlanEntry(
                number: Int(row.integer(0)), path: row.text(1), size: UInt64(bitPattern: row.integer(2)),
                modifiedUnixSeconds: row.integer(3), offset: UInt64(bitPattern: row.integer(4)), origin: origin,
                sopInstanceUID: row.optionalText(9))
            entry.crc = row.optionalInteger(10).map(UInt32.init(truncatingIfNeeded:))
            return entry
        }
    }

    func entry(of plan: Plan.ID, at offset: UInt64) throws -> Int? {
        try first(
            "SELECT number FROM plan_entry WHERE plan_id = ? AND offset <= ? ORDER BY offset DESC, number DESC LIMIT 1", .integer(plan),
            .integer(Int64(clamping: offset))
        ) { Int($0.integer(0)) }
    }

    func document(_ document: Int, of plan: Plan.ID, from offset: UInt64, count: Int) throws -> [UInt8] {
        let (start, end) = (Int64(clamping: offset), Int64(clamping: offset) + Int64(count))
        var bytes: [UInt8] = []
        _ = try all(
            """
            SELECT offset, bytes FROM plan_document WHERE plan_id = ?1 AND document = ?2 AND offset < ?4 AND offset >= coalesce(
                (SELECT max(offset) FROM plan_document WHERE plan_id = ?1 AND document = ?2 AND offset <= ?3), 0) ORDER BY offset
            """, .integer(plan), .integer(Int64(document)), .integer(start), .integer(end)
        ) { row in
            let (first, piece) = (row.integer(0), row.bytes(1))
            bytes += piece[min(piece.count, Int(max(0, start - first)))..<min(piece.count, Int(end - first))]
        }
        return bytes
    }
}
