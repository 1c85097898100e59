public import Configuration
internal import HTTPServer
public import Ledger
public import SourceAccess
internal import Synchronization

/// Every declared source: those of `config.json`, which stay as they are, and those of the ledger.
public final class SourceRegister: SourceDeclarations {
    private let known: Mutex<[ConfiguredSource]>
    private let ledger: Ledger
    private var configured: [ConfiguredSource] { known.withLock { $0 } }

    /// - Parameter file: the configuration's path, absolute; nil when there is none.
    public init(_ configuration: FileroomConfiguration, file: String?, ledger: Ledger) {
        known = Mutex(Self.sources(of: configuration, file: file))
        self.ledger = ledger
    }

    /// Takes what the configuration says now.
    ///
    /// - Parameter file: as for ``init(_:file:ledger:)``.
    public func reload(_ configuration: FileroomConfiguration, file: String?) {
        known.withLock { $0 = Self.sources(of: configuration, file: file) }
    }

    private static func sources(of configuration: FileroomConfiguration, file: String?) -> [ConfiguredSource] {
        configuration.sources.map { ConfiguredSource($0, origin: .configuration, file: file) }
    }

    public func declaredSources() async throws -> [ConfiguredSource] {
        var sources = configured
        for stored in try await ledger.declaredSources() {
            // What another version accepted and this one does not can only be removed.
            guard let declaration = try? SourceDeclaration(json: Array(stored.configuration.utf8)) else { continue }
            var source = declaration.source
            guard Self.clash(source, with: configured) == nil else { continue }
            if stored.hasPassword { source.password = try await password(of: stored) }
            sources.append(ConfiguredSource(source, origin: .ledger, declaration: declaration.json))
        }
        return sources
    }

    /// One that cannot be opened any more is as good as none, and is to be set again; the other sources have nothing to do with it.
    private func password(of stored: DeclaredSource) async throws -> PasswordOrigin? {
        do {
            return try await ledger.password(ofSource: stored.name).map { .value(Secret($0)) }
        } catch let error as LedgerError where error.code == .corrupt {
            return nil
        }
    }

    /// The one that has the same name or is the same place.
    private static func clash(_ source: SourceConfiguration, with others: [ConfiguredSource]) -> ConfiguredSource? {
        others.first { other in
            other.configuration.name.lowercased() == source.name.lowercased()
                || other.configuration.address.canonicalURL == source.address.canonicalURL
        }
    }

    /// The source of a name.
    ///
    /// - Throws: ``Problem`` 404.
    func source(_ name: String) async throws -> ConfiguredSource {
        let declared = try await declaredSources()
        guard let source = declared.first(where: { $0.configuration.name == name }) else { throw Self.unknown(name, among: declared) }
        return source
    }

    static func unknown(_ name: String, among declared: [ConfiguredSource]) -> Problem {
        Problem(.notFound, "UNKNOWN_SOURCE", SourceRefusal.unknown(name, among: declared).description)
    }

    // MARK: Changes

    /// - Throws: ``Problem`` 409 when there is one of that name or place; `ConfigurationError`, `LedgerError`.
    func add(_ json: [UInt8], by origin: AuditOrigin) async throws -> String {
        let declaration = try SourceDeclaration(json: json)
        try await refuseClash(declaration.source, except: nil)
        var password: String?
        if case .set(let secret) = declaration.password { password = secret.reveal() }
        do {
            return try await ledger.addSource(Self.stored(declaration), password: password, by: origin).name
        } catch let error as LedgerError where error.code == .sourceExists {
            throw Self.exists(declaration.source.name)
        }
    }

    /// - Parameter patch: a JSON merge patch.
    /// - Throws: ``Problem`` 404, 409, 422; `ConfigurationError`, `LedgerError`.
    func change(_ name: String, with patch: [UInt8], by origin: AuditOrigin) async throws {
        let stored = try await stored(name)
        let before = try SourceDeclaration(json: Array(stored.configuration.utf8))
        let after = try before.patched(with: patch, hasPassword: stored.hasPassword)
        guard after.source.name == name else {
            throw Problem(
                .unprocessableContent, "INVALID_BODY", "The body is not what is expected here.",
                errors: [.init(path: "$.name", message: "cannot be changed; declare another source and remove this one")])
        }
        try await refuseClash(after.source, except: name)
        let password: PasswordChange =
            switch after.password {
            case .unchanged: .keep
            case .removed: .remove
            case .set(let secret): .set(secret.reveal())
            }
        _ = try await ledger.changeSource(Self.stored(after), password: password, by: origin)
    }

    /// Removes a source, with one row in the audit trail whatever of it goes.
    ///
    /// - Parameters:
    ///   - isDeclared: whether the ledger has it; else only the catalogue knows it.
    ///   - forgetting: removes what the catalogue has of it; nil keeps that.
    /// - Throws: ``Problem`` 404, 409; `LedgerError`; what `forgetting` throws.
    func remove(_ name: String, isDeclared: Bool = true, forgetting: (() async throws -> Void)? = nil, by origin: AuditOrigin) async throws
    {
        if isDeclared { _ = try await stored(name) }
        var entry = AuditEntry("source.remove", object: name, detail: forgetting == nil ? nil : "forget=true", by: origin)
        do {
            if let forgetting {
                // It cannot be taken back with a row that could not be written.
                try await ledger.proveAudit()
                try await forgetting()
            }
        } catch {
            entry.outcome = Auditor.outcome(of: error)
            try await ledger.record(entry)
            throw error
        }
        if isDeclared {
            try await ledger.removeSource(name, detail: entry.detail, by: origin)
        } else {
            try await ledger.record(entry)
        }
    }

    /// Whether a source is one that can be changed here.
    ///
    /// - Throws: ``Problem`` 404 when nobody declares it, 409 when the configuration does.
    private func stored(_ name: String) async throws -> DeclaredSource {
        if configured.contains(where: { $0.configuration.name == name }) {
            throw Problem(
                .conflict, "SOURCE_IS_CONFIGURED", "\(name) is declared in config.json: change it there, and start the server again.")
        }
        do {
            return try await ledger.declaredSource(named: name)
        } catch let error as LedgerError where error.code == .noSuchSource {
            throw Self.unknown(name, among: configured)
        }
    }

    private func refuseClash(_ source: SourceConfiguration, except name: String?) async throws {
        let others = try await declaredSources().filter { $0.configuration.name != name }
        guard let other = Self.clash(source, with: others) else { return }
        throw Self.exists(other.configuration.name)
    }

    private static func exists(_ name: String) -> Problem {
        Problem(.conflict, "SOURCE_EXISTS", "The source \(name) has this name or is this place already.")
    }

    private static func stored(_ declaration: SourceDeclaration) -> DeclaredSource {
        DeclaredSource(
            name: declaration.source.name, configuration: String(decoding: declaration.json, as: UTF8.self),
            schedule: declaration.source.schedule?.description, isWatched: declaration.source.isWatched)
    }
}
