internal import Catalogue
internal import Foundation
internal import Indexing

/// A job as the API tells it: as in `index_status.json`, and when it ended.
struct StoredJob: Encodable {
    var job: IndexStatus.Job
    /// Seconds since 1970 UTC; nil while it may go on.
    var endedAt: Double?

    /// - Parameter live: the same job as the process that runs it knows it.
    init(_ record: JobRecord, live: IndexStatus?, errors: [ErrorRecord] = []) {
        if let known = live?.jobs.first(where: { $0.id == record.id }) {
            job = known
        } else {
            job = IndexStatus.Job(record)
            job.lastErrors = errors.map(ErrorReport.init)
        }
        endedAt = ["running", "paused"].contains(job.state) ? nil : record.finishedAt
    }

    private enum Keys: CodingKey { case endedAt }

    func encode(to encoder: any Encoder) throws {
        try job.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(endedAt.map(Timestamp.text), forKey: .endedAt)
    }
}

/// An error report with its place.
struct StoredErrorAnswer: Encodable {
    let error: StoredError

    private enum Keys: CodingKey { case id, job }

    func encode(to encoder: any Encoder) throws {
        try ErrorReport(error.report).encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(error.id, forKey: .id)
        try container.encode(error.job, forKey: .job)
    }
}

extension JSON {
    /// A value with its keys in snake case, as every status has them.
    static func snakeCase(_ value: some Encodable) throws -> JSON { .written(Array(try IndexStatus.makeEncoder().encode(value))) }
}
