@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// A port that accepts connections and never says anything.
final class BlackHole: Sendable {
    let port: UInt16
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + listen(listener, 50) + getsockname(listener, $0, &length)
            }
        }
        guard bound == 0 else { throw CommandFailed(status: bound) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }
}

/// A proxy that lets everything through except, on each connection, all answers to QUERY_DIRECTORY but the first.
final class FaultProxy: Sendable {
    let port: UInt16
    private let input = Pipe()

    init(_ target: UInt16, _ fault: String) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("fault-proxy.py").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script, "\(target)"] + fault.split(separator: " ").map(String.init)
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// It ends when its input does, and so with this process in any case.
    deinit { try? input.fileHandleForWriting.close() }
}

enum Workers {
    /// Bytes of address space that a process has.
    static func addressSpace(_ pid: pid_t) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmSize:") }
        return line?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first.map { $0 * 1024 }
    }

    /// The processes of a source's workers: those of our children whose home is the source's.
    static func of(_ source: SMBSource) -> [pid_t] {
        let home = "HOME=\(source.workersHome)"
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { pid in
            guard let environment = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ")) else { return false }
            return environment.split(separator: 0).contains { String(decoding: $0, as: UTF8.self) == home }
        }
    }
}
