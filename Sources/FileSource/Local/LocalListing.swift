import Glibc

/// Lists one local folder.
///
/// Source: `fdopendir`, `readdir`, `fstatat`.
enum LocalListing {
    /// Gives all pages but the last to `relay`.
    /// - Returns: the last page.
    /// - Throws: `PosixError`, or `CancellationError` when nobody takes pages any more.
    static func run(
        _ components: [[UInt8]], root: LocalRoot, pageSize: Int, relay: PageRelay, cancellation: Cancellation
    ) throws -> [DirectoryEntry] {
        let folder = try root.folder(components[...])
        // What was opened for its path alone cannot be listed.
        let number = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw PosixError.last }
        guard let stream = fdopendir(number) else {
            let error = PosixError.last
            Glibc.close(number)
            throw error
        }
        defer { closedir(stream) }
        var page: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                // The end and a failure both give none; only errno tells them apart.
                if errno != 0 { throw PosixError.last }
                break
            }
            guard let found = try describe(entry, in: number) else { continue }
            if page.count == pageSize {
                if cancellation.isCancelled || !relay.give(sorted(page)) { throw CancellationError() }
                page.removeAll(keepingCapacity: true)
            }
            page.append(found)
        }
        return sorted(page)
    }

    private static func sorted(_ page: [DirectoryEntry]) -> [DirectoryEntry] {
        page.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Nil for the folder itself and its parent, and for what was deleted in this very moment.
    private static func describe(_ entry: UnsafeMutablePointer<dirent>, in folder: Int32) throws(PosixError) -> DirectoryEntry? {
        let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \dirent.d_name)!
        let name = Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
        if name == Array(".".utf8) || name == Array("..".utf8) { return nil }
        var status = stat()
        guard fstatat(folder, start.assumingMemoryBound(to: CChar.self), &status, AT_SYMLINK_NOFOLLOW | 0x800 /* AT_NO_AUTOMOUNT */) == 0
        else {
            if errno == ENOENT { return nil }
            throw .last
        }
        let kind: DirectoryEntry.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        return DirectoryEntry(
            name: name, kind: kind, size: kind == .file ? UInt64(max(0, status.st_size)) : 0,
            modified: status.st_mtim.nanosecondsSince1970, changed: status.st_ctim.nanosecondsSince1970)
    }
}

extension timespec {
    var nanosecondsSince1970: Int64 {
        let (seconds, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? 0 : seconds &+ Int64(tv_nsec)
    }
}
