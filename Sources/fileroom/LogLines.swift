import Foundation
import Glibc
import Synchronization

/// Writes log lines to standard error without ever making anybody wait: a reader that does not read loses lines, and is told how many.
final class LogLines: Sendable {
    private let queue = DispatchQueue(label: "log")
    private let waiting = Mutex((lines: 0, lost: 0))

    /// More than a reader that does not read may make us keep.
    private static let mostWaiting = 10_000

    /// Takes a line with its end.
    func write(_ line: [UInt8]) {
        let isTaken = waiting.withLock { state in
            guard state.lines < Self.mostWaiting else {
                state.lost += 1
                return false
            }
            state.lines += 1
            return true
        }
        guard isTaken else { return }
        queue.async { [self] in
            let lost = waiting.withLock { state in
                state.lines -= 1
                defer { state.lost = 0 }
                return state.lost
            }
            if lost > 0 {
                put(Array(#"{"level":"warning","event":"message","message":"\#(lost) lines were lost: nobody read them"}"#.utf8) + [0x0A])
            }
            put(line)
        }
    }

    /// Waits until what was taken is written.
    func flush() async {
        await withCheckedContinuation { done in queue.async { done.resume() } }
    }

    private func put(_ line: [UInt8]) {
        // Whoever read the log is gone: the server goes on without.
        try? line.withUnsafeBytes { try Terminal.write($0, to: STDERR_FILENO) }
    }
}
