public import Configuration
internal import FileSource
internal import Foundation
public import SourceAccess

/// From an order to a job on the source that it means: what is configured, with the order's wishes on top.
public struct JobOpening: Sendable {
    private let source: SourceConfiguration
    private let opening: SourceOpening
    /// What was ordered.
    public let order: IndexOrder

    /// Finds the source in the configuration file that the order names.
    ///
    /// - Throws: errors of the configuration; `SourceRefusal` for a source that is switched off.
    public init(_ order: IndexOrder, connections: SourceConnections) throws {
        let configuration = try order.configuration.map { try FileroomConfiguration(file: $0) } ?? FileroomConfiguration()
        let source = try configuration.source(for: order.source, workingDirectory: FileManager.default.currentDirectoryPath)
        try self.init(order, of: source, connections: connections)
    }

    /// - Parameter source: what the order's source means.
    /// - Throws: `SourceRefusal` for a source that is switched off.
    public init(_ order: IndexOrder, of source: SourceConfiguration, connections: SourceConnections) throws(SourceRefusal) {
        var source = source
        if let workers = order.workers.flatMap(WorkerCount.init) { source.tuning = source.tuning.with(workers: workers) }
        if let method = order.method.flatMap(EnumerationMethod.init) { source.enumerationMethod = method }
        if let username = order.username { source.username = username }
        if order.allNames { source.nameFilter.includesAllNames = true }
        opening = try SourceOpening(source, password: order.password ?? "", connections: connections)
        (self.order, self.source) = (order, source)
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

    /// - Throws: as `SourceOpening.open()`.
    public func open() async throws -> OpenedSource { try await opening.open() }
}
