import FileSource
import Foundation
import Indexing

/// What only the process that owns the data folder is asked, on its socket.
enum OwnerCalls {
    private struct Begun: Decodable { var job: Int64 }

    /// Hands over an order, which may take as long as a share takes to answer.
    ///
    /// - Returns: the job's number.
    /// - Throws: ``OwnerGone`` when that process takes no orders; ``Failure``.
    static func hand(_ order: IndexOrder, to owner: any APIClient) async throws -> Int64 {
        var call = try APICall("POST", ["local", "orders"])
        call.body = try JSONEncoder().encode(order)
        // Had it begun the job already, asking again continues it.
        (call.mayTakeLong, call.isRepeatable) = (true, true)
        return try await owner.answer(call).decoded(as: Begun.self).job
    }

    /// - Returns: nil when nobody owns the folder, or does not read the source over SMB.
    static func metrics(ofSource url: String, _ folder: DataFolder) async throws -> SMBMetrics? {
        let call = try APICall("GET", ["local", "metrics"], query: [("url", url)])
        return try await Context.ifOwned(folder) { try await $0.answer(call).decoded(as: SMBMetrics?.self) } ?? nil
    }
}
