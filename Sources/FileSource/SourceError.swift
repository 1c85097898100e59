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
