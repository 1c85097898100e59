internal import Cryptography
internal import SQLite

/// A source that was added through the API.
public struct DeclaredSource: Sendable, Hashable {
    public var name: String
    /// JSON: the keys of a source as `config.json` has them, without `name`, `password`, `schedule` and `watch`.
    public var configuration: String
    /// When it is scanned by itself, as cron writes it.
    public var schedule: String?
    /// Whether changes are watched for.
    public var isWatched: Bool
    public internal(set) var hasPassword = false
    public internal(set) var createdAt: Double = 0
    public internal(set) var changedAt: Double = 0

    public init(name: String, configuration: String, schedule: String? = nil, isWatched: Bool = false) {
        (self.name, self.configuration, self.schedule, self.isWatched) = (name, configuration, schedule, isWatched)
    }
}

/// What becomes of a source's password.
public enum PasswordChange: Sendable {
    case keep
    case remove
    case set(String)
}

extension LedgerRows {
    private static let sourceColumns = "name, configuration, schedule, is_watched, password IS NOT NULL, created_at, changed_at"

    private func source(_ row: Statement) -> DeclaredSource {
        var source = DeclaredSource(
            name: row.text(0), configuration: row.text(1), schedule: row.optionalText(2), isWatched: row.integer(3) != 0)
        (source.hasPassword, source.createdAt, source.changedAt) = (row.integer(4) != 0, row.double(5), row.double(6))
        return source
    }

    func sources() throws -> [DeclaredSource] { try all("SELECT \(Self.sourceColumns) FROM source ORDER BY name", element: source) }

    /// - Throws: ``LedgerError`` noSuchSource.
    func knownSource(_ name: String) throws -> DeclaredSource {
        guard let source = try first("SELECT \(Self.sourceColumns) FROM source WHERE name = ?", .text(name), element: source) else {
            throw LedgerError(.noSuchSource, "There is no such source", "The page of sources shows those that there are.")
        }
        return source
    }

    func setPassword(of source: String, _ change: PasswordChange, key: SealingKey) throws {
        switch change {
        case .keep: break
        case .remove: try run("UPDATE source SET password = NULL WHERE name = ?", .text(source))
        case .set(let password):
            let sealed = try key.seal(Array(password.utf8), context: "source:\(source)")
            try run("UPDATE source SET password = ? WHERE name = ?", .blob(sealed), .text(source))
        }
    }
}

/// Sources that were added through the API. What they mean is for others to judge.
extension Ledger {
    /// All of them by name.
    ///
    /// - Throws: ``LedgerError``.
    public func declaredSources() async throws -> [DeclaredSource] { try await reader.read { try $0.sources() } }

    /// - Throws: ``LedgerError`` noSuchSource.
    public func declaredSource(named name: String) async throws -> DeclaredSource { try await reader.read { try $0.knownSource(name) } }

    /// A source's password, in clear: for the one who connects.
    ///
    /// - Throws: ``LedgerError``: noSuchSource; corrupt when what is kept cannot be opened.
    public func password(ofSource name: String) async throws -> String? {
        try await reader.read { [key] rows in
            guard try rows.knownSource(name).hasPassword else { return nil }
            let sealed = try rows.first("SELECT password FROM source WHERE name = ?", .text(name)) { $0.bytes(0) }
            guard let plain = sealed.flatMap({ key.open($0, context: "source:\(name)") }) else {
                throw LedgerError(.corrupt, "The source's password cannot be opened", "Set the password of this source again.")
            }
            return String(decoding: plain, as: UTF8.self)
        }
    }

    /// - Throws: ``LedgerError`` sourceExists.
    public func addSource(_ source: DeclaredSource, password: String?, by origin: AuditOrigin) async throws -> DeclaredSource {
        let time = now()
        return try await change(AuditEntry("source.create", object: source.name, by: origin)) { [key] rows in
            guard try rows.first("SELECT 1 FROM source WHERE name = ?", .text(source.name), element: { _ in true }) == nil else {
                throw LedgerError(.sourceExists, "There is a source of this name already", "Take another name.")
            }
            try rows.run(
                """
                INSERT INTO source(name, configuration, schedule, is_watched, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                """, .text(source.name), .text(source.configuration), .text(source.schedule), .integer(source.isWatched ? 1 : 0),
                .real(time))
            if let password { try rows.setPassword(of: source.name, .set(password), key: key) }
            return try rows.knownSource(source.name)
        }
    }

    /// Replaces a source's configuration, schedule and watching.
    ///
    /// - Throws: ``LedgerError`` noSuchSource.
    public func changeSource(_ source: DeclaredSource, password: PasswordChange = .keep, by origin: AuditOrigin) async throws
        -> DeclaredSource
    {
        let time = now()
        return try await change(AuditEntry("source.change", object: source.name, by: origin)) { [key] rows in
            _ = try rows.knownSource(source.name)
            try rows.run(
                "UPDATE source SET configuration = ?, schedule = ?, is_watched = ?, changed_at = ? WHERE name = ?",
                .text(source.configuration), .text(source.schedule), .integer(source.isWatched ? 1 : 0), .real(time), .text(source.name))
            try rows.setPassword(of: source.name, password, key: key)
            return try rows.knownSource(source.name)
        }
    }

    /// - Parameter detail: what the audit trail says besides.
    /// - Throws: ``LedgerError`` noSuchSource.
    public func removeSource(_ name: String, detail: String? = nil, by origin: AuditOrigin) async throws {
        try await change(AuditEntry("source.remove", object: name, detail: detail, by: origin)) { rows in
            _ = try rows.knownSource(name)
            try rows.run("DELETE FROM source WHERE name = ?", .text(name))
        }
    }
}
