import Glibc
import SMBWire

/// One running `fileroom-smb-worker`, and our end of its pipe.
final class WorkerProcess {
    let pid: pid_t
    let socket: Descriptor
    let memory: WorkerMemory

    /// - Throws: ``SourceError`` (`WORKER_NOT_STARTED`).
    init(program: String, home: String) throws(SourceError) {
        memory = try WorkerMemory()
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .workerNotStarted }
        socket = Descriptor(ends[0])
        // Out of the way of the numbers that the worker's descriptors get.
        let theirs = Descriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, 16))
        Glibc.close(ends[1])
        guard theirs.number >= 0,
            let pid = WorkerProcess.spawn(program, home: home, socket: theirs.number, memory: memory.descriptor.number)
        else { throw .workerNotStarted }
        self.pid = pid
    }

    /// Ends it at once, whatever it is doing.
    func kill() {
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    /// Source: `posix_spawn`. Never `fork`: other threads may hold locks.
    private static func spawn(_ program: String, home: String, socket: Int32, memory: Int32) -> pid_t? {
        let isDebugged = getenv("FILEROOM_WORKER_DEBUG") != nil
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0..<(isDebugged ? Int32(2) : 3) {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, socket, 3)
        posix_spawn_file_actions_adddup2(&actions, memory, 4)
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
