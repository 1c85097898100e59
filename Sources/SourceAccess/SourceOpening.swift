public import Configuration
public import FileSource

/// A source that has been opened, and how it is read.
public struct OpenedSource: Sendable {
    public let source: any FileSource
    /// `smb` or `local`.
    public let method: String
    /// Why this method.
    public let reason: String

    public init(source: any FileSource, method: String, reason: String) {
        (self.source, self.method, self.reason) = (source, method, reason)
    }
}

/// From what is configured to a source that can be read, by the method that is best.
public struct SourceOpening: Sendable {
    /// What is opened.
    public let source: SourceConfiguration
    private let password: String
    private let connections: SourceConnections

    /// - Parameters:
    ///   - password: of the source's user; empty for a guest.
    ///   - connections: whose limits hold, over everything that reads the source.
    /// - Throws: ``SourceRefusal`` for a source that is switched off.
    public init(_ source: SourceConfiguration, password: String, connections: SourceConnections) throws(SourceRefusal) {
        try Self.refuseDisabled(source)
        (self.source, self.password, self.connections) = (source, password, connections)
    }

    /// Also called before a password is asked for, which nobody would need.
    public static func refuseDisabled(_ source: SourceConfiguration) throws(SourceRefusal) {
        guard source.isEnabled else {
            throw SourceRefusal(
                .disabled,
                "The source \(source.name) is switched off in the configuration (\"enabled\": false). Switch it on there to index it.")
        }
    }

    /// Opens the source by the configured method; `auto` measures where there is a choice.
    ///
    /// - Throws: ``SourceRefusal`` for a method that cannot be; `SourceError` of a source that cannot be reached when it was measured.
    public func open() async throws -> OpenedSource {
        switch source.address {
        case .folder(let path):
            if source.enumerationMethod == .smb {
                throw SourceRefusal(.wrongMethod, "\(path) is a folder: the method smb needs an smb:// source.")
            }
            try SourceRefusal.refuseMissing(folder: path)
            return OpenedSource(source: local(path), method: "local", reason: "the source is a folder")
        case .smb(let share):
            let options = SMBOptions(source, share, password: password)
            let mount = source.mountPath ?? MountTable.localPath(of: options)
            switch source.enumerationMethod {
            case .smb:
                return OpenedSource(source: try smb(options), method: "smb", reason: "asked for")
            case .local:
                guard let mount else {
                    throw SourceRefusal.notMounted(share)
                }
                return OpenedSource(source: local(mount), method: "local", reason: "asked for; mounted at \(mount)")
            case .automatic:
                guard let mount else {
                    return OpenedSource(source: try smb(options), method: "smb", reason: "the share is not mounted here")
                }
                return try await choose(between: options, and: mount)
            }
        }
    }

    private func smb(_ options: SMBOptions) throws(SourceError) -> SMBSource {
        let pool = connections.pool(of: source.address.canonicalURL, size: options.connectionPoolSize)
        return try SMBSource(options, connections: pool)
    }

    private func local(_ path: String) -> LocalFileSource {
        let threads: Int? =
            switch source.tuning.workers {
            case .automatic: nil
            case .fixed(let count): count
            }
        return LocalFileSource(path: path, threads: threads, retryAttempts: source.retryAttempts, retryDelay: source.retryDelay)
    }

    /// Reads a few folders and headers both ways, and takes the faster; one that fails leaves the other.
    private func choose(between options: SMBOptions, and mount: String) async throws -> OpenedSource {
        let (smb, mounted) = (try smb(options), local(mount))
        let overSMB = await Result { try await SourceSample.take(smb) }
        let overMount = await Result { try await SourceSample.take(mounted) }
        if Task.isCancelled {
            // Whatever failed says nothing about the method.
            await smb.close()
            await mounted.close()
            throw CancellationError()
        }
        let takesSMB: Bool
        let reason: String
        switch (overSMB, overMount) {
        case (.success(let one), .success(let other)):
            takesSMB = one.filesPerSecond >= other.filesPerSecond
            reason = "measured \(Self.rate(one)) over SMB and \(Self.rate(other)) at \(mount)"
        case (.success, .failure(let error)):
            (takesSMB, reason) = (true, "the mount \(mount) cannot be read: \(error)")
        case (.failure(let error), .success):
            (takesSMB, reason) = (false, "SMB failed: \(error)")
        case (.failure(let error), .failure):
            await smb.close()
            await mounted.close()
            throw error
        }
        await (takesSMB ? mounted as any FileSource : smb).close()
        return OpenedSource(source: takesSMB ? smb : mounted, method: takesSMB ? "smb" : "local", reason: reason)
    }

    private static func rate(_ sample: SourceSample) -> String { "\(Int(sample.filesPerSecond.rounded()))/s" }
}

extension Result where Failure == any Error {
    /// What an asynchronous operation came to.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
