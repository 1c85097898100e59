public import Configuration
public import FileSource
internal import Foundation

/// From an order to the source that it means: what is configured with the order's wishes on top, and the method that is best.
public struct SourceOpening: Sendable {
    private let source: SourceConfiguration
    /// What was ordered.
    public let order: IndexOrder

    /// Finds the source in the configuration file that the order names.
    ///
    /// - Throws: errors of the configuration; ``SourceRefusal`` for a source that is switched off.
    public init(_ order: IndexOrder) throws {
        let configuration = try order.configuration.map { try FileroomConfiguration(file: $0) } ?? FileroomConfiguration()
        let source = try configuration.source(for: order.source, workingDirectory: FileManager.default.currentDirectoryPath)
        try self.init(order, of: source)
    }

    /// - Parameter source: what the order's source means.
    /// - Throws: ``SourceRefusal`` for a source that is switched off.
    public init(_ order: IndexOrder, of source: SourceConfiguration) throws(SourceRefusal) {
        self.order = order
        var source = source
        try Self.refuseDisabled(source)
        if let workers = order.workers.flatMap(WorkerCount.init) { source.tuning = source.tuning.with(workers: workers) }
        if let method = order.method.flatMap(EnumerationMethod.init) { source.enumerationMethod = method }
        if let username = order.username { source.username = username }
        if order.allNames { source.nameFilter.includesAllNames = true }
        self.source = source
    }

    /// Also called before a password is asked for, which nobody would need.
    public static func refuseDisabled(_ source: SourceConfiguration) throws(SourceRefusal) {
        guard source.isEnabled else {
            throw SourceRefusal(
                .disabled,
                "The source \(source.name) is switched off in the configuration (\"enabled\": false). Switch it on there to index it.")
        }
    }

    /// The source's identity in the catalogue.
    public var url: String { source.address.canonicalURL }

    /// The name for the catalogue; nil when nobody gave one.
    public var name: String? {
        order.name ?? (source.name == source.address.canonicalURL ? nil : source.name)
    }

    /// - Parameter full: read unchanged files again as well.
    public func settings(full: Bool) -> JobSettings {
        let filter = source.nameFilter
        return JobSettings(
            filter: NameFilter(
                extensions: filter.extensions, acceptsNamesWithoutExtension: filter.includesNamesWithoutExtension,
                acceptsAllNames: filter.includesAllNames),
            readAll: full, defaultIssuer: source.defaultIssuer ?? "", mostMissingPercent: Double(source.massDisappearancePercent),
            chunkSize: source.chunkSize)
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
            let options = SMBOptions(source, share, password: order.password ?? "")
            let mount = source.mountPath ?? MountTable.localPath(of: options)
            switch source.enumerationMethod {
            case .smb:
                return OpenedSource(source: try SMBSource(options), method: "smb", reason: "asked for")
            case .local:
                guard let mount else {
                    throw SourceRefusal(
                        .notMounted,
                        "\(share.canonicalURL) is not mounted on this machine. Mount it, give its `mount_path` in the "
                            + "configuration, or use --method smb."
                    )
                }
                return OpenedSource(source: local(mount), method: "local", reason: "asked for; mounted at \(mount)")
            case .automatic:
                guard let mount else {
                    return OpenedSource(source: try SMBSource(options), method: "smb", reason: "the share is not mounted here")
                }
                return try await choose(between: options, and: mount)
            }
        }
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
        let (smb, mounted) = (try SMBSource(options), local(mount))
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
