internal import Configuration
public import FileSource
internal import Synchronization

/// Sources for people's downloads: opened at the first use, closed some time after the last, on connections that indexing leaves free.
public final class DownloadSources: Sendable {
    private let declarations: any SourceDeclarations
    private let environment: [String: String]
    private let connections: SourceConnections
    private let idle: Duration
    private let sources = Mutex<[String: DownloadSource]>([:])

    /// - Parameters:
    ///   - environment: where passwords may be found.
    ///   - connections: what is shared with indexing: `IndexService.connections` where there is one.
    ///   - idle: so long after its last use a source's connections end.
    public init(
        _ declarations: any SourceDeclarations, environment: [String: String] = [:],
        connections: SourceConnections = SourceConnections(), idle: Duration = .seconds(60)
    ) {
        (self.declarations, self.environment) = (declarations, environment)
        (self.connections, self.idle) = (connections, idle)
    }

    /// The source that is declared for a place: the same for all who ask, until its declaration changes.
    ///
    /// - Parameter url: as in the catalogue's `source.url`.
    /// - Throws: ``SourceRefusal`` when it is no longer declared; errors of the declarations. Connecting comes later: its errors are thrown by what
    ///   the source is asked to do.
    public func source(url: String) async throws -> any FileSource {
        guard let declared = try await declarations.declaredSources().first(where: { $0.url == url }) else {
            throw SourceRefusal(.unknown, "The source \(url) is not declared any more. Declare it again to read from it.")
        }
        return sources.withLock { sources in
            if let known = sources[url], known.configuration == declared.configuration { return known }
            // One that is replaced ends when those who have it are done.
            let source = DownloadSource(declared.configuration, environment: environment, connections: connections, idle: idle)
            sources[url] = source
            return source
        }
    }

    /// What the connections of a source did since they were opened last; nil when there are none now.
    public func metrics(url: String) -> SMBMetrics? { sources.withLock { $0[url] }?.metrics }

    /// Ends all connections; what is under way throws.
    public func close() async {
        let open = sources.withLock { sources in
            defer { sources = [:] }
            return Array(sources.values)
        }
        for source in open { await source.close() }
    }
}
