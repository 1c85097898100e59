/// One source as configured, every value filled in.
public struct SourceConfiguration: Hashable, Sendable {
    public var name: String
    public var isEnabled: Bool
    public var address: SourceAddress
    /// Empty for a guest.
    public var username: String
    public var domain: String?
    public var password: PasswordOrigin?
    /// Where the share of an SMB source is mounted, when that is known beforehand.
    public var mountPath: String?
    /// The longest that one operation may take.
    public var timeout: Duration
    /// How often a temporary error is tried again.
    public var retryAttempts: Int
    /// The pause before the first retry; each further one doubles it.
    public var retryDelay: Duration
    public var enumerationMethod: EnumerationMethod
    public var performanceMode: PerformanceMode
    /// What ``performanceMode`` and the keys that override it come to.
    public var tuning: Tuning
    /// Files between two writes of the status file.
    public var chunkSize: Int
    public var encryption: Protection
    public var signing: Protection
    /// The issuer of patient IDs that name none.
    public var defaultIssuer: String?
    public var nameFilter: NameFilter
    /// A scan in which more than this part of the files would go is held until it is confirmed [I9].
    public var massDisappearancePercent: Int
    /// When a running server rescans the source; nil for never by itself [I13].
    public var schedule: Schedule?
    /// Whether a running server rescans it when its server tells of changes [I13].
    public var isWatched: Bool

    /// A source that is named on the command line only: every value is the default.
    public init(name: String? = nil, address: SourceAddress) {
        self.address = address
        self.name = name ?? address.canonicalURL
        isEnabled = true
        (username, domain) = ("", nil)
        if case .smb(let smb) = address { (username, domain) = (smb.username ?? "", smb.domain) }
        (password, mountPath, defaultIssuer) = (nil, nil, nil)
        (timeout, retryAttempts, retryDelay) = (.seconds(10), 3, .seconds(1))
        enumerationMethod = .automatic
        performanceMode = .balanced
        tuning = Tuning(mode: .balanced)
        chunkSize = 50
        (encryption, signing) = (.ifOffered, .ifOffered)
        nameFilter = .standard
        massDisappearancePercent = 10
        (schedule, isWatched) = (nil, false)
    }
}

/// Which files, by their names alone, may be DICOM [I3].
public struct NameFilter: Hashable, Sendable {
    /// Small letters, without the dot.
    public var extensions: Set<String>
    /// A suffix of digits only is no extension: it ends a UID that is used as a name.
    public var includesNamesWithoutExtension: Bool
    /// Takes every name, whatever the rest says.
    public var includesAllNames: Bool

    public init(extensions: Set<String>, includesNamesWithoutExtension: Bool, includesAllNames: Bool) {
        (self.extensions, self.includesAllNames) = (extensions, includesAllNames)
        self.includesNamesWithoutExtension = includesNamesWithoutExtension
    }

    public static let standard = NameFilter(
        extensions: ["dcm", "dicom", "ima"], includesNamesWithoutExtension: true, includesAllNames: false)
}

/// Where a password is to be found.
public enum PasswordOrigin: Hashable, Sendable {
    case value(Secret)
    /// An absolute path.
    case file(String)
    /// The name of an environment variable.
    case environment(String)
}
