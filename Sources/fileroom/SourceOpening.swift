import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Indexing

/// From an order to the source that it means: the configuration with the command line's wishes on top, and the method that is best.
struct SourceOpening {
    private let source: SourceConfiguration
    private let order: IndexOrder

    /// - Throws: errors of the configuration; ``Failure`` for a source that is switched off.
    init(_ order: IndexOrder) throws {
        self.order = order
        let configuration = try order.configuration.map { try FileroomConfiguration(file: $0) } ?? FileroomConfiguration()
        var source = try configuration.source(for: order.source, workingDirectory: FileManager.default.currentDirectoryPath)
        try Self.refuseDisabled(source)
        if let workers = order.workers.flatMap(WorkerCount.init) { source.tuning = source.tuning.with(workers: workers) }
        if let method = order.method.flatMap(EnumerationMethod.init) { source.enumerationMethod = method }
        if let username = order.username { source.username = username }
        if order.allNames { source.nameFilter.includesAllNames = true }
        self.source = source
    }

    /// Also called before a password is asked for, which nobody would need.
    static func refuseDisabled(_ source: SourceConfiguration) throws {
        guard source.isEnabled else {
            throw Failure(
                "The source \(source.name) is switched off in the configuration (\"enabled\": false). Switch it on there to index it.",
                .noSuchSource)
        }
    }

    /// The source's identity in the catalogue.
    var url: String { source.address.canonicalURL }

    /// The name for the catalogue; nil when nobody gave one.
    var name: String? {
        order.name ?? (source.name == source.address.canonicalURL ? nil : source.name)
    }

    func settings(full: Bool) -> JobSettings {
        let filter = source.nameFilter
        return JobSettings(
            filter: Indexing.NameFilter(
                extensions: filter.extensions, acceptsNamesWithoutExtension: filter.includesNamesWithoutExtension,
                acceptsAllNames: filter.includesAllNames),
            readAll: full, defaultIssuer: source.defaultIssuer ?? "", mostMissingPercent: Double(source.massDisappearancePercent),
            chunkSize: source.chunkSize)
    }

    /// Opens the source by the configured method; `auto` measures where there is a choice.
    func open() async throws -> OpenedSource {
        switch source.address {
        case .folder(let path):
            if source.enumerationMethod == .smb { throw Failure("\(path) is a folder: the method smb needs an smb:// source.", .usage) }
            guard FileManager.default.fileExists(atPath: path) else {
                throw Failure("There is no folder \(path). Is it mounted?", .noSuchSource)
            }
            return OpenedSource(source: local(path), method: "local", reason: "the source is a folder")
        case .smb(let share):
            let options = SMBOptions(source, share, password: order.password ?? "")
            let mount = source.mountPath ?? MountTable.localPath(of: options)
            switch source.enumerationMethod {
            case .smb:
                return OpenedSource(source: try SMBSource(options), method: "smb", reason: "asked for")
            case .local:
                guard let mount else {
                    throw Failure(
                        "\(share.canonicalURL) is not mounted on this machine. Mount it, give its `mount_path` in the configuration, or use --method smb.",
                        .noSuchSource)
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
            reason = "measured \(Quantity.rate(one.filesPerSecond)) over SMB and \(Quantity.rate(other.filesPerSecond)) at \(mount)"
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
    init(_ source: SourceConfiguration, _ share: SMBAddress, password: String) {
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
