internal import Catalogue
internal import Configuration
internal import Foundation
internal import Indexing
internal import SourceAccess

/// A source as the API tells it.
struct SourceAnswer {
    let configuration: SourceConfiguration
    /// `config`, `ledger` or `catalogue`.
    let origin: String
    /// See ``ConfiguredSource/declaration``.
    var declaration: [UInt8]?
    var nextRun: Date?
    var lastJob: StoredJob?
    var known: CatalogueSource?

    func json() throws -> JSON {
        let source = configuration
        let workers: JSON =
            switch source.tuning.workers {
            case .automatic: "auto"
            case .fixed(let count): .integer(count)
            }
        let place = place
        return .object([
            ("id", .string(source.name)), ("name", .string(source.name)), ("origin", .string(origin)),
            ("is_enabled", .boolean(source.isEnabled)),
            ("type", .string(place.type)), ("url", .string(source.address.canonicalURL)), ("host", .string(place.host)),
            ("port", .integer(place.port)), ("share", .string(place.share)), ("path", .string(place.path)),
            ("username", .string(source.username.isEmpty ? nil : source.username)), ("domain", .string(source.domain)),
            ("has_password", .boolean(source.password != nil)), ("mount_path", .string(source.mountPath)),
            ("performance_mode", .string(source.performanceMode.rawValue)), ("max_workers", workers),
            ("enumeration_method", .string(source.enumerationMethod.rawValue)), ("encryption", .string(source.encryption.rawValue)),
            ("signing", .string(source.signing.rawValue)), ("default_issuer", .string(source.defaultIssuer)),
            ("schedule", .string(source.schedule?.description)), ("watch", .boolean(source.isWatched)),
            ("next_run_at", .time(nextRun?.timeIntervalSince1970)), ("last_job", try lastJob.map { try .snakeCase($0) } ?? .null),
            ("series_count", .integer(known?.seriesCount ?? 0)), ("file_count", .integer(known?.fileCount ?? 0)),
            ("declaration", declaration.map { .written($0) } ?? .null),
        ])
    }

    private var place: (type: String, host: String?, port: Int?, share: String?, path: String) {
        switch configuration.address {
        case .folder(let path): ("local", nil, nil, nil, path)
        case .smb(let share): ("smb", share.host, share.port, share.share, share.path)
        }
    }
}
