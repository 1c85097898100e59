import CommandLineInterface
import Foundation
import Indexing

/// The end of `fileroom index`: one JSON object, or a few lines.
struct JobSummary {
    private struct Result: Encodable {
        var state: String
        var enumerated_files = 0
        var files_processed = 0
        var files_opened = 0
        var dicom_files = 0
        var not_dicom = 0
        var series_count: Int
        var study_count: Int
        var patient_count: Int
        var errors = 0
        var bytes_read = 0
        var elapsed_seconds = 0.0
        var method: String
    }
    private let result: Result
    private let jobs: [IndexStatus.Job]

    /// - Parameter jobs: those that count; series, studies and patients are the whole catalogue's.
    init(_ status: IndexStatus, jobs wanted: Set<Int64>) {
        let jobs = status.jobs.filter { wanted.contains($0.id) }
        self.jobs = jobs
        let worst = ["failed", "cancelled", "paused", "running", "completed"].first { state in jobs.contains { $0.state == state } }
        var result = Result(
            state: worst ?? "failed", series_count: status.seriesCount, study_count: status.studyCount, patient_count: status.patientCount,
            method: Set(jobs.map(\.method)).sorted().joined(separator: ", "))
        for job in jobs {
            result.enumerated_files += job.enumeratedFiles
            result.files_processed += job.filesProcessed
            result.files_opened += job.filesOpened
            result.dicom_files += job.dicomFiles
            result.not_dicom += job.notDicom
            result.errors += job.errors
            result.bytes_read += job.bytesRead
            result.elapsed_seconds = max(result.elapsed_seconds, job.elapsedSeconds)
        }
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        try Terminal.print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }

    private static func line(_ job: IndexStatus.Job) -> String {
        let parts = [
            Quantity.count(job.enumeratedFiles, "file", "files"), "\(Quantity.count(job.dicomFiles)) DICOM",
            "\(Quantity.count(job.filesOpened)) opened", "\(Quantity.bytes(job.bytesRead)) read",
            "in \(Quantity.duration(.milliseconds(Int64(job.elapsedSeconds * 1_000))))",
            "method \(job.method) (\(job.methodReason))",
        ]
        let message = job.message.isEmpty ? "" : ": \(job.message)"
        return "\(job.source) \(job.state): \(parts.joined(separator: ", "))\(message)"
    }
}
