import FileSource
import Foundation
import HTTPServer
import Indexing
import Ledger

/// This process as the owner of a data folder: runs the jobs, and answers other processes over the control socket.
final class Owner: Sendable {
    let parts: OwnerParts
    /// The API, as processes of this machine have it.
    let client: InProcessAPIClient
    let signals: SignalWatch
    private let server: HTTPServer
    // Held for as long as the object lives.
    private let lock: DataFolderLock

    var service: IndexService { parts.service }
    var board: JobBoard { service.jobs }

    /// Takes the data folder, opens what is in it and begins to listen.
    ///
    /// - Parameters:
    ///   - role: what for.
    ///   - prepare: what is to be done before the catalogue is opened, with the folder already taken.
    /// - Returns: nil when another process owns the folder.
    static func take(
        _ context: Context, as role: OwnerRole = .command, prepare: (SignalWatch) async throws -> Void = { _ in }
    ) async throws -> Owner? {
        try context.folder.create()
        guard let lock = try DataFolderLock.take(context.folder) else { return nil }
        let signals = SignalWatch(reload: role.reload)
        try await prepare(signals)
        let parts = try await OwnerParts.open(context, role, signals)
        return try await Owner(context.folder, parts, signals, isServer: role.isServer, lock: lock)
    }

    private init(
        _ folder: DataFolder, _ parts: OwnerParts, _ signals: SignalWatch, isServer: Bool, lock: consuming DataFolderLock
    ) async throws {
        (self.parts, self.signals) = (parts, signals)
        self.lock = lock
        client = InProcessAPIClient(responder: parts.control)
        // The jobs of a server are people's: its end only interrupts them.
        signals.steer(parts.service.jobs) { if !isServer { await parts.keep($0, of: $1, signal: $2) } }
        server = try await HTTPServer.start(
            listening: [.unix(path: folder.controlSocket)], report: parts.report, responder: parts.control)
    }

    /// Whoever asks from now on finds nobody, and does it himself once this object has gone.
    func end() async {
        await server.stop(deadline: .seconds(1))
        await signals.settle()
        await parts.close()
        signals.end()
    }

    /// Does something as the owner of the data folder, or has the process do it that is.
    ///
    /// - Parameters:
    ///   - prepare: see ``take(_:as:prepare:)``.
    ///   - ask: gives nil when that process does not do it because it ends, or is not there yet.
    static func run<Value>(
        _ context: Context, prepare: (SignalWatch) async throws -> Void = { _ in }, own: (Owner) async throws -> Value,
        ask: () async throws -> Value?
    ) async throws -> Value {
        var patience = ContinuousClock.now + .seconds(10)
        var owner: Int32?
        while true {
            if let value = try await runIfFree(context, prepare: prepare, own) { return value }
            let asked = ContinuousClock.now
            if let value = try await ask() { return value }
            let current = DataFolderLock.lastOwner(of: context.folder)
            // It listened all that time, or is another one than before.
            if ContinuousClock.now - asked > .seconds(1) || current != owner { patience = .now + .seconds(10) }
            owner = current
            // It has the folder and takes no orders: it is about to begin to, or about to end.
            guard .now < patience else {
                let name = owner.map { "The process \($0)" } ?? "Another process"
                throw Failure("\(name) uses the data folder, but does not answer. See `fileroom status`.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// - Returns: nil when another process owns the data folder.
    static func runIfFree<Value>(
        _ context: Context, prepare: (SignalWatch) async throws -> Void = { _ in }, _ own: (Owner) async throws -> Value
    ) async throws -> Value? {
        guard let owner = try await take(context, prepare: prepare) else { return nil }
        do {
            let value = try await own(owner)
            await owner.end()
            return value
        } catch {
            await owner.end()
            throw error
        }
    }

    /// Whether a person or the system asked the process to end.
    var isStopped: Bool { signals.isStopped }

    /// Begins, or continues, what an order asks for, and keeps that in the audit trail as for those who ask over the socket.
    ///
    /// - Returns: the job's number.
    /// - Throws: also when the process is asked to end meanwhile, see ``isStopped``; `LedgerError`.
    func start(_ order: IndexOrder) async throws -> Int64 {
        var entry = AuditEntry("index.start", object: order.source, by: .local)
        try await parts.ledger.proveAudit()
        do {
            let job = try await signals.stoppable { [service] in try await service.start(asGiven: order) }
            try await parts.ledger.record(entry)
            return job
        } catch {
            entry.outcome = error is CancellationError ? "CANCELLED" : (error as? SourceError)?.code ?? "FAILED"
            try await parts.ledger.record(entry)
            throw error
        }
    }
}
