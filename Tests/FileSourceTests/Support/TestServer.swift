import FileSource
import Foundation
import Testing

/// A temporary folder.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/fileroom-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Whoever's permissions count on a share must be able to come here.
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8] = Array("content".utf8)) throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }
}

/// A real smbd on loopback, made by `tools/smb-server`.
final class TestServer: Sendable {
    static let user = "radiology"
    static let password = "röntgen 1895"
    let folder: String
    let port: UInt16
    private let arguments: [String]

    /// - Parameter extra: further arguments for `tools/smb-server start`.
    init(tree: String, extra: [String] = []) async throws {
        folder = NSTemporaryDirectory() + "/fileroom-smbd-" + UUID().uuidString
        arguments =
            ["start", folder, "--tree", tree, "--user", Self.user, "--password", Self.password, "--until-exit-of", "\(getpid())"] + extra
        struct Started: Decodable { var port: UInt16 }
        port = try JSONDecoder().decode(Started.self, from: try await run(Self.program, arguments)).port
    }

    /// Ends it, and removes what it left.
    func stop() async throws {
        try await kill()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// As in a power failure: every process at once.
    func kill() async throws { _ = try await run(Self.program, ["stop", folder, "--hard"]) }

    /// The same server again, on the same port.
    func restart() async throws { _ = try await run(Self.program, arguments) }

    var log: String {
        get throws { try String(contentsOfFile: folder + "/log.smbd", encoding: .utf8) }
    }

    /// How many logins of whatever outcome the server saw.
    var logins: Int {
        get throws { try log.components(separatedBy: "Auth: [SMB2").count - 1 }
    }

    /// Options that work, and fail fast when they must.
    var options: SMBOptions {
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
            .deletingLastPathComponent().deletingLastPathComponent()
        return package.appendingPathComponent("tools/smb-server").path
    }()
}

struct CommandFailed: Error { var status: Int32 }

/// Runs a program and gives what it printed; waits on a thread of its own.
func run(_ program: String, _ arguments: [String]) async throws -> Data {
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

/// Collects what a listing gives.
actor Pages {
    private(set) var pages: [[DirectoryEntry]] = []
    func add(_ page: [DirectoryEntry]) { pages.append(page) }
    var entries: [DirectoryEntry] { pages.flatMap { $0 } }
}

extension FileSource {
    /// The whole listing, by name.
    func entries(_ folder: SourcePath = .root) async throws -> [String: DirectoryEntry] {
        let pages = Pages()
        await pages.add(try await list(folder) { await pages.add($0) })
        let entries = await pages.entries
        return Dictionary(entries.map { (String(decoding: $0.name, as: UTF8.self), $0) }) { first, _ in first }
    }

    /// The error that an operation ends with.
    func failure(_ body: (Self) async throws -> Void) async -> SourceError? {
        do {
            try await body(self)
            return nil
        } catch {
            return error as? SourceError
        }
    }

    /// Reads the headers of files as they are listed, and closes nothing.
    func headers(_ files: [(path: String, size: Int)], firstRead: Int = 8192) async throws -> [HeaderResult] {
        let requests = files.enumerated().map {
            HeaderRequest(id: Int64($0.offset), path: SourcePath($0.element.path), size: UInt64($0.element.size), firstRead: firstRead)
        }
        return try await readHeaders(requests).sorted { $0.id < $1.id }
    }
}

extension HeaderResult {
    var error: SourceError? {
        if case .failed(let error) = outcome { return error }
        return nil
    }
}

/// `#expect(_ == _)` for values that are awaited: the macro does not take these everywhere.
func expectEqual<Value: Equatable>(_ actual: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(actual == expected, sourceLocation: sourceLocation)
}

extension Result where Failure == any Error {
    /// What an operation gives or throws, to be looked at later.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
