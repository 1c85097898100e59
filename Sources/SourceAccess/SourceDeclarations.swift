public import Configuration

/// A source that somebody declared, so that it can be indexed by its name.
public struct ConfiguredSource: Sendable {
    /// Where it is declared.
    public enum Origin: String, Sendable {
        /// In `config.json`.
        case configuration = "config"
        /// Through the API.
        case ledger
    }

    /// With its password as ``SourceConfiguration/password``, when it has one.
    public var configuration: SourceConfiguration
    public var origin: Origin
    /// The file that declares it, an absolute path, so that another process can continue its jobs; nil for the ledger's.
    public var file: String?
    /// What was declared, without the password: a JSON object with config.json's keys. Only the ledger's have it.
    public var declaration: [UInt8]?

    public init(_ configuration: SourceConfiguration, origin: Origin, file: String? = nil, declaration: [UInt8]? = nil) {
        (self.configuration, self.origin, self.file, self.declaration) = (configuration, origin, file, declaration)
    }

    /// The source's identity in the catalogue.
    public var url: String { configuration.address.canonicalURL }
}

/// Where it can be learned which sources there are.
public protocol SourceDeclarations: Sendable {
    /// Every declared source, those that are switched off included. Names and places are each there once.
    func declaredSources() async throws -> [ConfiguredSource]
}

/// What does not change while the program runs.
public struct FixedDeclarations: SourceDeclarations {
    private let sources: [ConfiguredSource]

    public init(_ sources: [ConfiguredSource]) { self.sources = sources }

    /// The sources of a configuration.
    ///
    /// - Parameter file: an absolute path.
    public init(_ configuration: FileroomConfiguration, file: String?) {
        sources = configuration.sources.map { ConfiguredSource($0, origin: .configuration, file: file) }
    }

    public func declaredSources() -> [ConfiguredSource] { sources }
}

extension [ConfiguredSource] {
    /// The source that a text means: a name, or else the place that it is.
    public func source(_ text: String) -> ConfiguredSource? {
        if let named = first(where: { $0.configuration.name == text })
            ?? first(where: { $0.configuration.name.lowercased() == text.lowercased() })
        {
            return named
        }
        guard text.contains("/"), let address = try? SourceAddress(argument: text, workingDirectory: "/") else { return nil }
        return first { $0.url == address.canonicalURL }
    }
}
