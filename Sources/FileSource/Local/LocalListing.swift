import Glibc

/// Lists one local folder.
///
/// Source: `fdopendir`, `readdir`, `fstatat`.
enum LocalListing {
    /// Looks at a name in a folder without following a link; 0 or an `errno`.
    typealias Look = (_ folder: Int32, _ name: UnsafePointer<CChar>, _ status: inout stat) -> Int32

    /// Gives all pages but the last to `relay`.
    /// - Returns: the last page.
    /// - Throws: `PosixError`, or `CancellationError` when nobody takes pages any more.
    static func run(
        _ components: [[UInt8]], root: LocalRoot, pageSize: Int, relay: PageRelay, cancellation: Cancellation, look: Look = look
    ) throws -> [DirectoryEntry] {
        let folder = try root.folder(components[...])
        var pages = ListingPages(size: pageSize, relay: relay, cancellation: cancellation)
        var lost: Set<[UInt8]> = []
        try forEachName(in: folder) { name in
            var status = stat()
            switch look(name.folder, name.start, &status) {
            case 0: try pages.add(DirectoryEntry(name: name.bytes, status))
            case ENOENT:
                lost.insert(name.bytes)
                if lost.count >= pageSize { try lookAgain(for: &lost, in: folder, look, &pages) }
            case let code: throw PosixError(code: code)
            }
        }
        if !lost.isEmpty { try lookAgain(for: &lost, in: folder, look, &pages) }
        return pages.last
    }

    /// Names that were listed and then not found. Most often they were deleted in between, and then they are listed no more. On a mount it may as
    /// well be that names come through and what they stand for does not: such an entry must not look deleted. It is kept as what the listing
    /// says it is, and whoever opens it meets the error.
    private static func lookAgain(
        for lost: inout Set<[UInt8]>, in folder: borrowing Descriptor, _ look: Look, _ pages: inout ListingPages
    ) throws {
        try forEachName(in: folder) { name in
            guard lost.remove(name.bytes) != nil else { return }
            var status = stat()
            switch look(name.folder, name.start, &status) {
            case 0: try pages.add(DirectoryEntry(name: name.bytes, status))
            case ENOENT: try pages.add(try DirectoryEntry(name: name.bytes, unseen: name.kind))
            case let code: throw PosixError(code: code)
            }
        }
        lost.removeAll()
    }

    private static func look(_ folder: Int32, _ name: UnsafePointer<CChar>, _ status: inout stat) -> Int32 {
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW | 0x800 /* AT_NO_AUTOMOUNT */) == 0 ? 0 : errno
    }

    private struct Name {
        let start: UnsafePointer<CChar>
        let bytes: [UInt8]
        /// `d_type`.
        let kind: UInt8
        let folder: Int32
    }

    /// All names but the folder's own and its parent's.
    private static func forEachName(in folder: borrowing Descriptor, _ body: (Name) throws -> Void) throws {
        // What was opened for its path alone cannot be listed.
        let number = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw PosixError.last }
        guard let stream = fdopendir(number) else {
            let error = PosixError.last
            Glibc.close(number)
            throw error
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                // The end and a failure both give none; only errno tells them apart.
                if errno != 0 { throw PosixError.last }
                return
            }
            let raw = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \dirent.d_name)!
            let start = raw.assumingMemoryBound(to: CChar.self)
            let bytes = Array(UnsafeRawBufferPointer(start: raw, count: strlen(start)))
            if bytes == Array(".".utf8) || bytes == Array("..".utf8) { continue }
            try body(Name(start: start, bytes: bytes, kind: entry.pointee.d_type, folder: number))
        }
    }
}

/// Entries on their way to who takes them.
private struct ListingPages {
    private let size: Int
    private let relay: PageRelay
    private let cancellation: Cancellation
    private var page: [DirectoryEntry] = []

    init(size: Int, relay: PageRelay, cancellation: Cancellation) {
        (self.size, self.relay, self.cancellation) = (size, relay, cancellation)
    }

    /// - Throws: `CancellationError` when nobody takes pages any more.
    mutating func add(_ entry: DirectoryEntry) throws {
        if page.count == size {
            if cancellation.isCancelled || !relay.give(last) { throw CancellationError() }
            page.removeAll(keepingCapacity: true)
        }
        page.append(entry)
    }

    /// What has not been given.
    var last: [DirectoryEntry] { page.sorted { $0.name.lexicographicallyPrecedes($1.name) } }
}

extension DirectoryEntry {
    fileprivate init(name: [UInt8], _ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        self.init(
            name: name, kind: kind, size: kind == .file ? UInt64(max(0, status.st_size)) : 0,
            modified: status.st_mtim.nanosecondsSince1970, changed: status.st_ctim.nanosecondsSince1970)
    }

    /// What is there but cannot be looked at.
    /// - Throws: `PosixError` when not even its kind is known: the folder's listing is then worth nothing.
    fileprivate init(name: [UInt8], unseen kind: UInt8) throws(PosixError) {
        switch Int(kind) {
        // Not the size 0: an empty file is not opened.
        case Int(DT_REG): self.init(name: name, kind: .file, size: 1, modified: 0, changed: 0)
        case Int(DT_DIR): self.init(name: name, kind: .folder, size: 0, modified: 0, changed: 0)
        case Int(DT_UNKNOWN): throw PosixError(code: EIO)
        default: self.init(name: name, kind: .other, size: 0, modified: 0, changed: 0)
        }
    }
}

extension timespec {
    var nanosecondsSince1970: Int64 {
        let (seconds, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? 0 : seconds &+ Int64(tv_nsec)
    }
}
