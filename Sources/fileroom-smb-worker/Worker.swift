import CSMBClient
import Glibc
import SMBWire

/// A program that holds one connection to an SMB share and does what the program that started it asks through descriptor 3.
///
/// It has no arguments. It ends when the other end of its pipe is closed, whatever it is doing then.
@main
enum Worker {
    static func main() {
        let channel = Channel(descriptor: 3)
        guard channel.isConnected else {
            print("fileroom-smb-worker is started by fileroom, not by hand.")
            exit(64)
        }
        Worker.closeStrangers()
        signal(SIGPIPE, SIG_IGN)
        HangUp.exitWhenClosed(3)
        do {
            guard case .configure(let connection) = try channel.receive() else { exit(65) }
            if connection.addressSpace > 0 {
                var limit = rlimit(rlim_cur: rlim_t(connection.addressSpace), rlim_max: rlim_t(connection.addressSpace))
                setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            }
            // A dump would hold patients' data and the password.
            var noDump = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noDump)
            guard let share = Share(connection, channel: channel) else { exit(71) }
            // A crash is an end, at once: the parent starts another worker. The library's own handlers would first report at length.
            for fatal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { signal(fatal, SIG_DFL) }
            try Worker.serve(share, channel: channel, allowance: Allowance(channel: channel, portion: UInt64(connection.allowance)))
        } catch {
            // Nobody is left to tell: the parent sees the exit.
            exit(65)
        }
    }

    /// Closes descriptors that came along from the parent: only the pipe and the shared memory are ours.
    private static func closeStrangers() {
        guard let folder = opendir("/proc/self/fd") else { return }
        var strangers: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int32(name), number > 4, number != dirfd(folder) { strangers.append(number) }
        }
        closedir(folder)
        for number in strangers { close(number) }
    }

    private static func serve(_ share: Share, channel: Channel, allowance: Allowance) throws(ChannelError) {
        let opened = share.attempt { share throws(WorkerFailure) in
            _ = try share.stat([])
            return try share.security()
        }
        try channel.answer(opened) { $0 }
        guard let memory = ParentMemory(descriptor: 4) else { exit(71) }
        let pieces = PieceReader(share: share, into: memory.data)
        let headers = HeaderBatch(share: share, channel: channel, allowance: allowance, memory: memory)
        while true {
            if pieces.hasOpenFile, !channel.hasWork(within: PieceReader.idle) { pieces.close() }
            let request = try channel.receiveWork()
            if case .read = request {} else { pieces.close() }
            switch request {
            case .list(let path, let pageSize):
                try Listing.run(path, pageSize: Int(pageSize), share: share, channel: channel)
            case .headers(let items):
                try headers.run(items)
            case .read(let path, let offset, let count):
                let bytes = min(Int(count), WireLimit.data)
                try allowance.take(UInt64(bytes))
                try channel.answer(
                    share.attempt { _ throws(WorkerFailure) in try pieces.read(path, offset: offset, count: bytes) }
                ) { .data($0) }
            case .stat(let path):
                try channel.answer(share.attempt { share throws(WorkerFailure) in try share.stat(path) }) { .status($0) }
            case .measure(let count):
                try channel.answer(
                    share.attempt { share throws(WorkerFailure) in try Worker.measure(share, count: Int(count)) }
                ) { .measured($0) }
            case .watch:
                // Goes on until it fails: whoever no longer wants it closes the pipe.
                try channel.answer(share.attempt { share throws(WorkerFailure) in try share.watch() }) { .changed(count: 0) }
            case .configure, .nextPage, .login, .allowance, .stop:
                throw ChannelError.outOfPlace
            }
        }
    }

    private static func measure(_ share: Share, count: Int) throws(WorkerFailure) -> [UInt64] {
        var times: [UInt64] = []
        for _ in 0..<min(count, 100) {
            let start = Monotonic.now()
            _ = try share.stat([])
            times.append(Monotonic.now() - start)
        }
        return times
    }
}

/// The clock that only goes forward, in nanoseconds.
enum Monotonic {
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
