import Foundation

/// What a program writes; nil when it fails.
func run(_ command: [String]) async throws -> String? {
    try await runForBytes(command).map { String(decoding: $0, as: UTF8.self) }
}

/// What a program writes when it is given some input; nil when it fails.
func runForBytes(_ command: [String], input: String = "") async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            continuation.resume(
                with: Result {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                    process.arguments = command
                    let (given, output) = (Pipe(), Pipe())
                    (process.standardInput, process.standardOutput, process.standardError) = (given, output, FileHandle.nullDevice)
                    try process.run()
                    try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                    if input.isEmpty { try given.fileHandleForWriting.close() }
                    let data = try output.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    return process.terminationStatus == 0 ? Array(data) : nil
                })
        }
        thread.start()
    }
}
