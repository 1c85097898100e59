internal import SQLite

/// Compares listings with the folder and file rows: what is new or changed waits to be read, what a complete listing is without is marked
/// missing. Nothing is removed here.
final class Enumeration {
    private let connection: Connection
    private var listings: [Int64: Listing] = [:]
    /// Listings under way whose pages so far a rollback has taken back.
    private var broken: Set<Int64> = []

    private let folderRow, filesOfFolder: Statement
    private let insertFolder, findFolder, wantFolder, finishFolder, skipFolder: Statement
    private let insertFile, findFile, changeFile, wantFile, unmarkFile, unmarkFolder: Statement
    private let filesNotSeen, markFile, foldersNotSeen, markFolder: Statement

    /// Folders with at most this many known files are compared in memory, larger ones row by row.
    private static let mostComparedInMemory = 20_000

    /// One folder's listing under way.
    private struct Listing {
        let source: Int64
        let generation: Int64
        let path: [UInt8]
        let depth: Int
        let readAll: Bool
        /// Whether an earlier listing, complete or interrupted, left rows to compare with.
        let isKnown: Bool
        /// Rows not met yet, by name; nil when the folder is too large for that.
        var expected: [[UInt8]: KnownFile]?
        var comparesInMemory: Bool { expected != nil }
        var seenFiles: [Int64] = []
        var seenFolders: Set<Int64> = []
        /// How many files have been given a place in the reading order.
        var ordered = 0
        var counts = ListingCounts()
    }

    private struct KnownFile {
        let id, size, modified, changed, state: Int64
        let isMissing: Bool
    }

    /// What a listing came to.
    struct ListingCounts {
        var files = 0
        var ruledOut = 0
        var unchangedInstances = 0
        var unchangedOthers = 0
    }

    init(_ connection: Connection) throws {
        self.connection = connection
        folderRow = try connection.prepare(
            """
            SELECT path, depth, listed_generation > 0 OR EXISTS(SELECT 1 FROM file WHERE folder_id = ?1)
                OR EXISTS(SELECT 1 FROM folder WHERE parent_id = ?1)
            FROM folder WHERE id = ?1
            """)
        filesOfFolder = try connection.prepare(
            "SELECT id, name, size, modified, changed, state, missing_generation IS NOT NULL FROM file WHERE folder_id = ?1 LIMIT ?2")
        insertFolder = try connection.prepare(
            """
            INSERT INTO folder(source_id, parent_id, path, depth, to_list) VALUES(?1, ?2, ?3, ?4, ?1) ON CONFLICT(source_id, path) DO NOTHING
            """)
        findFolder = try connection.prepare("SELECT id, listed_generation FROM folder WHERE source_id = ?1 AND path = ?2")
        wantFolder = try connection.prepare("UPDATE folder SET to_list = source_id, missing_generation = NULL WHERE id = ?1")
        finishFolder = try connection.prepare("UPDATE folder SET to_list = NULL, listed_generation = ?2 WHERE id = ?1")
        skipFolder = try connection.prepare("UPDATE folder SET to_list = NULL WHERE id = ?1")
        insertFile = try connection.prepare(
            """
            INSERT INTO file(folder_id, name, size, modified, changed, read_order, state, found_generation)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT(folder_id, name) DO NOTHING
            """)
        findFile = try connection.prepare(
            "SELECT id, name, size, modified, changed, state, missing_generation IS NOT NULL FROM file WHERE folder_id = ?1 AND name = ?2")
        changeFile = try connection.prepare(
            """
            UPDATE file SET size = ?2, modified = ?3, changed = ?4, read_order = ?5, missing_generation = NULL,
                state = iif(state = \(FileState.toRead.rawValue), state, \(FileState.outdated.rawValue))
            WHERE id = ?1
            """)
        wantFile = try connection.prepare("UPDATE file SET read_order = ?2, missing_generation = NULL WHERE id = ?1")
        unmarkFolder = try connection.prepare("UPDATE folder SET missing_generation = NULL WHERE id = ?1")
        unmarkFile = try connection.prepare("UPDATE file SET missing_generation = NULL WHERE id = ?1")
        filesNotSeen = try connection.prepare("SELECT id FROM file WHERE folder_id = ?1 ORDER BY id")
        markFile = try connection.prepare(
            "UPDATE file SET missing_generation = coalesce(missing_generation, ?2), read_order = NULL WHERE id = ?1")
        foldersNotSeen = try connection.prepare("SELECT id FROM folder WHERE parent_id = ?1")
        markFolder = try connection.prepare(
            "UPDATE folder SET missing_generation = coalesce(missing_generation, ?2), to_list = NULL WHERE id = ?1")
    }

    // MARK: The root

    /// The source's root folder, made when it is new, waiting to be listed.
    func wantRoot(of source: Int64) throws {
        insertFolder.bind(source, at: 1)
        insertFolder.bind(nil as Int64?, at: 2)
        insertFolder.bind("", at: 3)
        insertFolder.bind(0, at: 4)
        try insertFolder.run()
        if connection.changes == 0, let root = try folder(at: [], of: source) {
            wantFolder.bind(root, at: 1)
            try wantFolder.run()
        }
    }

    private func folder(at path: [UInt8], of source: Int64) throws -> Int64? {
        findFolder.bind(source, at: 1)
        findFolder.bind(name: path, at: 2)
        defer { findFolder.reset() }
        return try findFolder.step() ? findFolder.integer(0) : nil
    }

    // MARK: One listing

    private func begin(_ folder: Int64, of job: JobRecord) throws -> Listing? {
        folderRow.bind(folder, at: 1)
        defer { folderRow.reset() }
        guard try folderRow.step() else { return nil }
        var listing = Listing(
            source: job.sourceID, generation: job.generation, path: folderRow.bytes(0), depth: Int(folderRow.integer(1)),
            readAll: job.readAll, isKnown: folderRow.integer(2) != 0)
        if listing.isKnown { listing.expected = try knownFiles(of: folder) }
        return listing
    }

    private func knownFiles(of folder: Int64) throws -> [[UInt8]: KnownFile]? {
        var known: [[UInt8]: KnownFile] = [:]
        filesOfFolder.bind(folder, at: 1)
        filesOfFolder.bind(Self.mostComparedInMemory + 1, at: 2)
        try filesOfFolder.forEachRow { known[$0.bytes(1)] = Self.known($0) }
        return known.count > Self.mostComparedInMemory ? nil : known
    }

    private static func known(_ row: Statement) -> KnownFile {
        KnownFile(
            id: row.integer(0), size: row.integer(2), modified: row.integer(3), changed: row.integer(4), state: row.integer(5),
            isMissing: row.integer(6) != 0)
    }

    /// Adds a page to a folder's listing; the first one begins it.
    func add(_ page: [ListedEntry], to folder: Int64, of job: JobRecord) throws {
        // A later page must not pass for a first one: what stood on the pages before would be missing.
        guard !broken.contains(folder) else {
            throw CatalogueError(
                code: .failed, message: "A folder's listing was rolled back", suggestion: "Start the job again: it continues.")
        }
        // Taken out and put back, so that its arrays are changed in place.
        guard var listing = try listings.removeValue(forKey: folder) ?? begin(folder, of: job) else { return }
        defer { listings[folder] = listing }
        for entry in page {
            switch entry.kind {
            case .folder: try add(folder: entry, to: folder, &listing)
            case .ruledOutFolder: try keep(folder: entry, &listing)
            case .other:
                listing.counts.files += 1
                listing.counts.ruledOut += 1
            case .ruledOut:
                listing.counts.files += 1
                if try keep(file: entry, in: folder, &listing) == .instance {
                    listing.counts.unchangedInstances += 1
                } else {
                    listing.counts.ruledOut += 1
                }
            case .candidate:
                guard let state = try add(file: entry, to: folder, &listing) else { continue }
                listing.counts.files += 1
                switch state {
                case .instance: listing.counts.unchangedInstances += 1
                case .notDICOM, .directory: listing.counts.unchangedOthers += 1
                case .toRead, .failed, .outdated: break
                }
            }
        }
    }

    /// Files that listings under way have seen so far.
    func filesInOpenListings(of source: Int64) -> Int {
        listings.values.reduce(0) { $0 + ($1.source == source ? $1.counts.files : 0) }
    }

    private func add(folder entry: ListedEntry, to parent: Int64, _ listing: inout Listing) throws {
        let path = WorkQueue.path(of: entry.name, in: listing.path)
        insertFolder.bind(listing.source, at: 1)
        insertFolder.bind(parent, at: 2)
        insertFolder.bind(name: path, at: 3)
        insertFolder.bind(listing.depth + 1, at: 4)
        try insertFolder.run()
        if connection.changes > 0 {
            listing.seenFolders.insert(connection.lastInsertedRowID)
            return
        }
        findFolder.bind(listing.source, at: 1)
        findFolder.bind(name: path, at: 2)
        defer { findFolder.reset() }
        guard try findFolder.step() else { return }
        let id = findFolder.integer(0)
        listing.seenFolders.insert(id)
        // Listed in this scan already: the listing of the parent was begun twice.
        guard findFolder.integer(1) < listing.generation else { return }
        wantFolder.bind(id, at: 1)
        try wantFolder.run()
    }

    /// - Returns: ``FileState/toRead`` when the file will be read, else what is known of it; nil for a name that the listing has twice.
    private func add(file entry: ListedEntry, to folder: Int64, _ listing: inout Listing) throws -> FileState? {
        if listing.isKnown, let known = try take(entry.name, in: folder, &listing) { return try compare(entry, with: known, &listing) }
        return try insert(entry, in: folder, &listing)
    }

    /// The row of a name, which has been seen now.
    private func take(_ name: [UInt8], in folder: Int64, _ listing: inout Listing) throws -> KnownFile? {
        if listing.comparesInMemory { return listing.expected?.removeValue(forKey: name) }
        let known = try find(name, in: folder)
        if let known { listing.seenFiles.append(known.id) }
        return known
    }

    /// A file that is there, and is not to be looked at.
    ///
    /// - Returns: what is known of it; nil when nothing is.
    private func keep(file entry: ListedEntry, in folder: Int64, _ listing: inout Listing) throws -> FileState? {
        guard listing.isKnown, let known = try take(entry.name, in: folder, &listing) else { return nil }
        try unmark(known)
        return FileState(rawValue: known.state)
    }

    /// A folder that is there, and is not to be looked into.
    private func keep(folder entry: ListedEntry, _ listing: inout Listing) throws {
        guard listing.isKnown, let id = try self.folder(at: WorkQueue.path(of: entry.name, in: listing.path), of: listing.source) else {
            return
        }
        listing.seenFolders.insert(id)
        unmarkFolder.bind(id, at: 1)
        try unmarkFolder.run()
    }

    private func unmark(_ file: KnownFile) throws {
        guard file.isMissing else { return }
        unmarkFile.bind(file.id, at: 1)
        try unmarkFile.run()
    }

    /// SMB tells times in steps of 100 ns, a local file system in finer ones; a file that was seen both ways is still the same.
    ///
    /// Source: MS-DTYP §2.3.3.
    private static func isSameTime(_ one: Int64, _ other: Int64) -> Bool { one / 100 == other / 100 }

    private func compare(_ entry: ListedEntry, with known: KnownFile, _ listing: inout Listing) throws -> FileState {
        let state = FileState(rawValue: known.state) ?? .toRead
        // A modality may rewrite a slice with the same size and time: the change time tells, where there is one.
        let isSame =
            Int64(clamping: entry.size) == known.size && Self.isSameTime(entry.modified, known.modified)
            && (Self.isSameTime(entry.changed, known.changed) || entry.changed == 0 || known.changed == 0)
        if isSame, !listing.readAll || entry.size == 0, state.isSettled {
            try unmark(known)
            return state
        }
        let order = nextReadOrder(&listing)
        if isSame {
            wantFile.bind(known.id, at: 1)
            wantFile.bind(order, at: 2)
            try wantFile.run()
        } else {
            changeFile.bind(known.id, at: 1)
            changeFile.bind(Int64(clamping: entry.size), at: 2)
            changeFile.bind(entry.modified, at: 3)
            changeFile.bind(entry.changed, at: 4)
            changeFile.bind(order, at: 5)
            try changeFile.run()
        }
        return .toRead
    }

    /// - Returns: nil when the name has a row already.
    private func insert(_ entry: ListedEntry, in folder: Int64, _ listing: inout Listing) throws -> FileState? {
        // An empty file needs no look.
        let state = entry.size == 0 ? FileState.notDICOM : .toRead
        let order = WorkQueue.readOrder(listing.source, WorkQueue.level(ofOrdinal: listing.ordered))
        insertFile.bind(folder, at: 1)
        insertFile.bind(name: entry.name, at: 2)
        insertFile.bind(Int64(clamping: entry.size), at: 3)
        insertFile.bind(entry.modified, at: 4)
        insertFile.bind(entry.changed, at: 5)
        insertFile.bind(state == .toRead ? order : nil, at: 6)
        insertFile.bind(state.rawValue, at: 7)
        insertFile.bind(listing.generation, at: 8)
        try insertFile.run()
        guard connection.changes > 0 else { return nil }
        if state == .toRead { listing.ordered += 1 }
        if listing.isKnown, !listing.comparesInMemory { listing.seenFiles.append(connection.lastInsertedRowID) }
        return state
    }

    private func nextReadOrder(_ listing: inout Listing) -> Int64 {
        defer { listing.ordered += 1 }
        return WorkQueue.readOrder(listing.source, WorkQueue.level(ofOrdinal: listing.ordered))
    }

    private func find(_ name: [UInt8], in folder: Int64) throws -> KnownFile? {
        findFile.bind(folder, at: 1)
        findFile.bind(name: name, at: 2)
        defer { findFile.reset() }
        return try findFile.step() ? Self.known(findFile) : nil
    }

    // MARK: End of a listing

    /// The listing was complete: what it is without is missing.
    func finish(_ folder: Int64) throws -> ListingCounts {
        guard let listing = listings.removeValue(forKey: folder) else { return ListingCounts() }
        if listing.isKnown {
            if let expected = listing.expected {
                for file in expected.values { try mark(markFile, file.id, listing.generation) }
            } else {
                try markFilesNotSeen(folder, listing)
            }
            var absent: [Int64] = []
            foldersNotSeen.bind(folder, at: 1)
            try foldersNotSeen.forEachRow { if !listing.seenFolders.contains($0.integer(0)) { absent.append($0.integer(0)) } }
            for id in absent { try mark(markFolder, id, listing.generation) }
        }
        finishFolder.bind(folder, at: 1)
        finishFolder.bind(listing.generation, at: 2)
        try finishFolder.run()
        return listing.counts
    }

    private func markFilesNotSeen(_ folder: Int64, _ listing: Listing) throws {
        let seen = listing.seenFiles.sorted()
        var absent: [Int64] = []
        var position = 0
        filesNotSeen.bind(folder, at: 1)
        try filesNotSeen.forEachRow { row in
            let id = row.integer(0)
            while position < seen.count, seen[position] < id { position += 1 }
            if position == seen.count || seen[position] != id { absent.append(id) }
        }
        for id in absent { try mark(markFile, id, listing.generation) }
    }

    private func mark(_ statement: Statement, _ id: Int64, _ generation: Int64) throws {
        statement.bind(id, at: 1)
        statement.bind(generation, at: 2)
        try statement.run()
    }

    /// The folder could not be listed: nothing is known about what it holds now, so nothing is missing.
    func fail(_ folder: Int64) throws {
        abandon(folder)
        skipFolder.bind(folder, at: 1)
        try skipFolder.run()
    }

    /// The listing was interrupted and will be begun again.
    func abandon(_ folder: Int64) {
        listings[folder] = nil
        broken.remove(folder)
    }

    /// After a rollback.
    func forget() {
        broken.formUnion(listings.keys)
        listings.removeAll()
    }
}

extension Statement {
    /// Binds a path or name: as text where it is valid UTF-8, else as a blob of its bytes.
    func bind(name: [UInt8], at index: Int32) {
        if String(validating: name, as: UTF8.self) != nil {
            name.withUnsafeBytes { bind(text: $0, at: index) }
        } else {
            bind(blob: name, at: index)
        }
    }
}
