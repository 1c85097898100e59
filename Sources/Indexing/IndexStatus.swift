public import Catalogue
public import Foundation

/// What `index_status.json` says [I8]: totals over the jobs of this run, and each job. Keys are these names in snake case.
public struct IndexStatus: Codable, Hashable, Sendable {
    public var running: Bool
    public var pid: Int32
    /// ISO 8601, UTC.
    public var lastUpdated: String
    public var enumeratedFiles: Int
    public var filesProcessed: Int
    public var filesOpened: Int
    public var dicomFiles: Int
    public var notDicom: Int
    public var seriesCount: Int
    public var studyCount: Int
    public var patientCount: Int
    public var errors: Int
    /// Bytes.
    public var bytesRead: Int
    public var filesPerSecond: Double
    /// ISO 8601, UTC; null while unknown.
    @NullWhenNil public var estimatedCompletion: String?
    public var jobs: [Job]

    /// One job.
    public struct Job: Codable, Hashable, Sendable {
        public var id: Int64
        public var source: String
        public var url: String
        public var state: String
        public var stage: String
        public var method: String
        public var methodReason: String
        public var message: String
        /// [I10] `error_type` of what made it fail.
        @NullWhenNil public var errorType: String?
        /// [I10] `error_code` of the same.
        @NullWhenNil public var errorCode: String?
        /// When the server tries it again, since its share could not be reached; ISO 8601, UTC.
        @NullWhenNil public var retryAt: String?
        public var enumeratedFiles: Int
        public var filesProcessed: Int
        public var filesOpened: Int
        public var dicomFiles: Int
        public var notDicom: Int
        public var errors: Int
        public var bytesRead: Int
        public var foldersListed: Int
        public var foldersLeft: Int
        public var filesPerSecond: Double
        /// Operations that the source is given at a time.
        public var concurrency: Int
        public var elapsedSeconds: Double
        @NullWhenNil public var estimatedCompletion: String?
        public var startedAt: String
        /// Files that were not found, and are held [I9].
        @NullWhenNil public var heldMissing: Int?
        public var lastErrors: [ErrorReport]
    }
}

extension IndexStatus {
    /// As JSON, keys sorted so that two files can be compared.
    public func json() throws -> Data {
        try Self.encoder.encode(self)
    }

    public init(json: Data) throws {
        self = try Self.decoder.decode(IndexStatus.self, from: json)
    }

    /// The encoder of everything that has this form; keys become snake case.
    public static func makeEncoder() -> JSONEncoder { encoder }

    /// What a person asks to see: the owner's live view, where there is one, with jobs that only the catalogue knows.
    public init(_ live: IndexStatus?, jobs: [Job], totals: CatalogueTotals) {
        func sum(_ count: (Job) -> Int) -> Int { jobs.reduce(0) { $0 + count($1) } }
        self.init(
            running: live?.running ?? false, pid: live?.pid ?? 0,
            lastUpdated: live?.lastUpdated ?? JobBoard.iso8601(Date().timeIntervalSince1970),
            enumeratedFiles: sum(\.enumeratedFiles), filesProcessed: sum(\.filesProcessed), filesOpened: sum(\.filesOpened),
            dicomFiles: sum(\.dicomFiles), notDicom: sum(\.notDicom), seriesCount: totals.series, studyCount: totals.studies,
            patientCount: totals.patients, errors: sum(\.errors), bytesRead: sum(\.bytesRead), filesPerSecond: live?.filesPerSecond ?? 0,
            estimatedCompletion: live?.estimatedCompletion, jobs: jobs)
    }

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// Writes null for nil, where `Codable` would leave the key out, so that a reader always finds every key.
@propertyWrapper
public struct NullWhenNil<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    public var wrappedValue: Value?

    public init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

/// An error report as programs read it [I10].
public struct ErrorReport: Codable, Hashable, Sendable {
    /// ISO 8601, UTC.
    public var time: String
    public var errorType: String
    public var errorCode: String
    public var message: String
    public var suggestion: String
    public var path: String
    public var retryCount: Int

    public init(_ error: ErrorRecord) {
        time = JobBoard.iso8601(error.time)
        (errorType, errorCode, message) = (error.errorType, error.errorCode, error.message)
        (suggestion, path, retryCount) = (error.suggestion, error.path, error.retryCount)
    }
}

extension IndexStatus.Job {
    /// A job that no process runs now, as the catalogue has it.
    public init(_ record: JobRecord) {
        var record = record
        if record.state == .running {
            // The process that ran it had no time to write anything else.
            record.state = .paused
            record.message = "interrupted: the process that ran it ended; `fileroom resume` continues"
        }
        let counters = record.counters
        self.init(
            id: record.id, source: record.sourceName, url: record.sourceURL, state: record.state.rawValue, stage: JobStage.ended.rawValue,
            method: record.method, methodReason: record.methodReason, message: record.message, errorType: record.errorType,
            errorCode: record.errorCode, retryAt: nil,
            enumeratedFiles: counters.enumeratedFiles, filesProcessed: counters.filesProcessed, filesOpened: counters.filesOpened,
            dicomFiles: counters.dicomFiles, notDicom: counters.notDICOM, errors: counters.errors, bytesRead: counters.bytesRead,
            foldersListed: counters.foldersListed,
            foldersLeft: 0, filesPerSecond: 0, concurrency: 0, elapsedSeconds: (record.elapsedSeconds * 1_000).rounded() / 1_000,
            estimatedCompletion: nil, startedAt: JobBoard.iso8601(record.startedAt), heldMissing: record.heldMissing, lastErrors: [])
    }
}
