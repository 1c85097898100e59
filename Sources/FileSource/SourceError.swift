/// Why a source, a folder or a file could not be read, in terms that a person can act on [I10].
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// [I10] `error_type`.
    public enum Class: String, Sendable {
        case network, authentication
        case fileSystem = "file system"
        case dicom = "DICOM"
        case system
    }
    public var type: Class
    /// A stable name such as `CONNECTION_REFUSED`.
    public var code: String
    /// What happened; holds no patient values and no passwords.
    public var message: String
    /// What to do about it.
    public var suggestion: String
    /// Whether trying again later may help.
    public var isRetryable: Bool
    /// Whether the whole source is affected (wrong password, host down), rather than one file or folder.
    public var concernsSource: Bool

    public init(type: Class, code: String, message: String, suggestion: String, isRetryable: Bool, concernsSource: Bool) {
        (self.type, self.code, self.message) = (type, code, message)
        (self.suggestion, self.isRetryable, self.concernsSource) = (suggestion, isRetryable, concernsSource)
    }

    public var description: String { "\(message) (\(code)). \(suggestion)" }
}

// MARK: Errors that do not come from an errno

extension SourceError {
    /// What was asked of a source that was closed.
    public static let closed = SourceError(
        type: .system, code: "SOURCE_CLOSED", message: "The source was closed", suggestion: "Open it again.", isRetryable: false,
        concernsSource: true)
    static let noThread = SourceError(
        type: .system, code: "NO_THREAD", message: "The system gives no more threads",
        suggestion: "Raise the limit of processes (ulimit -u).", isRetryable: true, concernsSource: true)
    static let invalidPath = SourceError(
        type: .fileSystem, code: "INVALID_PATH", message: "The path has parts that could lead out of the source",
        suggestion: "Use paths as they were listed.", isRetryable: false, concernsSource: false)
    static let noWorkerProgram = SourceError(
        type: .system, code: "WORKER_MISSING", message: "The program fileroom-smb-worker is not there",
        suggestion: "Install it next to fileroom, or name it in FILEROOM_SMB_WORKER.", isRetryable: false, concernsSource: true)
    static let workerNotStarted = SourceError(
        type: .system, code: "WORKER_NOT_STARTED", message: "The program fileroom-smb-worker could not be started",
        suggestion: "Check that it may be executed and that libsmbclient is installed; see the limits of processes and memory.",
        isRetryable: true, concernsSource: true)
    static let workerCrashed = SourceError(
        type: .system, code: "WORKER_CRASHED", message: "Twice the SMB library crashed on this",
        suggestion: "Look at it with another program; please report it.", isRetryable: false, concernsSource: false)
    static let workerHung = SourceError(
        type: .network, code: "WORKER_HUNG", message: "Twice there was no answer for this in time",
        suggestion: "Check the server's disks and load, or raise the timeout.", isRetryable: true, concernsSource: false)
    static let folderLoop = SourceError(
        type: .fileSystem, code: "FOLDER_LOOP", message: "The folder is one of those that it stands in: a link leads back",
        suggestion: "Nothing is missing: its files are read where they really are. Remove the link to be rid of this message.",
        isRetryable: false, concernsSource: false)
    static let folderTooDeep = SourceError(
        type: .fileSystem, code: "FOLDER_TOO_DEEP", message: "The folder stands too deep in others",
        suggestion: "Look for links that lead back; else make it a source of its own.", isRetryable: false, concernsSource: false)
    static let pathNotFound = SourceError(
        type: .fileSystem, code: "PATH_NOT_FOUND", message: "The share has no such folder",
        suggestion: "Check the path below the share.", isRetryable: false, concernsSource: true)
    /// Like a refused login, it is about what the user may do, and no other folder of the source can be read either.
    static let rootNotReadable = SourceError(
        type: .authentication, code: "ROOT_NOT_READABLE", message: "The source's folder cannot be read",
        suggestion: "Give the user read permission on it.", isRetryable: false, concernsSource: true)
}
