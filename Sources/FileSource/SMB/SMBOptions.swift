import Glibc
import SMBWire

/// A password: it shows itself to nobody by accident.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The password itself.
    public let revealed: String
    public init(_ text: String) { revealed = text }
    public var description: String { revealed.isEmpty ? "(none)" : "(hidden)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// How to reach a share, and how hard to use it.
public struct SMBOptions: Hashable, Sendable {
    /// Whether to use something that a server may or may not offer.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case off
        case ifOffered = "if_offered"
        case required
    }

    /// An SMB dialect. SMB 1 is never spoken.
    public enum Dialect: String, Hashable, Sendable, CaseIterable {
        case smb202 = "2.0.2"
        case smb210 = "2.1"
        case smb300 = "3.0"
        case smb302 = "3.0.2"
        case smb311 = "3.1.1"
    }

    public enum Workers: Hashable, Sendable {
        /// As many within the range as the measured throughput says, beginning with `start`.
        case automatic(ClosedRange<Int>, start: Int)
        case fixed(Int)

        /// What measuring showed to be enough for any round trip .
        public static let auto = Workers.automatic(2...32, start: 8)
    }

    /// However many workers somebody asks for.
    static let mostWorkersEver = 128

    /// A name or an IP address; an IPv6 address without brackets.
    public var host: String
    public var port: UInt16 = 445
    public var share: String
    /// The folder below the share that is the source's root.
    public var path = SourcePath.root
    /// Empty for a guest.
    public var username = ""
    public var password = Secret("")
    public var domain = ""
    /// How long one request may take.
    public var timeout = Duration.seconds(10)
    /// How often to try again after a temporary error.
    public var retryAttempts = 3
    /// How long to wait before trying again; doubled for each further attempt, and varied a little.
    public var retryDelay = Duration.seconds(1)
    /// So long after it was begun an operation fails at the latest, and until then temporary errors are tried again every second or two, in place
    /// of ``retryAttempts``. Nil for work that can be left and done later.
    public var endurance: Duration?
    /// Asking for encryption makes libsmbclient sign as well. With `off` the connection is still encrypted where the server insists.
    public var encryption = Level.ifOffered
    public var signing = Level.ifOffered
    public var minimumDialect = Dialect.smb202
    public var maximumDialect = Dialect.smb311
    /// Most connections at a time, for everything.
    public var connectionPoolSize = 32
    public var maxWorkers = Workers.auto
    /// Most bytes per second over all connections together; nil for no limit.
    public var bytesPerSecond: Int?
    /// Most address space of one worker, in bytes; 0 for no limit. A folder of 1 million files takes about 520 MB while it is listed.
    public var memoryPerWorker = 1 << 30
    /// Entries in a page of a listing.
    public var pageSize = 1000
    /// The worker program; nil to look next to this program, and in the environment's `FILEROOM_SMB_WORKER`.
    public var workerProgram: String?

    public init(host: String, share: String) {
        (self.host, self.share) = (host, share)
    }

    /// Most connections that may be open at a time.
    var mostWorkers: Int {
        switch maxWorkers {
        case .automatic(let range, _): max(1, min(connectionPoolSize, range.upperBound))
        case .fixed(let count): max(1, min(connectionPoolSize, count, SMBOptions.mostWorkersEver))
        }
    }

    /// - Throws: ``SourceError`` for a host or share that cannot be named to libsmbclient.
    func check() throws(SourceError) {
        func invalid(_ message: String, _ suggestion: String) -> SourceError {
            SourceError(
                type: .system, code: "INVALID_OPTIONS", message: message, suggestion: suggestion, isRetryable: false, concernsSource: true)
        }
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte >= 0x80 || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
            }
        }
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET6, host, &address) == 1
        if host.isEmpty || !(isName || isAddress) { throw invalid("This is no host name: \(host)", "Use a name or an IP address.") }
        if share.isEmpty || share.utf8.contains(where: { $0 < 0x20 || [UInt8(ascii: "/"), UInt8(ascii: "\\")].contains($0) }) {
            throw invalid("This is no share's name: \(share)", "Use the name alone; folders below it belong into the path.")
        }
        if minimumDialect.order > maximumDialect.order {
            throw invalid("The lowest protocol is above the highest", "Leave the highest at 3.1.1.")
        }
        try path.check()
    }

    /// The text of the `smb.conf` that a worker reads.
    ///
    /// Source: `smb.conf(5)`.
    func clientConfiguration(home: String) -> String {
        let sign = [Level.off: "disabled", .ifOffered: "desired", .required: "required"][signing] ?? "required"
        return """
            [global]
              client min protocol = \(minimumDialect.configurationName)
              client max protocol = \(maximumDialect.configurationName)
              client signing = \(sign)
              unix charset = UTF-8
              name resolve order = host
              disable netbios = yes
              private dir = \(home)
              lock directory = \(home)
              state directory = \(home)
              cache directory = \(home)
              pid directory = \(home)
            """ + "\n"
    }
}

extension SMBOptions.Level {
    var wire: ShareConnection.Encryption {
        switch self {
        case .off: .off
        case .ifOffered: .ifOffered
        case .required: .required
        }
    }
}

extension SMBOptions.Dialect {
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    var configurationName: String {
        switch self {
        case .smb202: "SMB2_02"
        case .smb210: "SMB2_10"
        case .smb300: "SMB3_00"
        case .smb302: "SMB3_02"
        case .smb311: "SMB3_11"
        }
    }
}
