public import Configuration

/// The server that is asked in place of the data folder's owner; none without `--server`, with which the others go.
public struct RemoteOptions: Hashable, Sendable {
    /// `--server`, such as `https://fileroom.example:8443`.
    public var url: String?
    /// `--server-ca`: a PEM file.
    public var certificateAuthority: String?
    /// `--key-file`; else ``keyVariable`` holds the API key.
    public var keyFile: String?

    public init() {}

    /// The variable with the API key.
    public static let keyVariable = "FILEROOM_KEY"
}

public struct ServeOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    public var listen: ListenAddress?
    public var tlsCertificate: String?
    public var tlsKey: String?
    public var isSelfSigned = false

    public init() {}
}

/// The roles that a user or a key can have; which of them may do what is the server's to know.
public enum RoleName: String, CaseIterable, Sendable { case admin, clinician, uploader }

public struct UserOptions: Hashable, Sendable {
    public enum Action: Hashable, Sendable { case add, list, changePassword, disable, enable, changeRole }

    public var general = GeneralOptions()
    public var action: Action
    /// Empty for ``Action/list``.
    public var name = ""
    /// For ``Action/add`` and ``Action/changeRole``.
    public var role: RoleName?
    public var passwordFile: String?

    public init(_ action: Action) { self.action = action }
}

public struct KeyOptions: Hashable, Sendable {
    public enum Action: Hashable, Sendable { case create, list, revoke }
    /// When a key ends.
    public enum Expiry: Hashable, Sendable {
        case after(hours: Int)
        /// With the end of this day, `YYYY-MM-DD`, UTC.
        case on(String)
    }

    public var general = GeneralOptions()
    public var action: Action
    /// What a new key is for.
    public var name: String?
    /// The number of the key to revoke.
    public var id: Int64 = 0
    public var role: RoleName?
    public var expiry: Expiry?

    public init(_ action: Action) { self.action = action }
}

public struct AuditOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    /// Nil means standard output.
    public var output: String?

    public init() {}
}

public struct BackupOptions: Hashable, Sendable {
    public var general = GeneralOptions()
    /// The folder that is written to or read from.
    public var folder = ""

    public init() {}
}

extension ServeOptions: HasGeneralOptions {}
extension UserOptions: HasGeneralOptions {}
extension KeyOptions: HasGeneralOptions {}
extension AuditOptions: HasGeneralOptions {}
extension BackupOptions: HasGeneralOptions {}
