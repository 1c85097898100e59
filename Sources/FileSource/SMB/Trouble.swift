import Glibc
import SMBWire

/// Why an operation on a worker came to no answer.
enum Trouble: Error {
    /// The worker says so.
    case failure(WorkerFailure)
    /// The worker is gone.
    case lost(Loss)
    /// The source as a whole cannot go on.
    case source(SourceError)

    enum Loss {
        case crashed, hung
        /// It never came to work.
        case notStarted
    }
}

extension SourceError {
    /// The error for a failure to reach the share.
    init(connecting failure: WorkerFailure) {
        self = ErrorRow.error(failure.errno, .connecting, in: ErrorRow.smb)
        // A message is a sentence whose full stop is set by whoever shows it; samba sets its own.
        var detail = failure.detail[...]
        while let last = detail.last, last == "." || last.isWhitespace { detail.removeLast() }
        if !detail.isEmpty { message += ": \(detail)" }
    }

    /// The error for a failure of any kind.
    init(_ failure: WorkerFailure, _ situation: ErrorRow.Situation) {
        self = failure.hasSession ? ErrorRow.error(failure.errno, situation, in: ErrorRow.smb) : SourceError(connecting: failure)
    }

    init(_ loss: Trouble.Loss) {
        switch loss {
        case .crashed: self = .workerCrashed
        case .hung: self = .workerHung
        case .notStarted: self = .workerNotStarted
        }
    }
}
