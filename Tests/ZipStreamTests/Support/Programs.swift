import Foundation
import ZipStream

/// A program that opens archives. A package that is not installed leaves out the programs that come with it.
enum ArchiveProgram: String, CaseIterable {
    case unzip, python, bsdtar, sevenZip

    private var path: String? {
        let names = ["unzip": ["unzip"], "python": ["python3"], "bsdtar": ["bsdtar"], "sevenZip": ["7zz", "7z"]][rawValue] ?? []
        return names.map { "/usr/bin/" + $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static var installed: [ArchiveProgram] { allCases.filter { $0.path != nil } }

    /// Has the program check the archive's structure and checksums; returns what it says against it.
    ///
    /// - Parameter members: what programs that take minutes for gigabytes are to check the content of; empty: all.
    func complaints(about archive: String, members: [String] = []) async throws -> String? {
        let arguments =
            switch self {
            case .unzip: ["-tqq", archive] + members
            case .python:
                [
                    "-c", "import sys, zipfile; bad = zipfile.ZipFile(sys.argv[1]).testzip(); sys.exit(bad and f'bad checksum: {bad}')",
                    archive,
                ]
            case .bsdtar: ["-xOf", archive] + members
            case .sevenZip: ["t", "-bso0", "-bsp0", archive]
            }
        let result = try await run(arguments, output: self == .bsdtar ? .nothing : .text)
        // An archive without entries is whole, but nothing that unzip likes to be asked for.
        let isEmpty = self == .unzip && result.status == 1 && result.text.contains("zipfile is empty")
        return (result.status == 0 && result.text.isEmpty) || isEmpty ? nil : "status \(result.status): \(result.text.prefix(2000))"
    }

    /// Has the program write the content of all files, one after the other, to a file.
    func extract(_ archive: String, to output: String) async throws {
        let arguments =
            switch self {
            case .unzip: ["-p", archive]
            case .python:
                [
                    "-c",
                    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); [sys.stdout.buffer.write(z.read(i)) for i in z.infolist()]",
                    archive,
                ]
            case .bsdtar: ["-xOf", archive]
            case .sevenZip: ["x", "-so", archive]
            }
        _ = try await run(arguments, output: .file(output))
    }

    /// Where what a program says on standard output goes.
    private enum Output {
        case text
        case nothing
        case file(String)
    }

    /// Runs the program; what it says on standard error, and on standard output unless that goes elsewhere, is in `text`.
    private func run(_ arguments: [String], output: Output) async throws -> (status: Int32, text: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = arguments
        process.environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        process.standardError = pipe
        switch output {
        case .text: process.standardOutput = pipe
        case .nothing: process.standardOutput = FileHandle.nullDevice
        case .file(let path):
            // Makes a new file in place of what is there.
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            process.standardOutput = FileHandle(forWritingAtPath: path)
        }
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                do {
                    try process.run()
                    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    process.waitUntilExit()
                    continuation.resume(returning: (process.terminationStatus, text))
                } catch {
                    continuation.resume(throwing: error)
                }
            }.start()
        }
    }
}

/// A folder that goes with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "zip-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension TestArchive {
    /// Writes the archive to a file, leaving holes for zeros.
    func write(toFile path: String, chunk: Int = 1 << 20) async throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let zeros = [UInt8](repeating: 0, count: chunk)
        let archive = ZipArchive(self, checksums: SharedChecksums(), budget: ReadAheadBudget(bytes: 24 << 20), chunk: chunk)
        var position: UInt64 = 0
        try await archive.write(0..<archive.length) { bytes in
            let isHole = bytes.count == chunk && bytes.withUnsafeBytes { $0.baseAddress.map { memcmp($0, zeros, chunk) == 0 } ?? false }
            position += UInt64(bytes.count)
            if isHole { try file.seek(toOffset: position) } else { try file.write(contentsOf: Data(bytes)) }
        }
        try file.close()
    }
}
