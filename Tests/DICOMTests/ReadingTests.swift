import DICOM
import Foundation
import Testing

@Suite struct `Reading as needed` {
    @Test func `one read suffices when the header is in it`() {
        let data = Builder.dataSet(after: { $0.element(0x7FE0, 0x0010, "OW", [UInt8](repeating: 7, count: 500_000)) })
        let reading = Reading(Builder.file(data))
        `Encodings of a data set`.check(reading.header)
        #expect(reading.requests.isEmpty)
        #expect(reading.extent < 1024)
        // A first read of that size is enough.
        #expect(Reading(Builder.file(data), firstRead: Int(reading.extent)).requests.isEmpty)
    }

    @Test func `big values are jumped over, not read`() {
        let data = Builder.dataSet(in018: { $0.element(0x0019, 0x1001, "OB", [UInt8](repeating: 7, count: 1_000_000)) })
        let reading = Reading(Builder.file(data))
        `Encodings of a data set`.check(reading.header)
        #expect(reading.requests.count == 1)
        #expect(reading.requests.first.map { $0.offset > 1_000_000 && $0.count <= 8192 } == true)
    }

    @Test func `how the file is read does not show in the outcome`() {
        let data = Builder.dataSet(in008: { data in
            data.header(0x0008, 0x1140, "SQ", nil)
            data.item()
            data.element(0x0009, 0x1001, "UN", [UInt8](repeating: 9, count: 300))
            data.endItem()
            data.endSequence()
        })
        let file = Builder.file(data)
        let whole = Header.read(file)
        for firstRead in 0..<700 {
            for readAhead in [0, 7] { #expect(Reading(file, firstRead: firstRead, readAhead: readAhead).outcome == whole) }
        }
    }

    @Test func `long sequences are read in growing pieces`() {
        let data = Builder.dataSet(in008: { data in
            data.header(0x0008, 0x1140, "SQ", nil)
            for _ in 0..<20_000 {
                data.item()
                data.element(0x0008, 0x1150, "UI", "1.2.840.10008.5.1.4.1.1.2")
                data.element(0x0008, 0x1155, "UI", "1.2.3.4.5.6.7.8.9")
                data.endItem()
            }
            data.endSequence()
        })
        let reading = Reading(Builder.file(data))
        `Encodings of a data set`.check(reading.header)
        #expect(reading.requests.count < 15)
    }

    @Test func `a file whose rest was never written is not read to its end`() {
        let file = Builder.file(Builder.dataSet())
        let name = file.firstRange(of: Array("Doe^Jane".utf8))!
        let reading = Reading(Array(file[..<name.upperBound]) + [UInt8](repeating: 0, count: 3_000_000))
        #expect(reading.header?[.patientName] == "Doe^Jane")
        #expect(reading.header?.readingDeviations.contains(.truncated) == true)
        #expect(reading.requests.isEmpty)
    }

    @Test func `requests are bounded, whatever the file says`() {
        // Each item ends where the next read must begin.
        let data = Builder.dataSet(in008: { data in
            data.header(0x0008, 0x1140, "SQ", nil)
            for _ in 0..<400 {
                data.item(300_000)
                data.raw([UInt8](repeating: 0, count: 300_000))
            }
        })
        let reading = Reading(Builder.file(data))
        #expect(reading.requests.count <= 256)
        #expect(reading.requests.allSatisfy { $0.count <= 8192 })
        #expect(reading.header?.readingDeviations.contains(.unreasonable) == true)
    }

    @Test func `a file that is shorter or longer than listed is read`() {
        let file = Builder.file(Builder.dataSet())
        `Encodings of a data set`.check(Reading(file, size: 10).header)
        `Encodings of a data set`.check(Reading(file, size: 1 << 50).header)
        `Encodings of a data set`.check(Reading(file, firstRead: 200, size: UInt64.max).header)
        let cut = Array(file[..<400])
        #expect(Reading(cut, firstRead: 200, size: 1 << 50).header?.readingDeviations.contains(.truncated) == true)
        #expect(Reading([], size: 5000).outcome == .notDICOM(reason: "empty file"))
    }

    @Test func `bytes from elsewhere are asked for again, not looked at`() {
        let file = Builder.file(Builder.dataSet())
        var reader = HeaderReader(fileSize: UInt64(file.count))
        let progress = file.withUnsafeBytes { reader.consume($0, at: 77) }
        guard case .needs(offset: 0, _) = progress else {
            Issue.record("\(progress)")
            return
        }
        guard case .finished(.instance(let header)) = file.withUnsafeBytes({ reader.consume($0, at: 0) }) else {
            Issue.record("not read")
            return
        }
        `Encodings of a data set`.check(header)
    }
}

@Suite struct `Deflated data sets` {
    /// A data set with a long element to step over, deflated with zlib's own header and checksum.
    static let wrapped = deflate(Builder.dataSet(in018: { $0.element(0x0019, 0x1001, "OB", [UInt8](repeating: 7, count: 200_000)) }))

    /// Stored blocks, so that the tests need no compressor; the oracle's files have real ones.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        while !rest.isEmpty {
            let block = rest.prefix(60_000)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            result += [rest.isEmpty ? 1 : 0, UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
            result += block
        }
        return result
    }

    @Test func `a deflated data set is inflated as far as needed`() {
        let raw = Array(Self.wrapped[2...])
        let reading = Reading(Builder.file(raw, Builder.deflated))
        `Encodings of a data set`.check(reading.header)
        #expect(reading.header?.deviations == [])
    }

    @Test func `a zlib header around it is tolerated`() {
        `Encodings of a data set`.check(Reading(Builder.file(Self.wrapped, Builder.deflated)).header)
    }

    @Test func `a damaged or cut stream gives what was inflated`() {
        let raw = Array(Self.wrapped[2...])
        var damaged = raw
        damaged[60_005] = 0xFF
        for data in [damaged, Array(raw[..<40_000])] {
            let header = Reading(Builder.file(data, Builder.deflated)).header
            #expect(header?[.patientID] == "ID7")
            #expect(header?.readingDeviations.isSuperset(of: [.damagedDeflate, .truncated]) == true)
        }
    }

    @Test func `how the file is read does not show in the outcome`() {
        let file = Builder.file(Array(Self.wrapped[2...]), Builder.deflated)
        let whole = Header.read(file)
        for firstRead in stride(from: 0, to: 60_000, by: 1777) { #expect(Reading(file, firstRead: firstRead).outcome == whole) }
    }
}
