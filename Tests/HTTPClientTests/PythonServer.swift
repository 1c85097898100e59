import Foundation
import Testing

/// `Support/server.py` on a process of its own, which ends with this object.
final class PythonServer: Sendable {
    /// The port, or the socket's path.
    let place: String
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()

    init(_ arguments: String...) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Support/server.py").path
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [script] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        place = try Self.line(output)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Waits for the next line that the server says.
    func line() throws -> String { try Self.line(output) }

    private static func line(_ pipe: Pipe) throws -> String {
        var line: [UInt8] = []
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        throw CocoaError(.fileReadUnknown)
    }
}

/// A folder that goes with this object.
final class TemporaryFolder: Sendable {
    let path: String

    /// - Parameter below: further folders in it.
    init(below: String = "") throws {
        path = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString)").path + below
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A certificate for this machine, signed by itself, and its key.
    func makeCertificate() throws -> (certificate: String, key: String) {
        let (certificate, key) = (path + "/certificate.pem", path + "/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        return (certificate, key)
    }
}
