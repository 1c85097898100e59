import CommandLineInterface
import Foundation
import Indexing

/// The end of `fileroom index`: one JSON object, or a few lines.
struct JobSummary {
    private struct Result {
        var state: String
        var enumerated = 0
        var processed = 0
        var opened = 0
        var dicom = 0
        var notDICOM = 0
        var errors = 0
        var bytes = 0
        var seconds = 0.0
        var method: String
    }
    private let status: IndexStatus
    private let result: Result
    private let jobs: [IndexStatus.Job]

    /// - Parameter jobs: those that count; series, studies and patients are the whole catalogue's.
    init(_ status: IndexStatus, jobs wanted: Set<Int64>) {
        let jobs = status.jobs.filter { wanted.contains($0.id) }
        self.jobs = jobs
        let worst = ["failed", "cancelled", "paused", "running", "completed"].first { state in jobs.contains { $0.state == state } }
        var result = Result(state: worst ?? "failed", method: Set(jobs.map(\.method)).sorted().joined(separator: ", "))
        for job in jobs {
            result.enumerated += job.enumeratedFiles
            result.processed += job.filesProcessed
            result.opened += job.filesOpened
            result.dicom += job.dicomFiles
            result.notDICOM += job.notDicom
            result.errors += job.errors
            result.bytes += job.bytesRead
            result.seconds = max(result.seconds, job.elapsedSeconds)
        }
        self.status = status
        self.result = result
    }

    var exitCode: ExitCode {
        switch result.state {
        case "completed", "cancelled": .done
        case "paused", "running": .paused
        default: .failure
        }
    }

    func show(writesJSON: Bool) throws {
        for job in jobs { Terminal.note(Self.line(job)) }
        for job in jobs where job.state == "completed" && job.errors > 0 {
            Terminal.note("\(Quantity.count(job.errors, "error", "errors")): see `fileroom errors \(job.id)`")
        }
        guard writesJSON else { return }
        // In an order that reads well, which no encoder keeps.
        let fields: [(String, String)] = [
            ("state", "\"\(result.state)\""), ("enumerated_files", "\(result.enumerated)"), ("files_processed", "\(result.processed)"),
            ("files_opened", "\(result.opened)"), ("dicom_files", "\(result.dicom)"), ("not_dicom", "\(result.notDICOM)"),
            ("series_count", "\(status.seriesCount)"), ("study_count", "\(status.studyCount)"), ("patient_count", "\(status.patientCount)"),
            ("errors", "\(result.errors)"), ("bytes_read", "\(result.bytes)"), ("elapsed_seconds", "\(result.seconds)"),
            ("method", "\"\(result.method)\""),
        ]
        try Terminal.print("{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}")
    }

    private static func line(_ job: IndexStatus.Job) -> String {
        let parts = [
            Quantity.count(job.enumeratedFiles, "file", "files"), "\(Quantity.count(job.dicomFiles)) DICOM",
            "\(Quantity.count(job.filesOpened)) opened", "\(Quantity.bytes(job.bytesRead)) read",
            "in \(Quantity.duration(.milliseconds(Int64(job.elapsedSeconds * 1_000))))",
            "method \(job.method) (\(job.methodReason))",
        ]
        // Why a job failed is told last, as the error of the command.
        let message = job.message.isEmpty || job.state == "failed" || job.state == job.message ? "" : ": \(job.message)"
        return "\(job.source) \(job.state): \(parts.joined(separator: ", "))\(message)"
    }
}
