/// What one recipient's download consists of, frozen: which files, where they lie, how large they are and where each stands in the archive.
public struct Plan: Sendable, Hashable {
    public typealias ID = Int64

    public var id: ID
    public var shareID: String
    /// The recipient's.
    public var grantID: Int64
    public var layout: PlanLayout
    public var entryCount: Int
    public var createdAt: Double
    /// When its first byte went out; from then on it is counted as a download.
    public var startedAt: Double?
    /// When all its bytes had gone out, for all that can be told.
    public var completedAt: Double?
    /// Whether its sources have changed: no byte may come from it any more.
    public var isVoid: Bool
}

/// What is known of an archive once all its entries have their places.
public struct PlanLayout: Sendable, Hashable {
    /// With its quotes.
    public var etag: String
    /// The archive's bytes.
    public var length: UInt64
    /// Where the central directory begins.
    public var directoryOffset: UInt64
    public var lastModifiedUnixSeconds: Int64
    public var fileName: String
    /// Files that are not there and that the manifest names.
    public var missing: Int
    /// For whoever made the plan; the ledger does not look into it.
    public var details: String

    public init(
        etag: String, length: UInt64, directoryOffset: UInt64, lastModifiedUnixSeconds: Int64, fileName: String, missing: Int = 0,
        details: String = ""
    ) {
        (self.etag, self.length, self.directoryOffset) = (etag, length, directoryOffset)
        (self.lastModifiedUnixSeconds, self.fileName, self.missing, self.details) = (lastModifiedUnixSeconds, fileName, missing, details)
    }
}

/// One file of an archive.
public struct PlanEntry: Sendable, Hashable {
    /// Where its bytes are.
    public enum Origin: Sendable, Hashable {
        case file(PlanFile)
        /// One of the plan's generated documents, by its number.
        case document(Int)
    }

    /// 0, 1, 2, … without gaps, in the order of the archive.
    public var number: Int
    /// In the archive.
    public var path: String
    public var size: UInt64
    /// As the archive says it.
    public var modifiedUnixSeconds: Int64
    /// Of its local header in the archive; grows with the number.
    public var offset: UInt64
    public var origin: Origin
    public var sopInstanceUID: String?
    /// Once known; given where the file's size and time still are those of the plan.
    public internal(set) var crc: UInt32?

    public init(
        number: Int, path: String, size: UInt64, modifiedUnixSeconds: Int64, offset: UInt64, origin: Origin, sopInstanceUID: String? = nil
    ) {
        (self.number, self.path, self.size, self.modifiedUnixSeconds) = (number, path, size, modifiedUnixSeconds)
        (self.offset, self.origin, self.sopInstanceUID) = (offset, origin, sopInstanceUID)
    }
}

/// A file as it was when a plan was made.
public struct PlanFile: Sendable, Hashable {
    /// As the catalogue has the source's.
    public var sourceURL: String
    /// Below the source, as bytes: names need not be UTF-8.
    public var path: [UInt8]
    /// The file's time of change, in nanoseconds since 1970 UTC.
    public var modifiedNanoseconds: Int64

    public init(sourceURL: String, path: [UInt8], modifiedNanoseconds: Int64) {
        (self.sourceURL, self.path, self.modifiedNanoseconds) = (sourceURL, path, modifiedNanoseconds)
    }
}
