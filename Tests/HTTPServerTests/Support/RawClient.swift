import Foundation
import Glibc
import Synchronization

/// A client that sends exactly the bytes that a test wants, over TCP or a Unix socket. It blocks on a thread of its own, never on the pool that
/// the server's handlers run on.
final class RawClient: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw client")
    private let isClosed = Mutex(false)

    struct Failure: Error, CustomStringConvertible { let description: String }

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
        limitWaiting()
    }

    /// - Parameter path: relative to the current folder or short enough.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
        defer { Glibc.close(folder) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let short = "/proc/self/fd/\(folder)/\((path as NSString).lastPathComponent)"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard connected == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
        limitWaiting()
    }

    deinit { close() }

    /// A test that fails must end.
    private func limitWaiting() {
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() {
        isClosed.withLock {
            if !$0 { Glibc.close(descriptor) }
            $0 = true
        }
    }

    /// Goes away as a process does that is killed: what it has still to send is lost, and the server is told at once.
    func reset() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await onQueue { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if sent < 0, errno == EINTR { continue }
                guard sent > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// What has come, at most so many bytes; empty at the end. A connection that was reset is at its end too.
    func receive(atMost most: Int = 65_536) async throws -> [UInt8] {
        try await onQueue { [descriptor] in
            var buffer = [UInt8](repeating: 0, count: most)
            var count = recv(descriptor, &buffer, buffer.count, 0)
            while count < 0, errno == EINTR { count = recv(descriptor, &buffer, buffer.count, 0) }
            if count < 0, errno == ECONNRESET || errno == EPIPE { return [] }
            guard count >= 0 else { throw Failure(description: "receive: \(String(cString: strerror(errno)))") }
            return Array(buffer[..<count])
        }
    }

    /// Everything until the server closes.
    func receiveAll() async throws -> String { String(decoding: try await receiveAllBytes(), as: UTF8.self) }

    func receiveAllBytes() async throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try await receive()
            if piece.isEmpty { return all }
            all += piece
        }
    }

    /// Everything until a text has come, or the end.
    func receive(until text: String) async throws -> String {
        var all: [UInt8] = []
        while !String(decoding: all, as: UTF8.self).contains(text) {
            let piece = try await receive()
            if piece.isEmpty { break }
            all += piece
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Whether the server has closed the connection; waits so many milliseconds for it.
    func isClosed(within milliseconds: Int32) async throws -> Bool {
        try await onQueue { [descriptor] in
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, milliseconds) > 0 else { return false }
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) <= 0
        }
    }

    /// Sends until the server takes no more for a while.
    ///
    /// - Returns: how many bytes it took.
    func sendUntilFull(atMost most: Int) async throws -> Int {
        try await onQueue { [descriptor] in
            let piece = [UInt8](repeating: 0x61, count: 64 << 10)
            var total = 0
            while total < most {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&entry, 1, 300) > 0 else { return total }
                let sent = Glibc.send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                guard sent > 0 else { return total }
                total += sent
            }
            return total
        }
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
