import Backup
import CommandLineInterface
import FileSource
import Foundation
import HTTPServer
import Indexing
import WebAPI

/// What only processes of this machine may ask of the one that owns the data folder: it reads their files and uses their passwords.
struct LocalRoutes: Sendable {
    let service: IndexService
    /// Runs something that ends when the process is asked to.
    let signals: SignalWatch

    var routes: [APIRoute] {
        [
            APIRoute(
                .post, "/local/orders", .local, rate: .unlimited,
                Operation(
                    "giveOrder", tag: "local", "Indexes what the command line asks for, with its configuration and password",
                    body: .map(of: .nullable(.string())), answers: [.json(.accepted, .object([.init("job", .integer())]), "The job was begun")])
            ) { request, _ in try await order(request) },
            APIRoute(
                .get, "/local/metrics", .local, rate: .unlimited,
                Operation(
                    "metricsOfSource", tag: "local", "What the connections of a running job did, by the source's URL",
                    parameters: [.query("url", .string(), "The source's URL, as the catalogue has it")],
                    answers: [.json(.map(of: .number), "The figures; null when no job reads the source over SMB")])
            ) { request, _ in try await metrics(request) },
            APIRoute(
                .post, "/api/backup", .local, rate: .unlimited,
                Operation(
                    "backUp", tag: "local", "Copies databases and keys into a folder of this machine",
                    body: .object([.init("destination", .string())]),
                    answers: [.json(.created, .reference("Backup"), "The backup is whole")])
            ) { request, _ in try await backUp(request) },
        ]
    }

    // MARK: Orders

    private static let orderPath = ["local", "orders"]
    private static let mostBytes = 64 << 10

    private struct Begun: Codable { var job: Int64 }

    /// Hands an order to the process that owns the data folder, which may take as long as a share takes to answer.
    ///
    /// - Returns: the job's number.
    /// - Throws: ``OwnerGone`` when that process takes no orders; ``Failure``.
    static func hand(_ order: IndexOrder, to owner: any APIClient) async throws -> Int64 {
        var call = try APICall("POST", orderPath)
        call.body = try JSONEncoder().encode(order)
        (call.mayTakeLong, call.isRepeatable) = (true, true)
        return try await owner.answer(call).decoded(as: Begun.self).job
    }

    private func order(_ request: Request) async throws -> Response {
        let json = String(decoding: try await request.body.collect(upTo: Self.mostBytes), as: UTF8.self)
        do {
            let order = try IndexOrder(json: json)
            let job = try await signals.stoppable { [service] in try await service.start(asGiven: order) }
            return Response(.accepted, contentType: "application/json", bytes: Array(try JSONEncoder().encode(Begun(job: job))))
        } catch {
            // Whoever sent the order can run it when this process has ended.
            if signals.isStopped || error is JobBoardClosed {
                throw Problem(.serviceUnavailable, APIProblem.ending, "The process that owns the data folder is about to end.")
            }
            throw Self.problem(Failure(error))
        }
    }

    /// Such that ``Failure/init(_:)-(APIProblem)`` makes the same of it.
    private static func problem(_ failure: Failure) -> Problem {
        switch failure.exitCode {
        case .usage: Problem(.unprocessableContent, "ORDER_NOT_USABLE", failure.text)
        case .noSuchSource: Problem(.notFound, "NO_SUCH_SOURCE", failure.text)
        case .unreachable: Problem(HTTPStatus(rawValue: 502), "SOURCE_UNREACHABLE", failure.text)
        case .refused: Problem(.forbidden, "SOURCE_REFUSED", failure.text)
        case .done, .failure, .paused: Problem(.conflict, "ORDER_FAILED", failure.text)
        }
    }

    // MARK: Metrics

    /// Asks the process that owns the data folder.
    ///
    /// - Returns: nil when there is none, or it does not read the source over SMB.
    static func metrics(ofSource url: String, _ folder: DataFolder) async throws -> SMBMetrics? {
        let call = try APICall("GET", ["local", "metrics"], query: [("url", url)])
        return try await Context.ifOwned(folder) { try await $0.answer(call).decoded(as: SMBMetrics?.self) } ?? nil
    }

    private func metrics(_ request: Request) async throws -> Response {
        let metrics = await service.metrics(ofSource: request.query["url"] ?? "")
        return Response(contentType: "application/json", bytes: Array(try IndexStatus.makeEncoder().encode(metrics)))
    }

    // MARK: Backup

    private func backUp(_ request: Request) async throws -> Response {
        struct Order: Decodable { var destination: String }
        guard let order = try? JSONDecoder().decode(Order.self, from: Data(try await request.body.collect(upTo: Self.mostBytes))),
            order.destination.hasPrefix("/")
        else { throw Problem(.unprocessableContent, "INVALID_BODY", "`destination` must be an absolute path.") }
        do {
            let folder = service.folder
            let backup = try await blocking {
                try Backup.make(of: folder, in: order.destination, time: Date().formatted(JobBoard.timeFormat))
            }
            let json = try IndexStatus.makeEncoder().encode(backup.manifest)
            return Response(.created, contentType: "application/json", bytes: Array(json))
        } catch {
            throw Self.problem(Failure(error))
        }
    }
}
