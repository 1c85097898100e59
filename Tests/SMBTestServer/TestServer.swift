public import FileSource
public import Foundation

/// A temporary folder.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        path = NSTemporaryDirectory() + "/fileroom-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Whoever's permissions count on a share must be able to come here.
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func write(_ name: String, _ bytes: [UInt8] = Array("content".utf8)) throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    /// Writes into the file that is there, which stays the same file.
    public func overwrite(_ name: String, _ bytes: [UInt8]) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/" + name))
        try file.write(contentsOf: bytes)
        try file.close()
    }

    /// - Parameter seconds: since 1970 UTC.
    public func setModified(_ name: String, seconds: Int64, nanoseconds: Int) throws {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds)
        let times = [time, time]
        guard utimensat(AT_FDCWD, path + "/" + name, times, 0) == 0 else { throw CommandFailed(status: errno) }
    }

    public func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }
}

/// A real smbd on loopback, made by `tools/smb-server`.
public final class TestServer: Sendable {
    public static let user = "radiology"
    public static let password = "röntgen 1895"
    public let folder: String
    public let port: UInt16
    private let arguments: [String]

    /// - Parameter extra: further arguments for `tools/smb-server start`.
    public init(tree: String, extra: [String] = []) async throws {
        folder = NSTemporaryDirectory() + "/fileroom-smbd-" + UUID().uuidString
        arguments =
            ["start", folder, "--tree", tree, "--user", Self.user, "--password", Self.password, "--until-exit-of", "\(getpid())"] + extra
        struct Started: Decodable { var port: UInt16 }
        port = try JSONDecoder().decode(Started.self, from: try await run(Self.program, arguments)).port
    }

    /// Ends it, and removes what it left.
    public func stop() async throws {
        try await kill()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// As in a power failure: every process at once.
    public func kill() async throws { _ = try await run(Self.program, ["stop", folder, "--hard"]) }

    /// The same server again, on the same port.
    public func restart() async throws { _ = try await run(Self.program, arguments) }

    public var log: String {
        get throws { try String(contentsOfFile: folder + "/log.smbd", encoding: .utf8) }
    }

    /// How many logins of whatever outcome the server saw.
    public var logins: Int {
        get throws { try log.components(separatedBy: "Auth: [SMB2").count - 1 }
    }

    /// Options that work, and fail fast when they must.
    public var options: SMBOptions {
        var options = SMBOptions(host: "127.0.0.1", share: "dicom")
        options.port = port
        options.username = Self.user
        options.password = Secret(Self.password)
        options.timeout = .seconds(5)
        options.retryDelay = .milliseconds(50)
        options.maxWorkers = .fixed(3)
        return options
    }

    private static let program: String = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.appendingPathComponent("tools/smb-server").path
    }()
}

public struct CommandFailed: Error {
    public var status: Int32
    public init(status: Int32) { self.status = status }
}

/// Runs a program and gives what it printed; waits on a thread of its own.
public func run(_ program: String, _ arguments: [String]) async throws -> Data {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(
                with: Result {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: program)
                    process.arguments = arguments
                    let output = Pipe()
                    process.standardOutput = output
                    try process.run()
                    let data = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    guard process.terminationStatus == 0 else { throw CommandFailed(status: process.terminationStatus) }
                    return data
                })
        }
    }
}
