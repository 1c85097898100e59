import Catalogue
import Configuration
import FileSource
import Foundation
import Indexing
import SourceAccess
import Synchronization
import SyntheticFiles
import Testing

@testable import Ledger
@testable import Sharing

/// A data folder with catalogue and ledger, a folder of DICOM files, and sharing over all of it: what a server has, without sockets.
final class ShareWorld: Sendable {
    let root: String
    let folder: DataFolder
    let clock: TestClock
    let ledger: Ledger
    let service: ShareService
    let sources: DownloadSources

    var files: String { root + "/files" }

    /// - Parameters:
    ///   - former: whose data folder is taken over, as by a process that comes after another.
    ///   - settings: of the shares.
    init(_ former: ShareWorld? = nil, settings: ShareConfiguration = ShareConfiguration()) throws {
        root = former?.root ?? NSTemporaryDirectory() + "fileroom-share-" + UUID().uuidString
        clock = former?.clock ?? TestClock()
        folder = DataFolder(path: root + "/data")
        try folder.create()
        try FileManager.default.createDirectory(atPath: root + "/files", withIntermediateDirectories: true)
        ledger = try Ledger(folder: folder.path, cost: .init(logN: 4, r: 8, p: 1), now: clock.now)
        sources = DownloadSources(FixedDeclarations([ConfiguredSource(Self.source(root + "/files"), origin: .configuration)]))
        service = ShareService(
            ledger: ledger, catalogue: CatalogueReaders(path: folder.catalogue), sources: sources, settings: settings, now: clock.now)
    }

    private static func source(_ path: String) -> SourceConfiguration { SourceConfiguration(name: "nas", address: .folder(path)) }

    func remove() { try? FileManager.default.removeItem(atPath: root) }

    // MARK: Files

    /// Writes a file below the folder of files: a DICOM header and bytes that are nowhere the same.
    @discardableResult
    func put(_ path: String, _ file: SyntheticFile) throws -> [UInt8] {
        var bytes = file.bytes
        var random = SplitMix(seed: UInt64(truncatingIfNeeded: file.instance.hashValue))
        for index in (bytes.count - file.pixels)..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        try put(path, bytes)
        return bytes
    }

    func put(_ path: String, _ bytes: [UInt8]) throws {
        let url = URL(filePath: "\(files)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// A series of `count` slices in a folder of its own, in study 1.2.3.
    func putSeries(_ number: Int = 1, of count: Int, pixels: Int = 2_000) throws {
        for one in 1...count {
            try put(
                "S\(number)/IM\(one)",
                SyntheticFile(
                    study: "1.2.3", series: "1.2.3.\(number)", seriesDescription: "T\(number)", instance: "1.2.3.\(number).\(one)",
                    number: one,
                    pixels: pixels))
        }
    }

    func delete(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(files)/\(path)") }

    func index() async throws {
        let board = JobBoard(folder: folder, catalogue: try CatalogueWriter(path: folder.catalogue), now: { Date().timeIntervalSince1970 })
        let order = JobOrder(url: files, name: "nas", options: "{}", settings: JobSettings())
        let source = OpenedSource(source: LocalFileSource(path: files), method: "local", reason: "test")
        let job = try await board.start(order, on: source)
        let end = try #require(await board.end(of: job))
        #expect(end.record.state == .completed)
        await board.close()
    }

    // MARK: Shares

    static let maker = AuditOrigin(actor: "local", method: "local", ipAddress: "local")
    static let visitor = ShareVisitor(ipAddress: "192.0.2.7", userAgent: "curl/8")

    func share(
        _ items: [ContentItem] = [ContentItem(.study, uid: "1.2.3")], _ change: (inout ShareOrder) -> Void = { _ in }
    ) async throws -> Recipient {
        var order = ShareOrder(items)
        change(&order)
        let made = try await service.create(order, creator: .local, by: Self.maker)
        return Recipient(world: self, token: made.token, id: made.share.id)
    }
}

/// Someone with a link, who asks as a script does.
struct Recipient: Sendable {
    var world: ShareWorld
    var token: String
    var id: String
    var visitor = ShareWorld.visitor

    /// The same link after the process was replaced by another.
    func with(_ world: ShareWorld) -> Recipient { Recipient(world: world, token: token, id: id, visitor: visitor) }

    func request(range: String? = nil, ifRange: String? = nil, isHead: Bool = false) async throws -> PreparedDownload {
        let (share, grant) = try await world.ledger.scriptGrant(token: token, password: nil, visitor: visitor)
        return try await world.service.download(
            DownloadRequest(share: share, grant: grant, visitor: visitor, isHead: isHead, range: range, ifRange: ifRange))
    }

    /// The bytes of a response.
    func get(range: String? = nil, ifRange: String? = nil) async throws -> [UInt8] {
        try await request(range: range, ifRange: ifRange).bytes()
    }

    var share: Share { get async throws { try await world.ledger.share(id: id) } }
}

extension PreparedDownload {
    func bytes() async throws -> [UInt8] {
        let taker = Taker()
        try await write { try taker.take($0) }
        return taker.bytes
    }

    /// What arrives until somebody cuts the connection after `count` bytes.
    func bytes(upTo count: Int) async throws -> [UInt8] {
        let taker = Taker(most: count)
        await #expect(throws: Taker.Full.self) { try await write { try taker.take($0) } }
        return taker.bytes
    }
}

/// Takes the bytes of a response.
final class Taker: Sendable {
    struct Full: Error {}
    private let taken = Mutex<[UInt8]>([])
    private let most: Int

    init(most: Int = .max) { self.most = most }

    var bytes: [UInt8] { taken.withLock { $0 } }

    func take(_ bytes: [UInt8]) throws {
        try taken.withLock { taken in
            taken += bytes.prefix(most - taken.count)
            if taken.count == most { throw Full() }
        }
    }
}

/// A clock that goes when it is told to.
final class TestClock: Sendable {
    private let time = Mutex(1_790_000_000.0)
    var now: @Sendable () -> Double { { self.time.withLock { $0 } } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
