public import DICOM

/// A folder that waits to be listed.
public struct FolderTask: Sendable, Hashable {
    public let id: Int64
    /// Below the source's root, separated by `/`.
    public let path: [UInt8]
    public let depth: Int
}

/// A file whose header waits to be read.
public struct FileTask: Sendable, Hashable {
    public let id: Int64
    public let folderID: Int64
    /// The folder's path and the name.
    public let path: [UInt8]
    /// Size in bytes.
    public let size: UInt64
    /// 0 for the first file of its folder; higher levels are read later.
    public let level: Int
    /// Bytes that headers in this folder needed so far; 0 when none was read.
    public let headerEnd: Int
    /// Whether it was never read before.
    let isNew: Bool
}

/// One entry of a folder's listing.
public struct ListedEntry: Sendable, Hashable {
    public enum Kind: Sendable {
        /// A file that may be DICOM.
        case candidate
        /// A file that its name rules out: counted, not read. What an earlier scan knows of it stays.
        case ruledOut
        /// Neither a file nor a folder: counted.
        case other
        case folder
        /// A folder that its name rules out: not listed. What an earlier scan knows of it stays.
        case ruledOutFolder
    }
    public let name: [UInt8]
    public let kind: Kind
    /// Size in bytes.
    public let size: UInt64
    /// Nanoseconds since 1970 UTC.
    public let modified: Int64
    /// Nanoseconds since 1970 UTC; 0 where the source does not tell.
    public let changed: Int64

    public init(name: [UInt8], kind: Kind, size: UInt64, modified: Int64, changed: Int64) {
        (self.name, self.kind, self.size, self.modified, self.changed) = (name, kind, size, modified, changed)
    }
}

/// What reading a file's header gave.
public struct FileReading: Sendable {
    public enum Finding: Sendable {
        case instance(Header)
        case directory
        case notDICOM
        case failed(ErrorRecord)
    }
    public let task: FileTask
    public let finding: Finding
    public let bytesRead: Int
    /// Offset behind the last byte that the header needed.
    public let headerEnd: Int

    public init(task: FileTask, finding: Finding, bytesRead: Int, headerEnd: Int) {
        (self.task, self.finding, self.bytesRead, self.headerEnd) = (task, finding, bytesRead, headerEnd)
    }
}

/// An error report [I10].
public struct ErrorRecord: Sendable, Hashable {
    /// Seconds since 1970 UTC.
    public var time: Double
    public var errorType: String
    public var errorCode: String
    public var message: String
    public var suggestion: String
    public var path: String
    public var retryCount: Int

    public init(time: Double, type: String, code: String, message: String, suggestion: String, path: String, retryCount: Int) {
        (self.time, errorType, errorCode, self.message) = (time, type, code, message)
        (self.suggestion, self.path, self.retryCount) = (suggestion, path, retryCount)
    }
}

/// What a job has counted so far; lasts across a restart.
public struct JobCounters: Sendable, Hashable {
    public var enumeratedFiles = 0
    public var filesProcessed = 0
    public var filesOpened = 0
    public var dicomFiles = 0
    public var notDICOM = 0
    public var errors = 0
    /// Bytes read from files.
    public var bytesRead = 0
    public var foldersListed = 0

    public init() {}
}

/// Where a job stands.
public enum JobState: String, Sendable {
    case running, paused, cancelled, completed, failed
}

/// A job as the catalogue knows it.
public struct JobRecord: Sendable {
    public let id: Int64
    public let sourceID: Int64
    public let sourceName: String
    public let sourceURL: String
    public let generation: Int64
    public var state: JobState
    public var method: String
    public var methodReason: String
    /// JSON: what is needed to continue it; holds no secrets.
    public let options: String
    /// Seconds since 1970 UTC.
    public let startedAt: Double
    public let finishedAt: Double?
    /// Time spent running, in seconds.
    public var elapsedSeconds: Double
    public var message: String
    /// [I10] `error_type` of what made it fail; nil when nothing did.
    public var errorType: String?
    /// [I10] `error_code` of the same.
    public var errorCode: String?
    public var counters: JobCounters
    /// How many files the source's last scan missed and holds; nil when nothing is held.
    public var heldMissing: Int?
    /// Whether unchanged files are read again as well.
    public let readAll: Bool
    /// What decides which files are read, and how.
    public let scope: String

    /// ``message`` of a job whose process ended while it ran, however that ended.
    public static let interruption = "interrupted: the process that ran it ended"

    /// Whether nobody wanted the job to stop: its process ended.
    public var isInterrupted: Bool { state == .running || (state == .paused && message == Self.interruption) }
}

/// How many of each the catalogue holds.
public struct CatalogueTotals: Sendable, Hashable {
    public var patients = 0
    public var studies = 0
    public var series = 0

    public init() {}
}

/// How a scan ended for files that it did not find.
public struct MissingOutcome: Sendable, Hashable {
    /// Files whose rows were removed.
    public var gone = 0
    /// Files that are held until a second scan agrees or a person confirms.
    public var held = 0

    public init() {}
}
