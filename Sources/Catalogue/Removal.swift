internal import SQLite

/// Decides at the end of a scan what is gone, and removes its rows.
///
/// Gone = the parent was listed completely in this scan without it, and the scan is not held for a mass disappearance [I9].
final class Removal {
    private let connection: Connection
    private let ingest: Ingest

    private let unmarkFiles, unmarkFolders, countMissing, countFiles, rootHasEntries: Statement
    private let goneFolders, goneFiles, filesBelow, deleteFile, deleteFolder, foldersBelow, anyFolder: Statement
    private let decided, heldMissing, setGone, setHeld, confirmGone, confirmJobs, goneUpTo: Statement

    init(_ connection: Connection, ingest: Ingest) throws {
        (self.connection, self.ingest) = (connection, ingest)
        unmarkFiles = try connection.prepare(
            """
            UPDATE file SET missing_generation = NULL WHERE missing_generation IS NOT NULL
                AND folder_id IN (SELECT id FROM folder WHERE source_id = ?1 AND listed_generation < ?2)
            """)
        unmarkFolders = try connection.prepare(
            """
            UPDATE folder SET missing_generation = NULL WHERE source_id = ?1 AND missing_generation IS NOT NULL
                AND parent_id IN (SELECT id FROM folder WHERE listed_generation < ?2)
            """)
        // A file whose instance was found in a new place of the same source has moved. One that was there all along is another copy.
        countMissing = try connection.prepare(
            """
            WITH RECURSIVE lost(id) AS (
                SELECT id FROM folder WHERE source_id = ?1 AND missing_generation > ?2
                UNION SELECT f.id FROM folder f JOIN lost ON f.parent_id = lost.id
            ), candidate(id, instance_id) AS (
                SELECT f.id, f.instance_id FROM lost JOIN file f ON f.folder_id = lost.id
                UNION SELECT f.id, f.instance_id FROM file f JOIN folder d ON d.id = f.folder_id
                    WHERE f.missing_generation > ?2 AND d.source_id = ?1
            )
            SELECT count(*), count(*) FILTER (WHERE c.instance_id IS NULL OR NOT EXISTS(
                SELECT 1 FROM file o JOIN folder d ON d.id = o.folder_id
                WHERE o.instance_id = c.instance_id AND d.source_id = ?1 AND o.found_generation > ?2
                    AND o.missing_generation IS NULL AND o.folder_id NOT IN lost))
            FROM candidate c
            """)
        countFiles = try connection.prepare("SELECT count(*) FROM folder d JOIN file f ON f.folder_id = d.id WHERE d.source_id = ?1")
        rootHasEntries = try connection.prepare(
            """
            SELECT EXISTS(SELECT 1 FROM folder r JOIN file f ON f.folder_id = r.id
                    WHERE r.source_id = ?1 AND r.path = '' AND f.missing_generation IS NULL)
                OR EXISTS(SELECT 1 FROM folder r JOIN folder c ON c.parent_id = r.id
                    WHERE r.source_id = ?1 AND r.path = '' AND c.missing_generation IS NULL)
            """)
        goneFolders = try connection.prepare("SELECT id FROM folder WHERE source_id = ?1 AND missing_generation <= ?2 LIMIT 1")
        goneFiles = try connection.prepare(
            """
            SELECT f.id FROM file f JOIN folder d ON d.id = f.folder_id
            WHERE d.source_id = ?1 AND f.missing_generation <= ?2 LIMIT ?3
            """)
        filesBelow = try connection.prepare("SELECT id FROM file WHERE folder_id = ?1 LIMIT ?2")
        deleteFile = try connection.prepare("DELETE FROM file WHERE id = ?1")
        deleteFolder = try connection.prepare("DELETE FROM folder WHERE id = ?1")
        foldersBelow = try connection.prepare("SELECT id FROM folder WHERE parent_id = ?1 LIMIT 1")
        anyFolder = try connection.prepare("SELECT id FROM folder WHERE source_id = ?1 LIMIT 1")
        decided = try connection.prepare("SELECT decided_generation FROM source WHERE id = ?1")
        heldMissing = try connection.prepare("SELECT coalesce(held_missing, 0) FROM source WHERE id = ?1")
        setGone = try connection.prepare(
            "UPDATE source SET gone_up_to = ?2, decided_generation = ?2, held_missing = NULL WHERE id = ?1")
        confirmJobs = try connection.prepare("UPDATE job SET message = '' WHERE source_id = ?1 AND state = 'completed' AND message <> ''")
        setHeld = try connection.prepare("UPDATE source SET decided_generation = ?2, held_missing = ?3 WHERE id = ?1")
        confirmGone = try connection.prepare("UPDATE source SET gone_up_to = decided_generation, held_missing = NULL WHERE id = ?1")
        goneUpTo = try connection.prepare("SELECT gone_up_to FROM source WHERE id = ?1")
    }

    /// Decides about what this scan did not find.
    ///
    /// - Parameter mostPercent: the part of the source's files, in percent, that may go without being held.
    /// - Returns: how many files are held; 0 when what is missing may go.
    func decide(source: Int64, generation: Int64, mostPercent: Double) throws -> Int {
        let before = try count(decided, source)
        // Continued after its decision: a scan does not agree with itself.
        if before == generation { return try count(heldMissing, source) }
        // Nothing is known about a folder that this scan could not list, so what an earlier one missed there is not missing now.
        for statement in [unmarkFiles, unmarkFolders] {
            statement.bind(source, at: 1)
            statement.bind(generation, at: 2)
            try statement.run()
        }
        // What was missed and held by an earlier scan is missed again: the second scan agrees. Only what is new can hold this one.
        let new = try missing(source, after: before)
        let holds =
            try new.files > 0 && (isRootEmpty(source) || Double(new.unmoved) * 100 > Double(count(countFiles, source)) * mostPercent)
        guard holds else {
            setGone.bind(source, at: 1)
            setGone.bind(generation, at: 2)
            try setGone.run()
            return 0
        }
        let held = try missing(source, after: -1).files
        setHeld.bind(source, at: 1)
        setHeld.bind(generation, at: 2)
        setHeld.bind(held, at: 3)
        try setHeld.run()
        return held
    }

    /// How many files are missing since a later scan than `generation`, and how many of them were not found elsewhere.
    private func missing(_ source: Int64, after generation: Int) throws -> (files: Int, unmoved: Int) {
        countMissing.bind(source, at: 1)
        countMissing.bind(generation, at: 2)
        defer { countMissing.reset() }
        return try countMissing.step() ? (Int(countMissing.integer(0)), Int(countMissing.integer(1))) : (0, 0)
    }

    /// An unmounted volume behind a share gives a perfect, empty listing.
    private func isRootEmpty(_ source: Int64) throws -> Bool {
        try count(rootHasEntries, source) == 0
    }

    /// A person confirms that what the last scan that came to its end missed is gone.
    func confirm(source: Int64) throws {
        confirmGone.bind(source, at: 1)
        try confirmGone.run()
        // The only thing that a completed job has to say is that it holds something.
        confirmJobs.bind(source, at: 1)
        try confirmJobs.run()
    }

    /// Removes rows of files and folders that are gone, at most about `limit` of them.
    ///
    /// - Returns: how many files went, and whether anything may be left.
    func removeSome(source: Int64, limit: Int) throws -> (files: Int, isMoreLeft: Bool) {
        let upTo = try count(goneUpTo, source)
        var files: [Int64] = []
        goneFiles.bind(source, at: 1)
        goneFiles.bind(upTo, at: 2)
        goneFiles.bind(limit, at: 3)
        try goneFiles.forEachRow { files.append($0.integer(0)) }
        for file in files { try remove(file: file) }
        let below = try removeFolders(limit: limit - files.count) {
            goneFolders.bind(source, at: 1)
            goneFolders.bind(upTo, at: 2)
            return try first(goneFolders)
        }
        return (files.count + below.files, below.isMoreLeft)
    }

    /// Removes rows of a source's files and folders, gone or not, at most about `limit` of them.
    ///
    /// - Returns: how many files went, and whether anything may be left.
    func removeAll(source: Int64, limit: Int) throws -> (files: Int, isMoreLeft: Bool) {
        try removeFolders(limit: limit) {
            anyFolder.bind(source, at: 1)
            return try first(anyFolder)
        }
    }

    private func removeFolders(limit: Int, next: () throws -> Int64?) throws -> (files: Int, isMoreLeft: Bool) {
        var removed = 0
        var rows = 0
        while rows < limit {
            guard let folder = try next() else { return (removed, false) }
            let below = try removeBelow(folder, limit: limit - rows)
            removed += below
            // The folder itself, or the last of its files.
            rows += below + 1
        }
        return (removed, true)
    }

    private func first(_ statement: Statement) throws -> Int64? {
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Removes the deepest first folder below `folder`, or as many of its files as `limit` allows.
    private func removeBelow(_ folder: Int64, limit: Int) throws -> Int {
        var deepest = folder
        while true {
            foldersBelow.bind(deepest, at: 1)
            guard let below = try first(foldersBelow) else { break }
            deepest = below
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

    private func count(_ statement: Statement, _ source: Int64) throws -> Int {
        statement.bind(source, at: 1)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }
}
