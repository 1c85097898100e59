import Foundation
import Glibc
import HTTPServer
import Indexing
import Synchronization

/// Ordinary log lines: JSON objects on standard error. Whoever logs sees to it that no patient's value, no query and no secret is in them.
final class LogSink: Sendable {
    private struct Line: Encodable {
        let time: String
        let level: String
        let message: String
        var requestId: String?
    }
    private let queue = DispatchQueue(label: "log")
    private let waiting = Mutex((lines: 0, lost: 0))

    /// More than a reader that does not read may make us keep.
    private static let mostWaiting = 10_000

    /// Takes a line; never waits.
    func write(_ level: ServerEvent.Level, _ message: String, requestID: String? = nil) {
        write(Line(time: Date().formatted(JobBoard.timeFormat), level: level.rawValue, message: message, requestId: requestID))
    }

    /// Takes an object that somebody else made, without line feeds.
    func write(_ line: some Encodable & Sendable) {
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
                put(
                    Line(
                        time: Date().formatted(JobBoard.timeFormat), level: "warning",
                        message: "\(lost) lines were lost, as nobody read them"))
            }
            put(line)
        }
    }

    /// Waits until what was taken is written.
    func flush() async {
        await withCheckedContinuation { done in queue.async { done.resume() } }
    }

    private func put(_ line: some Encodable) {
        guard let json = try? IndexStatus.makeEncoder().encode(line) else { return }
        Terminal.write(String(decoding: json, as: UTF8.self) + "\n", to: STDERR_FILENO)
    }
}
