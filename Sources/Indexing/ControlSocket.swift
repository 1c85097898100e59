public import FileSource
internal import Foundation
internal import Glibc
internal import Synchronization

/// A command to the process that owns a data folder: one line of JSON each way over `control.sock`.
public struct ControlRequest: Codable, Sendable {
    /// `status`, `pause`, `resume`, `cancel`, `index`, `confirm`, `metrics`.
    public var command: String
    /// The job that is meant; nil means all.
    public var job: Int64?
    /// For `index`: what to index, as the command line knows it. For `metrics`: the source's URL.
    public var order: String?

    public init(command: String, job: Int64? = nil, order: String? = nil) {
        (self.command, self.job, self.order) = (command, job, order)
    }

    /// Whether the answer is waited for however long it takes: reaching a server, or removing a million files. An owner that ends meanwhile
    /// ends the wait.
    var mayTakeLong: Bool { command == "index" || command == "confirm" }
}

/// The owner's answer.
public struct ControlReply: Codable, Sendable {
    /// What went wrong; nil when nothing did.
    public var error: String?
    /// The exit code that the command line should end with.
    public var exitCode: Int32?
    /// For `index`: the process is about to end and takes no more orders.
    public var isEnding: Bool?
    /// The jobs that were asked or begun.
    public var jobs: [Int64]?
    /// For `status`.
    public var status: IndexStatus?
    /// For `metrics`; nil when no job reads the source over SMB.
    public var metrics: SMBMetrics?

    public init(
        error: String? = nil, exitCode: Int32? = nil, isEnding: Bool? = nil, jobs: [Int64]? = nil, status: IndexStatus? = nil,
        metrics: SMBMetrics? = nil
    ) {
        (self.error, self.exitCode, self.isEnding, self.jobs) = (error, exitCode, isEnding, jobs)
        (self.status, self.metrics) = (status, metrics)
    }
}

/// Why the owner could not be asked.
public struct ControlError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
}

/// Listens on `control.sock`. The file's permissions are the authentication: only its owner can connect.
///
/// Threads of its own block on the socket; nothing here runs on the cooperative pool but the handler.
public final class ControlServer: Sendable {
    private let descriptor: Int32
    private let path: String
    private let isClosed = Flag()

    /// Begins to listen. The caller owns the data folder, so a socket file that is there is a dead process's.
    public init(_ folder: DataFolder, handler: @escaping @Sendable (ControlRequest) async -> ControlReply) throws {
        path = folder.controlSocket
        unlink(path)
        descriptor = try UnixSocket.make()
        let mask = umask(0o077)
        defer { umask(mask) }
        let bound = try UnixSocket.withAddress(of: folder) { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 16) == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw ControlError(message: "The control socket \(path) cannot be opened: \(reason)")
        }
        let (listener, isClosed) = (descriptor, isClosed)
        Thread.detachNewThread { Self.accept(on: listener, until: isClosed, handler) }
    }

    /// Ends listening; to be called once.
    public func close() {
        unlink(path)
        // Wakes the thread that accepts. Only once it knows that it is over does it close the descriptor, whose number may then be another's.
        shutdown(descriptor, Int32(SHUT_RDWR))
        isClosed.value.store(true, ordering: .releasing)
    }

    private static func accept(
        on listener: Int32, until isClosed: Flag, _ handler: @escaping @Sendable (ControlRequest) async -> ControlReply
    ) {
        while !isClosed.value.load(ordering: .acquiring) {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 {
                // Descriptors that have run out come back: whoever wants to pause then must not find that nobody listens any more.
                if errno != EINTR, errno != ECONNABORTED { usleep(10_000) }
                continue
            }
            // Workers are spawned meanwhile, and must not inherit it.
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            Thread.detachNewThread { serve(client, handler) }
        }
        Glibc.close(listener)
    }

    private static func serve(_ client: Int32, _ handler: @escaping @Sendable (ControlRequest) async -> ControlReply) {
        defer { Glibc.close(client) }
        UnixSocket.setTimeout(client, seconds: 10)
        guard let line = try? UnixSocket.readLine(client) else { return }
        let reply: ControlReply
        if let request = try? JSONDecoder().decode(ControlRequest.self, from: line) {
            let box = ReplyBox()
            Task { box.put(await handler(request)) }
            reply = box.wait()
        } else {
            reply = ControlReply(error: "The request is not understood: are both programs of the same version?", exitCode: 1)
        }
        if let json = try? IndexStatus.encoder.encode(reply) { try? UnixSocket.write(client, json + Data([0x0A])) }
    }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// Carries one reply from a task to the thread that waits for it.
    private final class ReplyBox: Sendable {
        private let done = DispatchSemaphore(value: 0)
        // Written before the semaphore is signalled and read after it was waited for.
        nonisolated(unsafe) private var reply = ControlReply()

        func put(_ reply: ControlReply) {
            self.reply = reply
            done.signal()
        }

        func wait() -> ControlReply {
            done.wait()
            return reply
        }
    }
}

/// Asks the process that owns a data folder.
public enum ControlClient {
    /// Sends one request and waits for the reply. Blocks its thread for as long as the owner takes.
    ///
    /// - Returns: nil when no process listens.
    /// - Throws: ``ControlError`` when one listens but does not answer properly.
    public static func ask(_ folder: DataFolder, _ request: ControlRequest) throws -> ControlReply? {
        let descriptor = try UnixSocket.make()
        defer { Glibc.close(descriptor) }
        let connected = try UnixSocket.withAddress(of: folder) { connect(descriptor, $0, $1) }
        guard connected == 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED { return nil }
            throw ControlError(message: "The process that owns \(folder.path) cannot be asked: \(String(cString: strerror(errno)))")
        }
        UnixSocket.setTimeout(descriptor, seconds: request.mayTakeLong ? 0 : 60)
        try UnixSocket.write(descriptor, try JSONEncoder().encode(request) + Data([0x0A]))
        return try IndexStatus.decoder.decode(ControlReply.self, from: try UnixSocket.readLine(descriptor))
    }
}

/// The socket calls that both ends share.
private enum UnixSocket {
    static func make() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ControlError(message: "No socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    /// An address has room for 107 bytes, a data folder's path may be longer: the folder is therefore named by a descriptor.
    static func withAddress(of folder: DataFolder, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws -> Int32 {
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return -1 }
        defer { Glibc.close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "/proc/self/fd/\(directory)/control.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    static func setTimeout(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    static func write(_ descriptor: Int32, _ data: Data) throws {
        var rest = Array(data)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw ControlError(message: "The other side went away") }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads up to a line end; a line is at most 16 MiB long.
    static func readLine(_ descriptor: Int32) throws -> Data {
        var line = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while line.count < 16 << 20 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            line.append(contentsOf: buffer[..<count])
            if buffer[count - 1] == 0x0A { return line.dropLast() }
        }
        throw ControlError(message: "The process that owns the data folder did not answer")
    }
}
