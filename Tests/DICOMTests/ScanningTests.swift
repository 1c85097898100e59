import DICOM
import Testing

@Suite struct `Walking a data set` {
    @Test func `sequences of undefined length nest to any depth`() {
        for encoding in [Builder.Encoding.explicitLittle, .explicitBig, .implicitLittle] {
            let data = Builder.dataSet(
                encoding,
                in008: { data in
                    for _ in 0..<5000 {
                        data.header(0x0008, 0x1140, "SQ", nil)
                        data.item()
                        data.element(0x0008, 0x0018, "UI", "6.6.6")
                    }
                    for _ in 0..<5000 {
                        data.endItem()
                        data.endSequence()
                    }
                })
            let reading = Reading(
                Builder.file(
                    data,
                    encoding == .implicitLittle
                        ? Builder.implicitLittle : encoding == .explicitBig ? Builder.explicitBig : Builder.explicitLittle))
            `Encodings of a data set`.check(reading.header)
            #expect(reading.header?.deviations == [])
        }
    }

    @Test func `only the top level counts`() {
        let data = Builder.dataSet(in008: { data in
            data.header(0x0008, 0x1115, "SQ", nil)
            data.item(nil)
            data.element(0x0010, 0x0020, "LO", "other")
            data.header(0x0008, 0x1199, "SQ", nil)
            data.item(16)
            data.element(0x0020, 0x000E, "UI", "6.6.6.66")
            data.endSequence()
            data.endItem()
            data.item(12)
            data.element(0x0010, 0x0020, "LO", "more")
            data.endSequence()
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?.deviations == [])
    }

    @Test func `an unknown element of undefined length is implicit inside, or explicit where the writer kept to it`() {
        for inner in [Builder.Encoding.implicitLittle, .explicitLittle] {
            let data = Builder.dataSet(in008: { data in
                data.header(0x0009, 0x1001, "UN", nil)
                data.item()
                data.encoding = inner
                data.element(0x0009, 0x1002, "LO", "abcd")
                data.header(0x0009, 0x1003, "SQ", nil)
                data.item()
                data.element(0x0010, 0x0020, "LO", "other")
                data.endItem()
                data.endSequence()
                data.encoding = .explicitLittle
                data.endItem()
                data.endSequence()
            })
            let header = Header.read(Builder.file(data)).header
            `Encodings of a data set`.check(header)
            #expect(header?.deviations == [])
        }
    }

    @Test func `encapsulated fragments before the end are stepped over`() {
        let data = Builder.dataSet(in008: { data in
            data.header(0x0009, 0x1010, "OB", nil)
            data.item(0)
            data.item(6)
            data.raw([0xFF, 0xD8, 1, 2, 0xFF, 0xD9])
            data.endSequence()
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?.deviations == [])
    }

    @Test func `missing and stray delimiters are recovered from`() {
        let damages: [(inout Builder) -> Void] = [
            { data in  // item not closed
                data.header(0x0008, 0x1140, "SQ", nil)
                data.item()
                data.element(0x0008, 0x1150, "UI", "1.2")
                data.endSequence()
            },
            { data in  // sequence not closed
                data.header(0x0008, 0x1140, "SQ", nil)
                data.item()
                data.element(0x0008, 0x1150, "UI", "1.2")
                data.endItem()
            },
            { data in  // one delimiter too many
                data.header(0x0008, 0x1140, "SQ", nil)
                data.endItem()
                data.endSequence()
                data.endSequence()
            },
            { data in  // item after an item that is not closed
                data.header(0x0008, 0x1140, "SQ", nil)
                data.item()
                data.item()
                data.endItem()
                data.endSequence()
            },
        ]
        for (index, damage) in damages.enumerated() {
            let header = Header.read(Builder.file(Builder.dataSet(in008: damage))).header
            `Encodings of a data set`.check(header)
            #expect(header?.readingDeviations == .damagedSequence, "damage \(index)")
        }
    }

    @Test func `private, unknown and missing value representations are stepped over`() {
        let data = Builder.dataSet(in008: { data in
            data.element(0x0009, 0x0010, "LO", "ACME 1.0")
            data.header(0x0009, 0x1001, "ZZ", 4)  // short form of an unknown code
            data.raw([1, 2, 3, 4])
            data.header(0x0009, 0x1002, "XX", 0)  // long form of an unknown code
            data.number32(6)
            data.raw([1, 2, 3, 4, 5, 6])
            data.encoding = .implicitLittle  // slips into implicit encoding
            data.element(0x0009, 0x1003, "", "abcd")
            data.encoding = .explicitLittle
            data.header(0x0009, 0x1004, "  ", 4)  // no letters, but the explicit form
            data.raw([1, 2, 3, 4])
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?.readingDeviations == .unknownValueRepresentation)
    }

    @Test func `group lengths are passed by`() {
        let data = Builder.dataSet(in010: { data in
            data.header(0x0018, 0x0000, "UL", 4)
            data.number32(999_999)
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?.deviations == [])
    }

    @Test func `odd lengths are tolerated`() {
        let data = Builder.dataSet(in010: { data in
            data.header(0x0010, 0x0040, "CS", 1)
            data.raw("F".utf8)
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?[.patientSex] == "F")
        #expect(header?.readingDeviations == .oddLength)
    }

    @Test func `a wrong value representation is read as what it is`() {
        var data = Builder()
        data.element(0x0008, 0x0018, "UI", "1.2.3.4.5")
        data.element(0x0008, 0x0060, "LO", "MR")
        data.element(0x0010, 0x0020, "UN", "ID8")
        data.element(0x0020, 0x000D, "UI", "1.2")
        data.element(0x0020, 0x000E, "UI", "1.3")
        data.unsigned(0x0020, 0x0013, 77)
        data.element(0x0028, 0x0010, "IS", "128")
        data.header(0x0028, 0x0011, "SL", 4)
        data.number32(-5)
        let header = Header.read(Builder.file(data.bytes)).header
        #expect(header?[.modality] == "MR")
        #expect(header?[.patientID] == "ID8")
        #expect(header?[.instanceNumber] == "77")
        #expect(header?.integer(.rows) == 128)
        #expect(header?.integer(.columns) == -5)
        #expect(header?.readingDeviations.contains(.wrongValueRepresentation) == true)
    }

    @Test func `UN for a known attribute is no fault`() {
        let data = Builder.dataSet(in010: { $0.element(0x0010, 0x0040, "UN", "F") })
        let header = Header.read(Builder.file(data)).header
        #expect(header?[.patientSex] == "F")
        #expect(header?.deviations == [])
    }

    @Test func `a sequence in the place of a value is left out`() {
        let data = Builder.dataSet(in010: { data in
            data.header(0x0010, 0x0040, "SQ", 8)
            data.item(0)
        })
        let header = Header.read(Builder.file(data)).header
        `Encodings of a data set`.check(header)
        #expect(header?[.patientSex] == nil)
        #expect(header?.readingDeviations == [.wrongValueRepresentation, .unreadableValue])
    }

    @Test func `a truncated header gives what was read, and no part of a value`() {
        let file = Builder.file(Builder.dataSet())
        let name = file.firstRange(of: Array("Doe^Jane".utf8))!
        let header = Header.read(Array(file[..<(name.lowerBound + 3)])).header
        #expect(header?[.modality] == "CT")
        #expect(header?[.patientName] == nil)
        #expect(header?.readingDeviations.contains(.truncated) == true)
        for end in 132..<file.count { _ = Header.read(Array(file[..<end])) }
    }

    @Test func `a length past the end of the file ends the reading`() {
        let data = Builder.dataSet(in018: { data in
            data.header(0x0019, 0x1001, "OB", 0x7FFF_FFFE)
        })
        let reading = Reading(Builder.file(data))
        #expect(reading.header?[.patientID] == "ID7")
        #expect(reading.header?[.studyInstanceUID] == nil)
        #expect(reading.header?.readingDeviations.contains(.truncated) == true)
        #expect(reading.requests.isEmpty)
    }

    @Test func `values are kept when elements are out of order or repeated`() {
        var data = Builder()
        data.element(0x0020, 0x000D, "UI", "1.2.3")
        data.element(0x0020, 0x000E, "UI", "1.2.3.4")
        data.element(0x0010, 0x0020, "LO", "first")
        data.element(0x0010, 0x0020, "LO", "second")
        data.element(0x0028, 0x0010, "US", [0, 2])
        data.element(0x0040, 0x0244, "DA", "20200101")
        data.element(0x0008, 0x0018, "UI", "1.2.3.4.5")
        data.element(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
        let header = Header.read(Builder.meta(Builder.explicitLittle) + data.bytes).header
        #expect(header?[.sopInstanceUID] == "1.2.3.4.5")
        #expect(header?[.patientID] == "second")
        #expect(header?[.seriesInstanceUID] == "1.2.3.4")
        #expect(header?.integer(.rows) == 512)
        #expect(header?.readingDeviations == [.outOfOrder, .duplicateElement])
        // The order in the file does not show in the header's bytes.
        var ordered = Builder()
        ordered.element(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
        ordered.element(0x0008, 0x0018, "UI", "1.2.3.4.5")
        ordered.element(0x0010, 0x0020, "LO", "second")
        ordered.element(0x0020, 0x000D, "UI", "1.2.3")
        ordered.element(0x0020, 0x000E, "UI", "1.2.3.4")
        ordered.element(0x0028, 0x0010, "US", [0, 2])
        let other = Header.read(Builder.meta(Builder.explicitLittle) + ordered.bytes).header
        #expect(header?.packed.dropFirst(8) == other?.packed.dropFirst(8))
        #expect(header?.digest(of: Level.allCases) == other?.digest(of: Level.allCases))
    }

    @Test func `a value beyond all reason is cut`() {
        let data = Builder.dataSet(in010: { $0.element(0x0010, 0x0021, "UT", [UInt8](repeating: 0x41, count: 100_000)) })
        let reading = Reading(Builder.file(data))
        `Encodings of a data set`.check(reading.header)
        #expect(reading.header?[.issuerOfPatientID]?.count == 4096)
        #expect(reading.header?.readingDeviations.contains(.longValue) == true)
    }
}
