import Catalogue
import CommandLineInterface
import FileSource
import Foundation
import Indexing
import SourceAccess

/// `index --rebuild`: sets aside a catalogue that cannot be used, and no other, once it is known that a new one can be begun.
struct Rebuild {
    let folder: DataFolder
    let signals: SignalWatch
    private let connections = SourceConnections()

    /// The caller owns the data folder, and opens the catalogue afterwards.
    ///
    /// - Returns: the orders whose sources were reached.
    func prepare(_ orders: IndexOrders) async throws -> IndexOrders {
        let path = folder.catalogue
        guard FileManager.default.fileExists(atPath: path) else { return orders }
        guard let old = try await blocking({ try UnusableCatalogue.find(path) }) else {
            throw Failure(
                "The catalogue is sound, and a new one would lose every source that is not named. `--full` instead of `--rebuild` reads "
                    + "all files again; to begin anew all the same, move \(path) away.", .usage)
        }
        var reached = orders
        try await reached.keep(reach)
        if reached.orders.isEmpty { throw Refusals(failures: reached.refusals) }
        Terminal.note(old.reason.message)
        Terminal.note("The old catalogue is kept as \(try old.setAside(stamp: String(Int(Date().timeIntervalSince1970))))")
        let named = Set(try orders.orders.map { try JobOpening($0, connections: connections).url })
        let others = old.sources.filter { !named.contains($0.url) }.map { $0.name == $0.url ? $0.url : "\($0.name) (\($0.url))" }
        if old.sources.isEmpty {
            Terminal.note("Which sources it held can no longer be read: index all of yours again.")
        } else if !others.isEmpty {
            Terminal.note("It held other sources too; index them again: \(others.joined(separator: ", "))")
        }
        return reached
    }

    private func reach(_ order: IndexOrder) async throws {
        do {
            try await signals.stoppable {
                let source = try await JobOpening(order, connections: connections).open().source
                do {
                    try await source.probe(retrying: false)
                } catch {
                    await source.close()
                    throw error
                }
                await source.close()
            }
        } catch {
            throw signals.isStopped ? CancellationError() : error
        }
    }
}
