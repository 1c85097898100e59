import Glibc

/// A folder that only this user can read: the workers' home, with the configuration that libsmbclient reads there.
///
/// It goes when its source goes. What a program left behind that was killed is removed by the next: a lock tells what is in use.
final class WorkerHome: Sendable {
    private static let prefix = "fileroom-smb-"
    let path: String
    private let lock: LockFile

    init(_ options: SMBOptions) throws(SourceError) {
        let names: [String] = ["XDG_RUNTIME_DIR", "TMPDIR"]
        let bases = names.compactMap { name in getenv(name).map { String(cString: $0) } } + ["/tmp"]
        var found: (base: String, path: String)?
        for base in bases where found == nil {
            found = WorkerHome.makeFolder("\(base)/\(WorkerHome.prefix)XXXXXX").map { (base, $0) }
        }
        guard let made = found else { throw .workerNotStarted }
        path = made.path
        WorkerHome.removeAbandoned(in: made.base)
        guard let lock = LockFile(creating: "\(made.path)/lock") else { throw .workerNotStarted }
        self.lock = lock
        mkdir("\(path)/.smb", 0o700)
        let file = Glibc.open("\(path)/.smb/smb.conf", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .workerNotStarted }
        let text = Array(options.clientConfiguration(home: path).utf8)
        let written = write(file, text, text.count)
        Glibc.close(file)
        guard written == text.count else { throw .workerNotStarted }
    }

    deinit { remove() }

    /// Removes it now, for when the program ends before the last user does.
    func remove() { WorkerHome.remove(path) }

    /// The pattern filled in; nil when it could not be made.
    private static func makeFolder(_ pattern: String) -> String? {
        var bytes = Array(pattern.utf8CString)
        guard mkdtemp(&bytes) != nil else { return nil }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folders of programs that are gone: those whose lock nobody holds.
    private static func removeAbandoned(in base: String) {
        guard let folder = opendir(base) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = entryName(entry)
            // Without a lock it is just being made.
            guard name.hasPrefix(prefix), LockFile(existing: "\(base)/\(name)/lock") != nil else { continue }
            remove("\(base)/\(name)")
        }
    }

    private static func entryName(_ entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
    }

    /// Removes the folder with what libsmbclient left in it.
    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = entryName(entry)
                if name == "." || name == ".." { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// A lock that lasts as long as the process, at most.
///
/// Source: `flock`.
private final class LockFile: Sendable {
    private let number: Int32

    /// Takes the lock of a file that is there. Nil when there is none, it is not ours, or somebody holds the lock.
    convenience init?(existing path: String) { self.init(path, O_RDWR) }

    /// Makes the file. It gets its name once it is locked, so that nobody finds it free before.
    convenience init?(creating path: String) {
        let unnamed = path + ".new"
        self.init(unnamed, O_RDWR | O_CREAT | O_EXCL)
        guard rename(unnamed, path) == 0 else { return nil }
    }

    private init?(_ path: String, _ flags: Int32) {
        let file = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return nil }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_uid == geteuid(), flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
        number = file
    }

    deinit { close(number) }
}
