public import Catalogue
public import Foundation

/// What `index_status.json` says [I8]: totals over the jobs of this run, and each job. Keys are these names in snake case.
public struct IndexStatus: Codable, Sendable {
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
    public struct Job: Codable, Sendable {
        public var id: Int64
        public var source: String
        public var url: String
        public var state: String
        public var stage: String
        public var method: String
        public var methodReason: String
        public var message: String
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
        public var lastErrors: [ErrorRecord]
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
public struct NullWhenNil<Value: Codable & Sendable>: Codable, Sendable {
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
