import Foundation
import Testing

/// A ZIP archive, looked at by the programs that people have.
struct Archive {
    let path: String

    init(_ bytes: [UInt8]) throws {
        path = NSTemporaryDirectory() + "fileroom-archive-" + UUID().uuidString + ".zip"
        try Data(bytes).write(to: URL(filePath: path))
    }

    func remove() { for path in [path, folder] { try? FileManager.default.removeItem(atPath: path) } }

    private var folder: String { path + ".d" }

    /// Unpacks it into a folder.
    func unpack() throws -> String {
        let (status, output) = try Self.run(["unzip", "-qq", path, "-d", folder])
        #expect(status == 0, "\(output)")
        return folder
    }

    /// What unzip, Python, 7zz and bsdtar complain of; empty when all find it sound.
    func test() throws -> String {
        var complaints = ""
        for command in [
            ["unzip", "-tqq", path], ["python3", "-m", "zipfile", "-t", path], ["7zz", "t", path], ["bsdtar", "-tf", path],
        ] {
            let (status, output) = try Self.run(command)
            if status != 0 { complaints += "\(command[0]): \(output.suffix(500))\n" }
        }
        return complaints
    }

    func names() throws -> [String] { try Self.run(["unzip", "-Z1", path]).output.split(separator: "\n").map(String.init) }
    func text(_ name: String) throws -> String { try Self.run(["unzip", "-p", path, name]).output }
    func sha256(_ name: String) throws -> String { try Self.run(["sh", "-c", "unzip -p \"$0\" \"$1\" | sha256sum", path, name]).output }

    static func sha256(ofFile path: String) throws -> String { try run(["sh", "-c", "sha256sum < \"$0\"", path]).output }

    /// Runs a program to its end.
    static func run(_ command: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
