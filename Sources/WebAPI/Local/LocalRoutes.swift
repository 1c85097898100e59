internal import Backup
internal import Catalogue
internal import Configuration
internal import FileSource
internal import Foundation
internal import HTTPServer
public import Indexing
internal import SourceAccess

/// What only processes of this machine may ask of the one that owns the data folder: it reads their files and uses their passwords. Served on the
/// control socket alone.
public struct LocalRoutes: Sendable {
    private let service: IndexService
    private let begin: @Sendable (IndexOrder) async throws -> Int64
    private let isEnding: @Sendable () -> Bool

    /// - Parameters:
    ///   - begin: begins what an order asks for; ends early when the process is asked to end.
    ///   - isEnding: whether the process was asked to end. Whoever sent an order can then run it himself.
    public init(
        service: IndexService, begin: @escaping @Sendable (IndexOrder) async throws -> Int64, isEnding: @escaping @Sendable () -> Bool
    ) {
        (self.service, self.begin, self.isEnding) = (service, begin, isEnding)
    }

    public var routes: [APIRoute] { [order, metrics, export, backup] }

    // MARK: Orders

    /// As `IndexOrder` is encoded.
    private static let orderSchema = Schema.object(
        [.init("source", .string()), .init("full", .boolean), .init("allNames", .boolean)]
            + ["name", "workers", "method", "username", "passwordFile", "configuration", "password"].map {
                .init($0, .nullable(.string()), isOptional: true)
            })

    private var order: APIRoute {
        APIRoute(
            .post, "/local/orders", .local, rate: .unlimited, audit: .change("index.start"),
            Operation(
                "giveOrder", tag: "Local", "Indexes what the command line asks for, with its configuration and its password.",
                body: Self.orderSchema,
                answers: [.json(.accepted, .object([.init("job", .integer())]), "The job runs.")])
        ) { [begin, isEnding] request, _ in
            let order: IndexOrder = try request.body()
            do {
                return .json(.accepted, ["job": .integer(try await begin(order))])
            } catch {
                if isEnding() || error is JobBoardClosed {
                    throw Problem(.serviceUnavailable, "ENDING", "The process that owns the data folder is about to end.")
                }
                throw try Self.problem(error)
            }
        }
    }

    /// Statuses that tell the command line how to end: 404 no such source, 403 refused, 502 not reached, 422 wrongly asked.
    private static func problem(_ error: any Error) throws -> Problem {
        switch error {
        case let error as SourceError: Problem(status(of: error.type), error.code, error.description)
        case let error as SourceRefusal: Problem(status(of: error.reason), "SOURCE_REFUSED", error.description)
        case is ConfigurationError, is SourceAddressError, is PasswordError:
            Problem(.unprocessableContent, "ORDER_NOT_USABLE", String(describing: error))
        default: try Problem.of(error)
        }
    }

    private static func status(of type: SourceError.Class) -> HTTPStatus {
        switch type {
        case .authentication: .forbidden
        case .network: 502
        case .fileSystem: .notFound
        case .dicom, .system: .conflict
        }
    }

    private static func status(of reason: SourceRefusal.Reason) -> HTTPStatus {
        switch reason {
        case .wrongMethod, .noPassword: .unprocessableContent
        case .disabled, .unknown, .missingFolder, .notMounted: .notFound
        }
    }

    // MARK: Metrics

    private var metrics: APIRoute {
        APIRoute(
            .get, "/local/metrics", .local, rate: .unlimited,
            Operation(
                "getMetricsOfPlace", tag: "Local", "What the connections of a running job did.",
                parameters: [.query("url", .string(), "The source's URL, as the catalogue has it.")],
                answers: [.json(.ok, .nullable(.map(of: .number)), "The figures; null when no job reads the source over SMB.")])
        ) { [service] request, _ in
            let metrics = await service.metrics(ofSource: request.query["url"] ?? "")
            return .json(bytes: Array(try IndexStatus.makeEncoder().encode(metrics)))
        }
    }

    // MARK: Export

    /// Under the name that an export over HTTP has.
    private var export: APIRoute {
        APIRoute(
            .post, "/local/exports", .local, rate: .unlimited, audit: .change("catalogue.export"),
            Operation(
                "announceExport", tag: "Local",
                "Keeps in the audit trail that whoever asks is about to export the catalogue from its file.",
                parameters: [.query("format", .string(allowed: ExportFormat.allCases.map(\.rawValue)), "`json` unless given.")],
                answers: [.empty(.noContent, "It is kept.")])
        ) { _, _ in .empty() }
    }

    // MARK: Backup

    private var backup: APIRoute {
        struct Order: Decodable { let destination: String }
        return APIRoute(
            .post, "/api/backup", .local, rate: .unlimited, audit: .change("backup"),
            Operation(
                "backUp", tag: "Local", "Copies databases and keys into a folder of this machine, while everybody works on.",
                body: .object([
                    .init("destination", .string(pattern: "^/", words: "an absolute path"), "An absolute path; is made, or must be empty.")
                ]),
                answers: [.json(.created, .map(of: .string()), "The backup is whole: its manifest.")])
        ) { [service] request, _ in
            let order: Order = try request.body()
            let (folder, time) = (service.folder, Date().formatted(JobBoard.timeFormat))
            do {
                let manifest = try await onOwnThread { try Backup.make(of: folder, in: order.destination, time: time).manifest }
                return .json(.created, bytes: Array(try IndexStatus.makeEncoder().encode(manifest)))
            } catch let error as BackupError {
                throw Problem(.conflict, "BACKUP_FAILED", error.description)
            }
        }
    }
}

/// Runs something that waits off the cooperative pool.
private func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
        Thread.detachNewThread { done.resume(with: Result(catching: body)) }
    }
}
