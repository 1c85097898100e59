import Catalogue
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
    private let failures: [Failure]
    private let isCutShort: Bool

    /// - Parameters:
    ///   - jobs: those that count; series, studies and patients are the whole catalogue's.
    ///   - refusals: why others could not be begun.
    ///   - isCutShort: whether the process was asked to end before all were begun.
    init(_ status: IndexStatus, jobs wanted: Set<Int64>, refusals: [Failure], isCutShort: Bool = false) {
        self.isCutShort = isCutShort
        let jobs = status.jobs.filter { wanted.contains($0.id) }
        self.jobs = jobs
        failures = refusals + jobs.filter { $0.state == "failed" }.map { Failure($0) }
        let states = Set(jobs.map(\.state) + (isCutShort ? ["paused"] : []))
        let worst = ["cancelled", "paused", "running", "completed"].first(where: states.contains)
        var result = Result(
            state: failures.isEmpty ? worst ?? "completed" : "failed", method: Set(jobs.map(\.method)).sorted().joined(separator: ", "))
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

    /// Nothing could be begun; what the catalogue holds is told all the same, where it can be opened.
    init(refusals: [Failure], isCutShort: Bool = false, _ folder: DataFolder?) async {
        let totals = try? await blocking { try folder.map { try JobReader(path: $0.catalogue).totals() } }
        self.init(IndexStatus(nil, jobs: [], totals: totals ?? CatalogueTotals()), jobs: [], refusals: refusals, isCutShort: isCutShort)
    }

    /// - Returns: how the program ends.
    func show(writesJSON: Bool) throws -> ExitCode {
        for job in jobs { Terminal.note(Self.line(job)) }
        for job in jobs where job.state == "completed" && job.errors > 0 {
            Terminal.note("\(Quantity.count(job.errors, "error", "errors")): see `fileroom errors \(job.id)`")
        }
        if writesJSON { try showJSON() }
        for failure in failures { Terminal.note("fileroom: " + failure.text) }
        let isPaused = isCutShort || jobs.contains { $0.state == "paused" }
        if isPaused {
            // What was never begun cannot be resumed.
            Terminal.note("Paused. \(isCutShort ? "The" : "`fileroom resume` or the") same command continues.")
        }
        return failures.first?.exitCode ?? (isPaused ? .paused : .done)
    }

    private func showJSON() throws {
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
