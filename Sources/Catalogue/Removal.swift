internal import SQLite

/// Decides at the end of a scan what is gone, and removes its rows.
///
/// Gone = the parent was listed completely in this scan without it, and the scan is not held for a mass disappearance [I9].
final class Removal {
    private let connection: Connection
    private let ingest: Ingest

    private let unmarkFiles, unmarkFolders, countMissing, countFiles, rootHasEntries: Statement
    private let goneFolders, goneFiles, filesBelow, deleteFile, deleteFolder, foldersBelow: Statement
    private let setGone, confirmGone, setHeld, heldGeneration: Statement

    init(_ connection: Connection, ingest: Ingest) throws {
        (self.connection, self.ingest) = (connection, ingest)
        unmarkFiles = try connection.prepare(
            """
            UPDATE file SET missing_generation = NULL WHERE missing_generation IS NOT NULL
                AND folder_id IN (SELECT id FROM folder WHERE source_id = ?1 AND listed_generation < ?2 AND missing_generation IS NULL)
            """)
        unmarkFolders = try connection.prepare(
            """
            UPDATE folder SET missing_generation = NULL WHERE source_id = ?1 AND missing_generation IS NOT NULL
                AND parent_id IN (SELECT id FROM folder WHERE listed_generation < ?2 AND missing_generation IS NULL)
            """)
        // A file whose instance is still found elsewhere has moved, and is not part of a disappearance.
        countMissing = try connection.prepare(
            """
            WITH RECURSIVE lost(id) AS (
                SELECT id FROM folder WHERE source_id = ?1 AND missing_generation = ?2
                UNION SELECT f.id FROM folder f JOIN lost ON f.parent_id = lost.id
            ), candidate(id, instance_id) AS (
                SELECT f.id, f.instance_id FROM lost JOIN file f ON f.folder_id = lost.id
                UNION SELECT f.id, f.instance_id FROM file f JOIN folder d ON d.id = f.folder_id
                    WHERE f.missing_generation = ?2 AND d.source_id = ?1
            )
            SELECT count(*) FROM candidate c WHERE c.instance_id IS NULL OR NOT EXISTS(
                SELECT 1 FROM file o WHERE o.instance_id = c.instance_id AND o.missing_generation IS NULL AND o.folder_id NOT IN lost)
            """)
        countFiles = try connection.prepare("SELECT count(*) FROM folder d JOIN file f ON f.folder_id = d.id WHERE d.source_id = ?1")
        rootHasEntries = try connection.prepare(
            """
            SELECT EXISTS(SELECT 1 FROM folder r JOIN file f ON f.folder_id = r.id
                    WHERE r.source_id = ?1 AND r.path = '' AND f.missing_generation IS NULL)
                OR EXISTS(SELECT 1 FROM folder r JOIN folder c ON c.parent_id = r.id
                    WHERE r.source_id = ?1 AND r.path = '' AND c.missing_generation IS NULL)
            """)
        goneFolders = try connection.prepare("SELECT id FROM folder WHERE source_id = ?1 AND missing_generation <= ?2 LIMIT 100")
        goneFiles = try connection.prepare(
            """
            SELECT f.id FROM file f JOIN folder d ON d.id = f.folder_id
            WHERE d.source_id = ?1 AND f.missing_generation <= ?2 LIMIT ?3
            """)
        filesBelow = try connection.prepare("SELECT id FROM file WHERE folder_id = ?1 LIMIT ?2")
        deleteFile = try connection.prepare("DELETE FROM file WHERE id = ?1")
        deleteFolder = try connection.prepare("DELETE FROM folder WHERE id = ?1")
        foldersBelow = try connection.prepare("SELECT id FROM folder WHERE parent_id = ?1 LIMIT 1")
        setGone = try connection.prepare("UPDATE source SET gone_up_to = max(gone_up_to, ?2), held_missing = NULL WHERE id = ?1")
        confirmGone = try connection.prepare("UPDATE source SET gone_up_to = generation, held_missing = NULL WHERE id = ?1")
        setHeld = try connection.prepare("UPDATE source SET held_missing = ?2 WHERE id = ?1")
        heldGeneration = try connection.prepare("SELECT gone_up_to FROM source WHERE id = ?1")
    }

    /// Decides about what this scan did not find.
    ///
    /// - Parameter mostPercent: the part of the source's files, in percent, that may go without being held.
    /// - Returns: how many files are held; 0 when what is missing may go.
    func decide(source: Int64, generation: Int64, mostPercent: Double) throws -> Int {
        // Nothing is known about a folder that this scan could not list, so what an earlier one missed there is not missing now.
        for statement in [unmarkFiles, unmarkFolders] {
            statement.bind(source, at: 1)
            statement.bind(generation, at: 2)
            try statement.run()
        }
        let missing = try count(countMissing, source, generation)
        let holds = try missing > 0 && (isRootEmpty(source) || Double(missing) * 100 > Double(count(countFiles, source, nil)) * mostPercent)
        // What an earlier scan missed as well has been missed twice: it goes, whatever becomes of the rest.
        setGone.bind(source, at: 1)
        setGone.bind(holds ? generation - 1 : generation, at: 2)
        try setGone.run()
        guard holds else { return 0 }
        setHeld.bind(source, at: 1)
        setHeld.bind(missing, at: 2)
        try setHeld.run()
        return missing
    }

    /// An unmounted volume behind a share gives a perfect, empty listing.
    private func isRootEmpty(_ source: Int64) throws -> Bool {
        try count(rootHasEntries, source, nil) == 0
    }

    /// A person confirms that what the last scan missed is gone.
    func confirm(source: Int64) throws {
        confirmGone.bind(source, at: 1)
        try confirmGone.run()
    }

    /// Removes rows of files and folders that are gone, at most about `limit` of them.
    ///
    /// - Returns: how many files went; 0 when none is left.
    func removeSome(source: Int64, limit: Int) throws -> Int {
        let upTo = try count(heldGeneration, source, nil)
        var files: [Int64] = []
        goneFiles.bind(source, at: 1)
        goneFiles.bind(upTo, at: 2)
        goneFiles.bind(limit, at: 3)
        try goneFiles.forEachRow { files.append($0.integer(0)) }
        for file in files { try remove(file: file) }
        var removed = files.count
        while removed < limit {
            var folders: [Int64] = []
            goneFolders.bind(source, at: 1)
            goneFolders.bind(Int64(upTo), at: 2)
            try goneFolders.forEachRow { folders.append($0.integer(0)) }
            guard let folder = folders.first else { break }
            removed += try removeBelow(folder, limit: limit - removed)
        }
        return removed
    }

    /// Removes the deepest first folder below `folder`, or as many of its files as `limit` allows.
    private func removeBelow(_ folder: Int64, limit: Int) throws -> Int {
        var deepest = folder
        while true {
            foldersBelow.bind(deepest, at: 1)
            defer { foldersBelow.reset() }
            guard try foldersBelow.step() else { break }
            deepest = foldersBelow.integer(0)
        }
        var files: [Int64] = []
        filesBelow.bind(deepest, at: 1)
        filesBelow.bind(limit, at: 2)
        try filesBelow.forEachRow { files.append($0.integer(0)) }
        for file in files { try remove(file: file) }
        if files.count < limit {
            deleteFolder.bind(deepest, at: 1)
            try deleteFolder.run()
        }
        return files.count
    }

    private func remove(file: Int64) throws {
        let links = try ingest.links(of: file)
        deleteFile.bind(file, at: 1)
        try deleteFile.run()
        try ingest.unlinked(links, exceptInstance: nil)
    }

    private func count(_ statement: Statement, _ source: Int64, _ generation: Int64?) throws -> Int {
        statement.bind(source, at: 1)
        if let generation { statement.bind(generation, at: 2) }
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }
}
