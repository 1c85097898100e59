import Catalogue
import Foundation
import SyntheticFiles
import Testing

@testable import Sharing

struct DownloadTests {
    @Test func `what is downloaded is what lies in the folder`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(1, of: 12)
        try world.putSeries(2, of: 3, pixels: 300_000)
        try await world.index()
        let archive = try Archive(try await world.share().get())
        defer { archive.remove() }
        #expect(try archive.test() == "")
        #expect(
            try archive.names().sorted()
                == (["DICOMDIR", "MANIFEST.csv", "README.txt"]
                + (1...12).map { "DICOM/ST000001/SE000001/IM0000\($0 < 10 ? "0" : "")\($0)" }
                + (1...3).map { "DICOM/ST000001/SE000002/IM00000\($0)" }).sorted())
        for (series, count) in [(1, 12), (2, 3)] {
            for number in 1...count {
                let name = ArchiveNames.instance(study: 1, series: series, instance: number)
                #expect(try archive.sha256(name) == Archive.sha256(ofFile: "\(world.files)/S\(series)/IM\(number)"))
            }
        }
        let manifest = try archive.text("MANIFEST.csv")
        #expect(manifest.contains(#""DICOM/ST000001/SE000002/IM000003","20240501","Brain","1","T2","MR","3","1.2.3.2.3","included","#))
    }

    @Test func `a download that was cut anywhere goes on where it stopped`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 20, pixels: 30_000)
        try await world.index()
        let recipient = try await world.share()
        let whole = try await recipient.get()
        var random = SystemRandomNumberGenerator()
        var parts: [UInt8] = []
        while parts.count < whole.count {
            let count = min(Int.random(in: 1...80_000, using: &random), whole.count - parts.count)
            let download = try await recipient.request(range: "bytes=\(parts.count)-")
            #expect(download.extent == .part(UInt64(parts.count)..<UInt64(whole.count)))
            parts += count == whole.count - parts.count ? try await download.bytes() : try await download.bytes(upTo: count)
        }
        #expect(parts == whole)
        #expect(try await recipient.share.downloadCount == 1)
    }

    @Test func `four ranges at once join to the whole, also without a checksum known`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 30, pixels: 30_000)
        try await world.index()
        let recipient = try await world.share()
        let length = try await recipient.request(isHead: true).length
        let quarter = length / 4
        let ranges = (0..<4).map { ($0 * quarter, $0 == 3 ? length - 1 : ($0 + 1) * quarter - 1) }
        let parts = try await withThrowingTaskGroup(of: (UInt64, [UInt8]).self) { group in
            for (first, last) in ranges { group.addTask { (first, try await recipient.get(range: "bytes=\(first)-\(last)")) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let joined = ranges.flatMap { parts[$0.0] ?? [] }
        #expect(try await recipient.get() == joined)
        let archive = try Archive(joined)
        defer { archive.remove() }
        #expect(try archive.test() == "")
    }

    @Test func `another process resumes what this one began`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 10, pixels: 30_000)
        try await world.index()
        let recipient = try await world.share()
        let begin = try await recipient.request().bytes(upTo: 100_001)
        let next = recipient.with(try ShareWorld(world))
        let rest = try await next.get(range: "bytes=\(begin.count)-")
        #expect(try await next.get() == begin + rest)
        #expect(try await next.share.downloadCount == 2)
    }

    @Test func `the same files have the same ETag and bytes, whoever asks`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 3)
        try await world.index()
        var (one, other) = (try await world.share(), try await world.share())
        one.visitor.userAgent = "wget"
        other.visitor.ipAddress = "198.51.100.3"
        let responses = [try await one.request(), try await other.request()]
        #expect(responses[0].etag == responses[1].etag)
        #expect(try await responses[0].bytes() == responses[1].bytes())
    }

    @Test func `a range that begins beyond the end is refused, and so is the part of an archive that has changed`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 3)
        try await world.index()
        let recipient = try await world.share()
        let first = try await recipient.request()
        _ = try await first.bytes()
        #expect(try await recipient.request(range: "bytes=\(first.length)-").extent == .unsatisfiable)
        #expect(try await recipient.request(range: "bytes=5-9", ifRange: first.etag).extent == .part(5..<10))
        #expect(try await recipient.request(range: "bytes=5-9", ifRange: "\"other\"").extent == .whole)
    }

    @Test func `a range without If-Range is honoured for this recipient's last response only`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 3)
        try await world.index()
        let recipient = try await world.share()
        _ = try await recipient.request().bytes(upTo: 10)
        var stranger = recipient
        stranger.visitor.ipAddress = "198.51.100.3"
        #expect(try await stranger.request(range: "bytes=10-").extent == .whole)
        #expect(try await recipient.request(range: "bytes=10-").extent != .whole)
    }

    @Test func `nothing in the catalogue, nothing to share`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        try world.putSeries(of: 1)
        try await world.index()
        let error = await #expect(throws: SharingError.self) { _ = try await world.share([ContentItem(.series, uid: "9.9")]) }
        #expect(error?.code == .unknownObject)
    }
}
