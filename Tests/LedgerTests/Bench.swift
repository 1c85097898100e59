import Cryptography
import Foundation
import SQLite
import Synchronization

@testable import Ledger

/// A data folder of its own with a ledger in it and a clock that stands still until it is moved.
final class Bench: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)").path
    private let time = Mutex(1_800_000_000.0)
    static let admin = AuditOrigin(actor: "root", method: "session", ipAddress: "192.0.2.1")
    static let password = "correct horse battery"
    static let cost = PasswordHash.Cost(logN: 4, r: 8, p: 1)

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    // Only what this bench made itself is there.
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var now: Double { time.withLock { $0 } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }

    var file: String { folder + "/ledger.sqlite3" }

    func open(policy: Ledger.Policy = .init()) throws -> Ledger {
        try Ledger(folder: folder, policy: policy, cost: Self.cost, now: { [self] in now })
    }

    /// Opens a ledger with an admin `root` and a clinician `ada`.
    func openWithPeople(policy: Ledger.Policy = .init()) async throws -> Ledger {
        let ledger = try open(policy: policy)
        _ = try await ledger.addUser("root", role: .admin, password: Self.password, by: .local)
        _ = try await ledger.addUser("ada", role: .clinician, password: Self.password, by: .local)
        return ledger
    }

    /// What someone with the file in hands could do.
    func tamper(_ sql: String) throws { try Connection(path: file).execute(sql) }

    func integer(_ sql: String) throws -> Int64? { try Connection(path: file, access: .readOnly).integer(sql) }

    func integers(_ sql: String) throws -> [Int64] {
        var integers: [Int64] = []
        try Connection(path: file, access: .readOnly).prepare(sql).forEachRow { integers.append($0.integer(0)) }
        return integers
    }

    /// How SQLite goes about a query, in its words.
    func queryPlan(_ sql: String) throws -> [String] {
        var steps: [String] = []
        try Connection(path: file, access: .readOnly).prepare("EXPLAIN QUERY PLAN \(sql)").forEachRow { steps.append($0.text(3)) }
        return steps
    }

    /// Every byte that lies in the data folder but for the key.
    func allBytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("ledger") }.sorted()
            .reduce(into: Data()) { $0 += try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($1)")) }
    }
}

/// The code of the refusal that `body` ends with; nil when it ends well.
func refusal(_ body: () async throws -> Void) async throws -> LedgerError.Code? {
    do {
        try await body()
        return nil
    } catch let error as LedgerError {
        return error.code
    }
}

extension Ledger {
    func signIn(_ name: String, _ password: String = Bench.password, from address: String = "192.0.2.7") async throws -> NewSession {
        try await startSession(name: name, password: password, ipAddress: address, userAgent: "a browser")
    }
}
