import Catalogue
import CommandLineInterface
import Configuration
import Foundation
import Indexing

/// `fileroom confirm`.
enum ConfirmCommand {
    static func run(_ options: ConfirmOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let server = try context.remote()
        let held =
            if let server { try await RemoteJobs(server: server).status().jobs.filter { $0.heldMissing != nil } } else {
                try await heldJobs(context.folder)
            }
        // The catalogue may know it by a name that is not configured.
        let url = server == nil ? try options.source.map { try context.meaning(of: $0).address.canonicalURL } : nil
        let wanted = held.filter { options.source == nil || $0.source == options.source || $0.url == url }
        guard !wanted.isEmpty else {
            throw Failure("No scan holds missing files\(options.source.map { " of \($0)" } ?? "").", .noSuchSource)
        }
        var refusal: Failure?
        for job in wanted {
            do {
                let gone = try await context.withAPI { try await confirm(job.source, $0) }
                if options.general.writesJSON {
                    try Terminal.print(String(decoding: try IndexStatus.makeEncoder().encode(Confirmed(job, gone)), as: UTF8.self))
                } else {
                    try Terminal.print("\(job.source): \(Quantity.count(gone, "file is", "files are")) gone from the catalogue")
                }
            } catch {
                // The others' files are as gone as they were.
                let failure = Failure(error)
                Terminal.note("fileroom: \(job.source): \(failure.text)")
                refusal = refusal ?? failure
            }
        }
        return refusal?.exitCode ?? .done
    }

    private struct Confirmed: Encodable {
        let source: String
        let filesRemoved: Int

        init(_ job: IndexStatus.Job, _ gone: Int) { (source, filesRemoved) = (job.source, gone) }
    }

    @Sendable private static func heldJobs(_ folder: DataFolder) async throws -> [IndexStatus.Job] {
        try await blocking {
            try JobReader(path: folder.catalogue).jobs(onlyLast: true).filter { $0.heldMissing != nil }.map(IndexStatus.Job.init)
        }
    }

    /// - Returns: how many files went.
    private static func confirm(_ source: String, _ client: any APIClient) async throws -> Int {
        struct Gone: Decodable { var filesRemoved: Int }
        var call = try APICall("POST", ["api", "index", "confirm"], body: ["source": source])
        // Had it been done already, doing so again changes nothing.
        (call.mayTakeLong, call.isRepeatable) = (true, true)
        return try await client.answer(call).decoded(as: Gone.self).filesRemoved
    }
}
