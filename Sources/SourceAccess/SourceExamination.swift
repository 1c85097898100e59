public import Configuration
public import FileSource

/// Looks at a source without indexing it: what `source test`, `suggest` and `metrics` tell.
public struct SourceExamination: Sendable {
    /// What a folder's sample showed.
    public struct FolderReport: Codable, Hashable, Sendable {
        public let path: String
        public let sampledFiles: Int
        public let headersPerSecond: Double
    }

    /// What was found.
    public enum Report: Encodable, Sendable {
        case folder(FolderReport)
        case share(SMBReport)

        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .folder(let report): try report.encode(to: encoder)
            case .share(let report): try report.encode(to: encoder)
            }
        }
    }

    private enum Subject: Sendable {
        case folder(String)
        case share(SMBOptions)
    }
    private let subject: Subject

    /// - Parameter password: of the source's user; empty for a guest.
    public init(_ source: SourceConfiguration, password: String) {
        switch source.address {
        case .folder(let path): subject = .folder(path)
        case .smb(let share): subject = .share(SMBOptions(source, share, password: password))
        }
    }

    /// Tries everything that indexing needs, and measures it on a small part of the source. A wrong password is tried once.
    ///
    /// - Throws: ``SourceRefusal`` for a folder that is not there, `SourceError` for one that cannot be read. What is wrong with a share is in
    ///   the report.
    public func test() async throws -> Report {
        switch subject {
        case .folder(let path): .folder(try await Self.sample(path))
        case .share(let options): .share(try await Self.examine(options).report)
        }
    }

    /// What would make the source faster or safer to read; empty when nothing would.
    ///
    /// - Throws: as ``test()``.
    public func suggestions() async throws -> (report: Report, advice: [Suggestion]) {
        switch subject {
        case .folder(let path):
            let advice = Suggestion(
                code: "none", text: "A folder is read by the kernel; there is nothing to set. Its speed is that of its disk or mount.")
            return (.folder(try await Self.sample(path)), [advice])
        case .share(let options):
            let (report, metrics) = try await Self.examine(options)
            return (.share(report), report.suggestions(for: options, metrics: metrics, localPath: MountTable.localPath(of: options)))
        }
    }

    /// The figures of a short test; nil for a folder, which has no connections.
    public func metrics() async throws -> (report: SMBReport, metrics: SMBMetrics)? {
        guard case .share(let options) = subject else { return nil }
        return try await Self.examine(options)
    }

    private static func sample(_ path: String) async throws -> FolderReport {
        try SourceRefusal.refuseMissing(folder: path)
        let source = LocalFileSource(path: path)
        do {
            let sample = try await SourceSample.take(source)
            await source.close()
            return FolderReport(path: path, sampledFiles: sample.files, headersPerSecond: sample.filesPerSecond)
        } catch {
            await source.close()
            throw error
        }
    }

    private static func examine(_ options: SMBOptions) async throws -> (report: SMBReport, metrics: SMBMetrics) {
        let source = try SMBSource(options)
        do {
            let report = try await source.test()
            let metrics = source.metrics
            await source.close()
            return (report, metrics)
        } catch {
            await source.close()
            throw error
        }
    }
}
