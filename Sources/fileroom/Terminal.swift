import CommandLineInterface
import Foundation
import Glibc

/// Standard error for what people read while a command runs, standard output for its result.
enum Terminal {
    static let environment = ProcessInfo.processInfo.environment
    static let style = TerminalStyle(descriptor: STDERR_FILENO, environment: environment)
    static let outputStyle = TerminalStyle(descriptor: STDOUT_FILENO, environment: environment)

    /// One line for a person. Control characters, which may come from a share, are made visible.
    static func note(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            write(DisplayText.neutralized(String(line)) + "\n", to: STDERR_FILENO)
        }
    }

    /// One line of a command's result.
    static func print(_ text: String) throws {
        try write(Array((text + "\n").utf8))
    }

    /// Writes a piece of a command's result.
    ///
    /// - Throws: ``Failure`` when nobody reads it any more, or the disk is full.
    static func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0, to: STDOUT_FILENO) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure("The output cannot be written: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    static func write(_ text: String, to descriptor: Int32) {
        // Nobody to tell when standard error is closed.
        try? Array(text.utf8).withUnsafeBytes { try write($0, to: descriptor) }
    }
}

/// Runs something that waits on a thread of its own, off the cooperative pool.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
        Thread.detachNewThread { done.resume(with: Result(catching: body)) }
    }
}
