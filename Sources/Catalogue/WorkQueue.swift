internal import SQLite

/// The folders to list and the files to read, which are rows: what waits is marked there, and survives the process.
final class WorkQueue {
    private let nextFolders, countFolders, nextFiles, countFiles, waiting, wantFile: Statement

    /// The most levels of reading order within a folder; files 2^19 apart are read right after the first.
    private static let deepestLevel = 20

    init(_ connection: Connection) throws {
        nextFolders = try connection.prepare("SELECT id, path, depth FROM folder WHERE to_list = ?1 AND id > ?2 ORDER BY id LIMIT ?3")
        countFolders = try connection.prepare("SELECT count(*) FROM folder WHERE to_list = ?1")
        nextFiles = try connection.prepare(
            """
            SELECT f.id, f.folder_id, d.path, f.name, f.size, d.header_end, f.state FROM file f JOIN folder d ON d.id = f.folder_id
            WHERE f.read_order = ?1 AND f.id > ?2 AND d.listed_generation = ?4 ORDER BY f.id LIMIT ?3
            """)
        countFiles = try connection.prepare(
            """
            SELECT count(*) FROM file f JOIN folder d ON d.id = f.folder_id
            WHERE f.read_order BETWEEN ?1 << 8 AND (?1 << 8 | 255) AND d.listed_generation = ?2
            """)
        waiting = try connection.prepare("SELECT id FROM file WHERE folder_id = ?1 AND read_order IS NOT NULL LIMIT 4")
        wantFile = try connection.prepare("UPDATE file SET read_order = ?2 WHERE id = ?1")
    }

    /// Folders that wait to be listed, with ids above `after`.
    func folders(of source: Int64, after: Int64, limit: Int) throws -> [FolderTask] {
        var tasks: [FolderTask] = []
        nextFolders.bind(source, at: 1)
        nextFolders.bind(after, at: 2)
        nextFolders.bind(limit, at: 3)
        try nextFolders.forEachRow { tasks.append(FolderTask(id: $0.integer(0), path: $0.bytes(1), depth: Int($0.integer(2)))) }
        return tasks
    }

    /// How many folders wait to be listed.
    func foldersLeft(of source: Int64) throws -> Int {
        countFolders.bind(source, at: 1)
        defer { countFolders.reset() }
        return try countFolders.step() ? Int(countFolders.integer(0)) : 0
    }

    /// How many files wait to be read, in folders that the scan `generation` has listed completely.
    func filesLeft(of source: Int64, generation: Int64) throws -> Int {
        countFiles.bind(source, at: 1)
        countFiles.bind(generation, at: 2)
        defer { countFiles.reset() }
        return try countFiles.step() ? Int(countFiles.integer(0)) : 0
    }

    /// Files of one level that wait to be read, with ids above `after`, from folders that the scan `generation` has listed completely: until
    /// then a listing may be begun again, and its files must not have been counted as read.
    func files(of source: Int64, generation: Int64, level: Int, after: Int64, limit: Int) throws -> [FileTask] {
        var tasks: [FileTask] = []
        nextFiles.bind(Self.readOrder(source, level), at: 1)
        nextFiles.bind(after, at: 2)
        nextFiles.bind(limit, at: 3)
        nextFiles.bind(generation, at: 4)
        try nextFiles.forEachRow { row in
            let folder = row.bytes(2)
            let name = row.bytes(3)
            tasks.append(
                FileTask(
                    id: row.integer(0), folderID: row.integer(1), path: Self.path(of: name, in: folder),
                    size: UInt64(clamping: row.integer(4)),
                    level: level, headerEnd: Int(row.integer(5)), isNew: row.integer(6) == FileState.toRead.rawValue))
        }
        return tasks
    }

    /// All levels that ``files(of:generation:level:after:limit:)`` knows.
    static var levels: ClosedRange<Int> { 0...deepestLevel }

    /// The first file of a folder was no instance: another one takes its place at the front.
    func promoteAnother(inFolder folder: Int64, source: Int64, except inFlight: Set<Int64>) throws {
        waiting.bind(folder, at: 1)
        var next: Int64?
        // Only the first few are looked at: where none of those is free, others of the folder are being read already.
        try waiting.forEachRow { if next == nil, !inFlight.contains($0.integer(0)) { next = $0.integer(0) } }
        guard let next else { return }
        wantFile.bind(next, at: 1)
        wantFile.bind(Self.readOrder(source, 0), at: 2)
        try wantFile.run()
    }

    /// A folder's first files may be no instances: so many others are tried at the front, and then the folder waits like any other.
    static let mostPromotions = 8

    /// `file.read_order` for a level of a source.
    static func readOrder(_ source: Int64, _ level: Int) -> Int64 { source << 8 | Int64(level) }

    /// The level of the n-th file of a folder: the first one first, then ever smaller steps (bit-reversed order), whatever the total turns out
    /// to be.
    static func level(ofOrdinal ordinal: Int) -> Int {
        ordinal == 0 ? 0 : max(1, deepestLevel - ordinal.trailingZeroBitCount)
    }

    /// A path below the source's root.
    static func path(of name: [UInt8], in folder: [UInt8]) -> [UInt8] {
        folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
    }
}
