import Catalogue
import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Glibc
import Indexing

/// This process as the owner of a data folder: runs the jobs, and answers other processes over the control socket.
final class Owner: Sendable {
    let folder: DataFolder
    let catalogue: CatalogueWriter
    let board: JobBoard
    private let server: ControlServer
    private let signals: SignalWatch
    // Held for as long as the object lives.
    private let lock: DataFolderLock

    /// Takes the data folder, opens the catalogue and begins to listen.
    ///
    /// - Parameter prepare: what is to be done before the catalogue is opened, with the folder already taken.
    /// - Returns: nil when another process owns the folder.
    static func take(_ folder: DataFolder, prepare: (SignalWatch) async throws -> Void = { _ in }) async throws -> Owner? {
        try folder.create()
        guard let lock = try DataFolderLock.take(folder) else { return nil }
        let signals = SignalWatch()
        try await prepare(signals)
        let catalogue = try CatalogueWriter(path: folder.catalogue)
        return try Owner(folder: folder, lock: lock, catalogue: catalogue, signals: signals)
    }

    /// Does something as the owner of the data folder, or has the process do it that is.
    ///
    /// - Parameters:
    ///   - prepare: see ``take(_:prepare:)``.
    ///   - ask: gives nil when that process does not do it because it ends, or is not there yet.
    static func run<Value>(
        _ folder: DataFolder, prepare: (SignalWatch) async throws -> Void = { _ in }, own: (Owner) async throws -> Value,
        ask: () async throws -> Value?
    ) async throws -> Value {
        var patience = ContinuousClock.now + .seconds(10)
        while true {
            if let owner = try await take(folder, prepare: prepare) { return try await own(owner) }
            let asked = ContinuousClock.now
            if let value = try await ask() { return value }
            // It listened all that time.
            if ContinuousClock.now - asked > .seconds(1) { patience = .now + .seconds(10) }
            // It has the folder and takes no orders: it is about to begin to, or about to end.
            guard .now < patience else {
                throw Failure("Another process uses the data folder, but does not answer. See `fileroom status`.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private init(folder: DataFolder, lock: consuming DataFolderLock, catalogue: CatalogueWriter, signals: SignalWatch) throws {
        (self.folder, self.catalogue) = (folder, catalogue)
        let board = JobBoard(folder: folder, catalogue: catalogue) { Date().timeIntervalSince1970 }
        self.board = board
        self.lock = lock
        signals.steer(board)
        self.signals = signals
        server = try ControlServer(folder) { await Self.answer($0, board: board, catalogue: catalogue, signals: signals) }
    }

    deinit {
        server.close()
    }

    /// Whether a person or the system asked the process to end.
    var isStopped: Bool { signals.isStopped }

    // MARK: Jobs

    /// Begins, or continues, what an order asks for.
    ///
    /// - Returns: the job's number.
    /// - Throws: also when the process is asked to end meanwhile; see ``isStopped``.
    func start(_ order: IndexOrder) async throws -> Int64 {
        try await signals.stoppable { [board] in try await board.start(SourceOpening(order)) }
    }

    // MARK: Other processes

    private static func answer(
        _ request: ControlRequest, board: JobBoard, catalogue: CatalogueWriter, signals: SignalWatch
    ) async -> ControlReply {
        switch request.command {
        case "status":
            return ControlReply(status: await board.status)
        case "pause", "resume", "cancel":
            guard let wish = JobBoard.Wish(rawValue: request.command) else { break }
            let asked = await board.ask(wish, of: request.job)
            if asked.isEmpty {
                let error = request.job.map { "Job \($0) is not running here" } ?? "No job is running"
                return ControlReply(error: error, exitCode: ExitCode.noSuchSource.rawValue)
            }
            return ControlReply(jobs: asked)
        case "index":
            do {
                let order = try IndexOrder(json: request.order ?? "")
                return ControlReply(jobs: [try await signals.stoppable { try await board.start(SourceOpening(order)) }])
            } catch {
                let failure = Failure(error)
                // Whoever sent the order can run it when this process has ended.
                let isEnding = signals.isStopped || error is JobBoardClosed
                return ControlReply(error: failure.text, exitCode: failure.exitCode.rawValue, isEnding: isEnding)
            }
        case "metrics":
            return ControlReply(metrics: await board.metrics(ofSource: request.order ?? ""))
        case "confirm":
            guard let source = request.job else { break }
            do {
                return ControlReply(jobs: [Int64(try await catalogue.confirmMissing(source: source))])
            } catch {
                let failure = Failure(error)
                return ControlReply(error: failure.text, exitCode: failure.exitCode.rawValue)
            }
        default: break
        }
        return ControlReply(error: "The command \"\(request.command)\" is not known: are both programs of the same version?", exitCode: 64)
    }
}
