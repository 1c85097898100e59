public import Configuration
public import FileSource

extension SMBOptions {
    /// The configuration in the terms of the SMB source.
    public init(_ source: SourceConfiguration, _ share: SMBAddress, password: String) {
        self.init(host: share.host, share: share.share)
        self.path = SourcePath(share.path)
        self.username = source.username
        self.password = .init(password)
        self.domain = source.domain ?? ""
        if let port = UInt16(exactly: share.port) { self.port = port }
        timeout = source.timeout
        retryAttempts = source.retryAttempts
        retryDelay = source.retryDelay
        encryption = Self.level(source.encryption)
        signing = Self.level(source.signing)
        connectionPoolSize = source.tuning.connectionPoolSize
        maxWorkers =
            switch source.tuning.workers {
            case .automatic: .automatic(source.tuning.automaticWorkers, start: source.tuning.initialWorkers)
            case .fixed(let count): .fixed(count)
            }
        bytesPerSecond = source.tuning.bytesPerSecond
    }

    private static func level(_ protection: Protection) -> Level {
        switch protection {
        case .off: .off
        case .ifOffered: .ifOffered
        case .required: .required
        }
    }
}
