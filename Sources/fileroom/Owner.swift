import Catalogue
import CommandLineInterface
import Configuration
import Dispatch
import FileSource
import Foundation
import Glibc
import Indexing
import Synchronization

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
    /// - Parameter rebuild: set a damaged or newer catalogue aside first.
    /// - Returns: nil when another process owns the folder.
    static func take(_ folder: DataFolder, rebuild: Bool = false) throws -> Owner? {
        try folder.create()
        guard let lock = try DataFolderLock.take(folder) else { return nil }
        if rebuild, let aside = try CatalogueWriter.setAside(folder.catalogue, stamp: Self.stamp()) {
            Terminal.note("The old catalogue is kept as \(aside)")
        }
        let catalogue = try CatalogueWriter(path: folder.catalogue)
        return try Owner(folder: folder, lock: lock, catalogue: catalogue)
    }

    private static func stamp() -> String {
        String(Int(Date().timeIntervalSince1970))
    }

    private init(folder: DataFolder, lock: consuming DataFolderLock, catalogue: CatalogueWriter) throws {
        (self.folder, self.catalogue) = (folder, catalogue)
        let board = JobBoard(folder: folder, catalogue: catalogue) { Date().timeIntervalSince1970 }
        self.board = board
        self.lock = lock
        server = try ControlServer(folder) { await Self.answer($0, board: board, catalogue: catalogue) }
        signals = SignalWatch(board: board)
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
    func start(_ order: IndexOrder) async throws -> Int64 {
        try await Self.start(order, board: board, catalogue: catalogue)
    }

    private static func start(_ order: IndexOrder, board: JobBoard, catalogue: CatalogueWriter) async throws -> Int64 {
        let opening = try SourceOpening(order)
        let opened = try await opening.open()
        do {
            // A mistyped share is to leave no trace; one that is known and away now is to leave a failed job.
            if try await !catalogue.knows(url: opening.url) { try await opened.source.probe(retrying: false) }
            return try await board.start(
                JobOrder(url: opening.url, name: opening.name, options: try order.kept(), settings: opening.settings(full: order.full)),
                on: opened)
        } catch {
            await opened.source.close()
            throw error
        }
    }

    // MARK: Other processes

    private static func answer(_ request: ControlRequest, board: JobBoard, catalogue: CatalogueWriter) async -> ControlReply {
        switch request.command {
        case "status":
            return ControlReply(status: await board.status)
        case "pause", "resume", "cancel":
            guard let wish = JobBoard.Wish(rawValue: request.command) else { break }
            let asked = await board.ask(wish, of: request.job)
            if asked.isEmpty {
                return ControlReply(error: request.job.map { "Job \($0) is not running here" } ?? "No job is running", exitCode: 1)
            }
            return ControlReply(jobs: asked)
        case "index":
            do {
                return ControlReply(jobs: [try await start(try IndexOrder(json: request.order ?? ""), board: board, catalogue: catalogue)])
            } catch {
                let failure = Failure(error)
                return ControlReply(error: failure.text, exitCode: failure.exitCode.rawValue, isEnding: error is JobBoardClosed)
            }
        case "metrics":
            return ControlReply(metrics: await board.metrics(ofSource: request.order ?? ""))
        case "confirm":
            guard let source = request.job else { break }
            do {
                return ControlReply(jobs: [Int64(try await catalogue.confirmMissing(source: source))])
            } catch {
                return ControlReply(error: Failure(error).text, exitCode: 1)
            }
        default: break
        }
        return ControlReply(error: "The command \"\(request.command)\" is not known: are both programs of the same version?", exitCode: 64)
    }
}

/// Turns signals into wishes: SIGINT and SIGTERM pause everything and end the run, SIGUSR1 pauses or resumes, SIGUSR2 cancels. A second SIGINT
/// ends the process at once, which loses no more than `kill -9` would.
private final class SignalWatch: Sendable {
    // Made once and only kept alive.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]
    private let stopped = StopFlag()

    var isStopped: Bool { stopped.isSet.load(ordering: .acquiring) }

    init(board: JobBoard) {
        let queue = DispatchQueue(label: "signals")
        let stopped = stopped
        sources = [SIGINT, SIGTERM, SIGUSR1, SIGUSR2].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                switch number {
                case SIGUSR1:
                    Task { await board.ask(await board.isPaused ? .resume : .pause, of: nil) }
                case SIGUSR2:
                    Task { await board.ask(.cancel, of: nil) }
                default:
                    if stopped.isSet.exchange(true, ordering: .acquiringAndReleasing) { _exit(ExitCode.paused.rawValue) }
                    Task { await board.ask(.stop, of: nil) }
                }
            }
            source.resume()
            return source
        }
    }
}

/// Shared by the signal handlers and those who ask.
private final class StopFlag: Sendable {
    let isSet = Atomic<Bool>(false)
}
