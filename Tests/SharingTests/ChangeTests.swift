import Catalogue
import Configuration
import Foundation
import Ledger
import SyntheticFiles
import Testing

@testable import Sharing

/// What happens when files, shares or makers change before, while and after something is downloaded.
struct ChangeTests {
    /// Reads little ahead, so that a change in the middle of a download comes before the rest was read.
    static var unhurried: ShareConfiguration {
        var settings = ShareConfiguration()
        settings.readAheadBytes = 1
        return settings
    }

    /// A world with one series of files of 100 kB.
    private func world(of count: Int = 40) async throws -> ShareWorld {
        let world = try ShareWorld(settings: Self.unhurried)
        try world.putSeries(of: count, pixels: 100_000)
        try await world.index()
        return world
    }

    // MARK: Files

    @Test(arguments: ["deleted", "longer", "touched"])
    func `a file that is not any more what it was ends the download, and the next one is made anew`(change: String) async throws {
        let world = try await world()
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .manifest }
        let download = try await recipient.request()
        let taker = Taker()
        let error = await #expect(throws: SharingError.self) {
            try await download.write { bytes in
                if taker.bytes.isEmpty { try Self.apply(change, to: "\(world.files)/S1/IM40") }
                try taker.take(bytes)
            }
        }
        #expect(error?.code == .sourceChanged)
        #expect(taker.bytes.count < download.length)
        let again = try await recipient.request(range: "bytes=\(taker.bytes.count)-")
        #expect(again.extent == .whole)
        #expect(again.etag != download.etag)
        let archive = try Archive(try await again.bytes())
        defer { archive.remove() }
        #expect(try archive.test() == "")
        let names = try archive.names()
        #expect(names.contains("DICOM/ST000001/SE000001/IM000040") == (change != "deleted"))
        if change == "deleted" {
            #expect(try archive.text("MANIFEST.csv").contains(#""40","1.2.3.1.40","missing","The file is not there any more.""#))
        }
        let log = try await world.ledger.shareLog(recipient.id, limit: 10).filter { $0.action == .download }
        #expect(log.map(\.code) == ["ok", "SOURCE_CHANGED"])
    }

    @Test func `what was kept of an archive that is no more is never continued with another's bytes`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .manifest }
        let kept = try await recipient.request().bytes(upTo: 5_000).count
        try world.delete("S1/IM3")
        await #expect(throws: SharingError.self) { _ = try await recipient.get(range: "bytes=\(kept)-") }
        // curl refuses the whole in answer to a range, and asks again.
        let range = "bytes=\(kept)-"
        for isHead in [true, false, true, false] {
            _ = try await recipient.request(isHead: true)
            let whole = try await recipient.request(range: range, isHead: isHead)
            #expect(whole.extent == .whole)
            if !isHead { _ = try await whole.bytes(upTo: 10) }
        }
        // Who begins anew may continue that.
        _ = try await recipient.request().bytes(upTo: kept)
        #expect(try await recipient.request(range: range).extent != .whole)
    }

    @Test func `a download that comes to nothing because a file changed may be begun again, also when it was the only one`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.maxDownloads = 1 }
        _ = try await recipient.request().bytes(upTo: 5_000)
        try Self.apply("touched", to: "\(world.files)/S1/IM3")
        await #expect(throws: SharingError.self) { _ = try await recipient.get() }
        let archive = try Archive(try await recipient.get())
        defer { archive.remove() }
        #expect(try archive.test() == "")
        #expect(try await recipient.share.downloadCount == 1)
        await #expect(throws: SharingError.self) { _ = try await recipient.get() }
    }

    private static func apply(_ change: String, to path: String) throws {
        switch change {
        case "deleted": try FileManager.default.removeItem(atPath: path)
        case "longer":
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data([1, 2]))
            try file.close()
        default: try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: path)
        }
    }

    @Test func `strict gives everything or nothing`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .strict }
        try world.delete("S1/IM2")
        let error = await #expect(throws: SharingError.self) { _ = try await recipient.request() }
        #expect(error?.code == .incomplete)
        #expect(error?.missingInstances == 1)
        #expect(try await recipient.share.downloadCount == 0)
    }

    @Test func `manifest gives what is there, names what is missing, and says so on the page`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .manifest }
        try world.delete("S1/IM2")
        #expect(try await world.service.offer(of: recipient.share, isUnlocked: true).missingInstances == 1)
        let archive = try Archive(try await recipient.get())
        defer { archive.remove() }
        #expect(try archive.names().filter { $0.hasPrefix("DICOM/") } == [1, 3].map { "DICOM/ST000001/SE000001/IM00000\($0)" })
        #expect(try archive.text("MANIFEST.csv").contains(#""2","1.2.3.1.2","missing","The file is not there any more.""#))
    }

    @Test func `an instance is taken from where it still is`() async throws {
        let world = try await world(of: 2)
        defer { world.remove() }
        let copy = try Data(contentsOf: URL(filePath: "\(world.files)/S1/IM2"))
        try world.put("copies/IM2", Array(copy))
        try await world.index()
        let recipient = try await world.share()
        try world.delete("S1/IM2")
        let archive = try Archive(try await recipient.get())
        defer { archive.remove() }
        #expect(try archive.names().filter { $0.hasPrefix("DICOM/") }.count == 2)
        #expect(try archive.sha256("DICOM/ST000001/SE000001/IM000002") == Archive.sha256(ofFile: "\(world.files)/copies/IM2"))
    }

    @Test func `a file that cannot be read is named by the next plan`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .manifest }
        // Whoever runs the tests may be allowed to read everything; a folder in the file's place nobody can read as a file.
        try world.delete("S1/IM2")
        try FileManager.default.createDirectory(atPath: "\(world.files)/S1/IM2", withIntermediateDirectories: true)
        let archive = try Archive(try await recipient.get())
        defer { archive.remove() }
        #expect(try archive.text("MANIFEST.csv").contains(#""2","1.2.3.1.2","missing""#))
    }

    @Test func `a folder that is away as a whole is waited for, and not missing`() async throws {
        let world = try await world(of: 2)
        defer { world.remove() }
        let recipient = try await world.share { $0.policy = .manifest }
        try FileManager.default.moveItem(atPath: world.files, toPath: world.files + ".away")
        let error = await #expect(throws: SharingError.self) { _ = try await recipient.request() }
        #expect(error?.code == .sourceUnavailable)
        #expect(error?.retryAfterSeconds != nil)
        try FileManager.default.moveItem(atPath: world.files + ".away", toPath: world.files)
        #expect(try await recipient.request().extent == .whole)
    }

    // MARK: Shares

    /// Sends one piece, and then waits until the download is cut.
    private func stalled(_ download: PreparedDownload, then act: @escaping @Sendable () async throws -> Void) async -> (any Error)? {
        let (taken, taker) = AsyncStream<Void>.makeStream()
        async let outcome: (any Error)? = {
            do {
                try await download.write { _ in
                    taker.yield()
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                    try Task.checkCancellation()
                }
                return nil
            } catch {
                return error
            }
        }()
        for await _ in taken.prefix(1) {}
        await #expect(throws: Never.self) { try await act() }
        return await outcome
    }

    @Test(arguments: [true, false])
    func `revoking cuts what is under way and lets nothing resume`(throughSharing: Bool) async throws {
        let world = try await world()
        defer { world.remove() }
        let recipient = try await world.share()
        let download = try await recipient.request()
        let error = await stalled(download) {
            #expect(world.service.activeDownloads == [recipient.id: 1])
            if throughSharing {
                try await world.service.revoke(recipient.id, by: ShareWorld.maker)
            } else {
                try await world.ledger.revokeShare(recipient.id, by: ShareWorld.maker)
            }
        }
        #expect((error as? SharingError)?.code == .downloadStopped)
        #expect(world.service.activeDownloads == [:])
        await #expect(throws: LedgerError.self) { _ = try await recipient.request(range: "bytes=1-") }
        #expect(try await world.ledger.shareLog(recipient.id, limit: 1).first?.code == "DOWNLOAD_STOPPED")
    }

    @Test func `expiry in the middle of a download does not end it, and it may be resumed`() async throws {
        let world = try await world()
        defer { world.remove() }
        let recipient = try await world.share { $0.expiresAt = world.clock.now() + 60 }
        let (share, grant) = try await world.ledger.scriptGrant(token: recipient.token, password: nil, visitor: recipient.visitor)
        let download = try await recipient.request()
        let taker = Taker()
        try await download.write { bytes in
            if taker.bytes.isEmpty { world.clock.advance(61) }
            try taker.take(bytes)
        }
        #expect(taker.bytes.count == download.length)
        #expect(try await recipient.share.state == .expired)
        func request(_ range: String?) async throws -> PreparedDownload {
            try await world.service.download(
                DownloadRequest(
                    share: share, grant: grant, visitor: recipient.visitor, range: range, ifRange: range.map { _ in download.etag }))
        }
        #expect(try await request("bytes=1000-").bytes() == Array(taker.bytes[1_000...]))
        // Nothing new begins.
        let error = await #expect(throws: SharingError.self) { _ = try await request(nil) }
        #expect(error?.code == .shareEnded)
        world.clock.advance(25 * 3_600)
        await #expect(throws: SharingError.self) { _ = try await request("bytes=1000-") }
    }

    @Test func `one plan is one download, however many ranges it is fetched in`() async throws {
        let world = try await world(of: 3)
        defer { world.remove() }
        let recipient = try await world.share { $0.maxDownloads = 1 }
        let head = try await recipient.request(isHead: true)
        #expect(try await recipient.share.downloadCount == 0)
        _ = try await recipient.request().bytes(upTo: 1_000)
        for first in [1_000, 2_000, 3_000] { _ = try await recipient.get(range: "bytes=\(first)-\(first + 999)") }
        #expect(try await recipient.get(range: "bytes=4000-", ifRange: head.etag).count == Int(head.length) - 4_000)
        #expect(try await recipient.share.downloadCount == 1)
        #expect(try await recipient.share.state == .usedUp)
    }

    @Test func `a study whose files name two patients is shared only when that is confirmed`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.put("IM1", SyntheticFile(patientName: "Muster^Maria", patientID: "P1", instance: "1.2.3.1.1", number: 1))
        try world.put("IM2", SyntheticFile(patientName: "Beispiel^Bert", patientID: "P2", instance: "1.2.3.1.2", number: 2))
        try await world.index()
        let error = await #expect(throws: SharingError.self) { _ = try await world.share() }
        #expect(error?.code == .patientConflict)
        #expect(error?.conflicts.contains { $0.studyInstanceUID == "1.2.3" && $0.conflict.attribute == "PatientName" } == true)
        #expect(try await world.share { $0.confirmsConflict = true }.get().count > 0)
    }

    @Test func `a conflict that is found later withholds the study from those who have the link`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.put("IM1", SyntheticFile(instance: "1.2.3.1.1", number: 1))
        try await world.index()
        let recipient = try await world.share()
        try world.put("IM2", SyntheticFile(patientName: "Beispiel^Bert", patientID: "P2", instance: "1.2.3.1.2", number: 2))
        try await world.index()
        let error = await #expect(throws: SharingError.self) { _ = try await recipient.request() }
        #expect(error?.code == .withheld)
        #expect(error.map { !"\($0)".contains("Bert") && !"\($0)".contains("P2") } == true)
    }

    @Test func `the page names the patient only where the share says so and the recipient was let in`() async throws {
        let world = try await world(of: 1)
        defer { world.remove() }
        let silent = try await world.share().share
        let telling = try await world.share { $0.showsPatient = true }.share
        #expect(try await world.service.offer(of: silent, isUnlocked: true).studies == nil)
        #expect(try await world.service.offer(of: telling, isUnlocked: false).studies == nil)
        let studies = try #require(try await world.service.offer(of: telling, isUnlocked: true).studies)
        #expect(studies.map(\.patientName) == ["Muster^Maria"])
        #expect(studies.map(\.modalities) == [["MR"]])
    }
}
