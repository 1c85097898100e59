import Glibc
import SMBWire

/// A folder that only this user can read: the workers' home, with the configuration that libsmbclient reads there. Gone when the last user is.
final class WorkerHome: Sendable {
    let path: String

    init(_ options: SMBOptions) throws(SourceError) {
        let base = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let made = WorkerHome.makeFolder("\(base)/fileroom-smb-XXXXXX") ?? WorkerHome.makeFolder("/tmp/fileroom-smb-XXXXXX") else {
            throw .workerNotStarted
        }
        path = made
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

    /// Removes the folder with what libsmbclient left in it.
    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// One running `fileroom-smb-worker`, and our end of its pipe.
final class WorkerProcess {
    let pid: pid_t
    let socket: Descriptor
    private let progress: UnsafeMutableRawPointer

    /// - Throws: ``SourceError`` (`WORKER_NOT_STARTED`).
    init(program: String, home: String) throws(SourceError) {
        guard let page = WorkerProcess.makeProgressPage(home) else { throw .workerNotStarted }
        progress = page.memory
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            munmap(page.memory, 8)
            throw .workerNotStarted
        }
        socket = Descriptor(ends[0])
        // Out of the way of the numbers that the worker's descriptors get.
        let theirs = Descriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, 16))
        Glibc.close(ends[1])
        guard theirs.number >= 0, let pid = WorkerProcess.spawn(program, home: home, socket: theirs.number, page: page.descriptor.number)
        else {
            munmap(page.memory, 8)
            throw .workerNotStarted
        }
        self.pid = pid
    }

    deinit { munmap(progress, 8) }

    /// Which file of the batch the worker is at, counted from 0. Right even when it is dead.
    var currentIndex: Int? {
        let number = progress.load(as: UInt64.self)
        return number == 0 || number > UInt64(WireLimit.items) ? nil : Int(number) - 1
    }

    /// Ends it at once, whatever it is doing.
    func kill() {
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    private struct ProgressFile: ~Copyable {
        var memory: UnsafeMutableRawPointer
        var descriptor: Descriptor
    }

    /// Eight bytes of memory that both processes see, in a file without a name.
    private static func makeProgressPage(_ home: String) -> ProgressFile? {
        let name = "\(home)/progress-\(UInt64.random(in: 0 ... .max))"
        let file = Glibc.open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        unlink(name)
        let descriptor = Descriptor(fcntl(file, F_DUPFD_CLOEXEC, 16))
        Glibc.close(file)
        guard descriptor.number >= 0, ftruncate(descriptor.number, 8) == 0 else { return nil }
        guard let memory = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0), memory != MAP_FAILED else { return nil }
        return ProgressFile(memory: memory, descriptor: descriptor)
    }

    /// Source: `posix_spawn`. Never `fork`: other threads may hold locks.
    private static func spawn(_ program: String, home: String, socket: Int32, page: Int32) -> pid_t? {
        let isDebugged = getenv("FILEROOM_WORKER_DEBUG") != nil
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0..<(isDebugged ? Int32(2) : 3) {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, socket, 3)
        posix_spawn_file_actions_adddup2(&actions, page, 4)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // A group of its own: Ctrl-C on the terminal is for the program, which pauses in good order.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [
            strdup("HOME=\(home)"), strdup("LANG=C.UTF-8"), strdup("SWIFT_BACKTRACE=enable=no"), nil,
        ]
        defer { for string in arguments + environment { free(string) } }
        var pid: pid_t = 0
        return posix_spawn(&pid, program, &actions, &attributes, &arguments, &environment) == 0 ? pid : nil
    }

    /// Where the program is: as configured, next to this one, or where the environment says.
    /// - Throws: ``SourceError`` (`WORKER_MISSING`).
    static func find(_ configured: String?) throws(SourceError) -> String {
        var places: [String] = []
        if let configured {
            places = [configured]
        } else {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let length = buffer.withUnsafeMutableBytes { space -> Int in
                guard let start = space.baseAddress else { return 0 }
                return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), space.count)
            }
            if length > 0, let slash = buffer[..<length].lastIndex(of: UInt8(ascii: "/")) {
                places.append(String(decoding: buffer[..<slash], as: UTF8.self) + "/fileroom-smb-worker")
            }
            if let named = getenv("FILEROOM_SMB_WORKER") { places.append(String(cString: named)) }
        }
        guard let found = places.first(where: { access($0, X_OK) == 0 }) else { throw .noWorkerProgram }
        return found
    }
}
