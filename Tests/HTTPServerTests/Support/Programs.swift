import Foundation

/// What a program writes; nil when it fails.
func run(_ command: [String]) async throws -> String? {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            continuation.resume(
                with: Result {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                    process.arguments = command
                    let output = Pipe()
                    (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
                    try process.run()
                    let data = try output.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
                })
        }
        thread.start()
    }
}
