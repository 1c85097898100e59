internal import Catalogue
internal import FileSource
internal import SQLite

/// The instances of an archive that is being planned, with every file that could hold each, and what of that was found to be there.
///
/// Kept in a temporary database, which is gone when this is: a million instances take no more memory than ten.
///
/// Source: https://www.sqlite.org/inmemorydb.html (temporary databases).
actor Draft {
    private let executor = SerialQueueExecutor(label: "share planning")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let connection: Connection
    /// The one that a file was added to last.
    private var lastFolder: DraftFolder?
    private let addFolder, findFolder, addInstance, addLocation, noteFile, failFolder, correctFile: Statement

    /// - Throws: `SQLiteError`.
    init() throws {
        connection = try Connection(path: "")
        try connection.execute(Self.schema)
        addFolder = try connection.prepare("INSERT OR IGNORE INTO folder(source, path) VALUES (?, ?)")
        findFolder = try connection.prepare("SELECT id FROM folder WHERE source = ? AND path = ?")
        addInstance = try connection.prepare("INSERT INTO instance VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)")
        addLocation = try connection.prepare(
            "INSERT OR IGNORE INTO location(folder, name, instance, size, modified, syntax) VALUES (?, ?, ?, ?, ?, ?)")
        noteFile = try connection.prepare("UPDATE location SET present_size = ?, present_modified = ? WHERE folder = ? AND name = ?")
        failFolder = try connection.prepare("UPDATE folder SET failure = ?, is_temporary = ? WHERE id = ?")
        correctFile = try connection.prepare(
            """
            UPDATE location SET present_size = ?7, present_modified = ?8, failure = ?1
            WHERE folder = (SELECT id FROM folder WHERE source = ?2 AND path = ?3) AND name = ?4 AND present_size = ?5 AND present_modified = ?6
            """)
    }

    private static let schema = """
        PRAGMA journal_mode = OFF;
        PRAGMA cache_size = -2048;
        CREATE TABLE folder(
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            path BLOB NOT NULL,
            failure TEXT,                    -- why it could not be listed
            is_temporary INTEGER,
            UNIQUE(source, path)
        );
        CREATE TABLE instance(
            id INTEGER PRIMARY KEY,
            study INTEGER NOT NULL,
            series INTEGER NOT NULL,
            uid TEXT,
            class TEXT,
            number INTEGER,
            frames INTEGER,
            rows INTEGER,
            columns INTEGER
        );
        CREATE TABLE location(
            folder INTEGER NOT NULL,
            name BLOB NOT NULL,
            instance INTEGER NOT NULL,
            size INTEGER NOT NULL,           -- as it was indexed
            modified INTEGER NOT NULL,
            syntax TEXT,
            present_size INTEGER,            -- as it was listed now; NULL when it was not
            present_modified INTEGER,
            failure TEXT,                    -- why it could not be read though it was listed
            PRIMARY KEY(folder, name)
        ) WITHOUT ROWID;
        CREATE INDEX location_instance ON location(instance);
        CREATE TABLE placed(
            position INTEGER PRIMARY KEY,
            instance INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,        -- in its series
            folder INTEGER,                  -- NULL when it is missing
            name BLOB,
            remark TEXT
        );
        CREATE TABLE document(
            name TEXT NOT NULL,
            piece INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY(name, piece)
        );
        """

    // MARK: What there should be

    /// Adds instances of a series.
    ///
    /// - Parameters:
    ///   - study: the study's number in the archive, from 1.
    ///   - series: the series' number in the study, from 1.
    func add(_ instances: [StoredInstance], study: Int, series: Int) throws {
        try connection.transaction {
            for instance in instances {
                addInstance.bind(study, at: 1)
                addInstance.bind(series, at: 2)
                addInstance.bind(instance.sopInstanceUID, at: 3)
                addInstance.bind(instance.sopClassUID, at: 4)
                addInstance.bind(instance.number, at: 5)
                addInstance.bind(instance.numberOfFrames, at: 6)
                addInstance.bind(instance.rows, at: 7)
                addInstance.bind(instance.columns, at: 8)
                try addInstance.run()
                let id = connection.lastInsertedRowID
                for location in instance.locations { try add(location, of: id) }
            }
        }
    }

    private func add(_ location: StoredLocation, of instance: Int64) throws {
        guard let folder = try folder(of: location) else { return }
        addLocation.bind(folder, at: 1)
        addLocation.bind(blob: location.name, at: 2)
        addLocation.bind(instance, at: 3)
        addLocation.bind(Int64(clamping: location.size), at: 4)
        addLocation.bind(location.modified, at: 5)
        addLocation.bind(location.transferSyntaxUID, at: 6)
        try addLocation.run()
    }

    /// The id of the folder that a file is in: mostly that of the file before.
    private func folder(of location: StoredLocation) throws -> Int64? {
        if let lastFolder, lastFolder.path.bytes == location.folder, lastFolder.sourceURL == location.sourceURL { return lastFolder.id }
        for statement in [addFolder, findFolder] {
            statement.bind(location.sourceURL, at: 1)
            statement.bind(blob: location.folder, at: 2)
        }
        try addFolder.run()
        defer { findFolder.reset() }
        guard try findFolder.step() else { return nil }
        let id = findFolder.integer(0)
        lastFolder = DraftFolder(id: id, sourceURL: location.sourceURL, path: SourcePath(bytes: location.folder))
        return id
    }

    /// Folders in which files should be.
    ///
    /// - Parameter after: the id of the last one of the page before; 0 at the beginning.
    func folders(after: Int64, limit: Int) throws -> [DraftFolder] {
        let statement = try connection.prepare("SELECT id, source, path FROM folder WHERE id > ? ORDER BY id LIMIT ?")
        statement.bind(after, at: 1)
        statement.bind(limit, at: 2)
        var folders: [DraftFolder] = []
        try statement.forEachRow { row in
            folders.append(DraftFolder(id: row.integer(0), sourceURL: row.text(1), path: SourcePath(bytes: row.bytes(2))))
        }
        return folders
    }

    // MARK: What there is

    /// Notes a page of a folder's listing.
    func note(_ entries: [DirectoryEntry], in folder: DraftFolder) throws {
        try connection.transaction {
            for entry in entries where entry.kind == .file {
                noteFile.bind(Int64(clamping: entry.size), at: 1)
                noteFile.bind(entry.modified, at: 2)
                noteFile.bind(folder.id, at: 3)
                noteFile.bind(blob: entry.name, at: 4)
                try noteFile.run()
            }
        }
    }

    /// Notes that a folder could not be listed to its end.
    func note(_ failure: DraftFailure, in folder: DraftFolder) throws {
        failFolder.bind(failure.remark, at: 1)
        failFolder.bind(failure.isTemporary ? 1 : 0, at: 2)
        failFolder.bind(folder.id, at: 3)
        try failFolder.run()
    }

    /// Takes what was found out about a file in place of what its listing said, if that has not changed since.
    func apply(_ finding: FileFindings.Finding, to file: DraftFile) throws {
        let (folder, name) = file.path.folderAndName
        correctFile.bind(file.sourceURL, at: 2)
        correctFile.bind(blob: folder, at: 3)
        correctFile.bind(blob: name, at: 4)
        correctFile.bind(Int64(clamping: file.size), at: 5)
        correctFile.bind(file.modified, at: 6)
        switch finding {
        case .unreadable(let remark):
            correctFile.bind(remark, at: 1)
            correctFile.bind(nil as Int64?, at: 7)
            correctFile.bind(nil as Int64?, at: 8)
        case .differs(let size, let modified):
            correctFile.bind(nil as String?, at: 1)
            correctFile.bind(Int64(clamping: size), at: 7)
            correctFile.bind(modified, at: 8)
        }
        try correctFile.run()
    }

    // MARK: What is taken

    /// Puts the instances in order, and chooses a file for each: one that is as it was indexed before one that has changed.
    func place() throws -> DraftTotals {
        try connection.transaction {
            try connection.execute("DELETE FROM placed")
            let instances = try connection.prepare(
                """
                SELECT id, study, series FROM instance ORDER BY study, series, ifnull(number, 9223372036854775807), ifnull(uid, '~'), id
                """)
            let choice = try DraftChoice(connection)
            let insert = try connection.prepare("INSERT INTO placed VALUES (?, ?, ?, ?, ?, ?)")
            var (totals, position, ordinal, series) = (DraftTotals(), Int64(0), 0, [Int64]())
            try instances.forEachRow { row in
                let here = [row.integer(1), row.integer(2)]
                ordinal = here == series ? ordinal + 1 : 1
                series = here
                let chosen = try choice.choose(row.integer(0))
                totals.add(chosen)
                insert.bind(position, at: 1)
                insert.bind(row.integer(0), at: 2)
                insert.bind(ordinal, at: 3)
                insert.bind(chosen.place?.folder, at: 4)
                insert.bind(blob: chosen.place?.name, at: 5)
                insert.bind(chosen.remark, at: 6)
                try insert.run()
                position += 1
            }
            return totals
        }
    }

    /// When the last of the files that are taken was changed, in nanoseconds since 1970 UTC.
    func latestModified() throws -> Int64 {
        try connection.integer(
            "SELECT max(l.present_modified) FROM placed p JOIN location l ON l.folder = p.folder AND l.name = p.name") ?? 0
    }

    /// Instances in the order of the archive; ``place()`` comes before.
    ///
    /// - Parameters:
    ///   - position: of the first.
    ///   - limit: how many at most; fewer only at the end.
    func rows(from position: Int64, limit: Int) throws -> [DraftRow] {
        let statement = try connection.prepare(
            """
            SELECT p.position, i.study, i.series, p.ordinal, i.uid, i.class, l.syntax, i.number, i.frames, i.rows, i.columns,
                f.source, f.path, l.name, l.present_size, l.present_modified, p.remark
            FROM placed p JOIN instance i ON i.id = p.instance
                LEFT JOIN folder f ON f.id = p.folder LEFT JOIN location l ON l.folder = p.folder AND l.name = p.name
            WHERE p.position >= ? ORDER BY p.position LIMIT ?
            """)
        statement.bind(position, at: 1)
        statement.bind(limit, at: 2)
        var rows: [DraftRow] = []
        try statement.forEachRow { row in
            var file: DraftFile?
            if let source = row.optionalText(11) {
                file = DraftFile(
                    sourceURL: source, path: SourcePath(bytes: row.bytes(12)).appending(row.bytes(13)),
                    size: UInt64(clamping: row.integer(14)), modified: row.integer(15))
            }
            rows.append(
                DraftRow(
                    position: row.integer(0), study: Int(row.integer(1)), series: Int(row.integer(2)), instance: Int(row.integer(3)),
                    sopInstanceUID: row.optionalText(4), sopClassUID: row.optionalText(5), transferSyntaxUID: row.optionalText(6),
                    number: row.optionalInteger(7), numberOfFrames: row.optionalInteger(8), rows: row.optionalInteger(9),
                    columns: row.optionalInteger(10), file: file, remark: row.optionalText(16)))
        }
        return rows
    }
}

extension SourcePath {
    /// The folder that a file is in, and its name there.
    fileprivate var folderAndName: (folder: [UInt8], name: [UInt8]) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return ([], bytes) }
        return (Array(bytes[..<slash]), Array(bytes[(slash + 1)...]))
    }
}
