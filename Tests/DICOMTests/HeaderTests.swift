import DICOM
import Testing

@Suite struct `A packed header` {
    static let header = Header.read(Builder.file(Builder.dataSet())).header!

    @Test func `it survives the pipe`() {
        let copy = Header(packed: Self.header.packed)
        #expect(copy == Self.header)
        `Encodings of a data set`.check(copy)
    }

    @Test func `malformed bytes are refused`() {
        let packed = Self.header.packed
        for count in 0..<packed.count { #expect(Header(packed: Array(packed[..<count])) == nil) }
        #expect(Header(packed: packed + [0]) == nil)
        for index in 0..<(8 + 2 * Attribute.allCases.count) where index < 4 || index >= 7 {
            var changed = packed
            changed[index] ^= 0x40
            #expect(Header(packed: changed) == nil, "byte \(index)")
        }
        // One length more, another less.
        var changed = packed
        changed[8] &+= 1
        changed[10] &-= 1
        if let header = Header(packed: changed) { #expect(header != Self.header) }
    }

    @Test func `it is small`() {
        #expect(Self.header.packed.count < 300)
    }

    @Test func `raw values need no string`() {
        let isID = Self.header.withRawValue(of: .patientID) { $0.map { $0.elementsEqual("ID7".utf8) } }
        #expect(isID == true)
        #expect(Self.header.withRawValue(of: .studyDate) { $0 == nil })
        #expect(Self.header.contains(.patientID))
        #expect(!Self.header.contains(.studyDate))
    }

    @Test(arguments: [
        ("7", 7), (" -12 ", -12), ("+3", 3), ("1.00", 1), ("5\\6", 5), ("", nil), ("x", nil), ("1.5", nil), ("99999999999999999999", nil),
        ("-", nil),
        (".", nil), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("1.", 1),
    ])
    func `whole numbers`(text: String, expected: Int?) {
        var data = Builder()
        data.element(0x0008, 0x0018, "UI", "1.2")
        data.element(0x0028, 0x0008, "IS", text)
        #expect(Header.read(Builder.meta(Builder.explicitLittle) + data.bytes).header?.integer(.numberOfFrames) == expected)
    }
}

@Suite struct `A digest` {
    static func header(_ change: (inout Builder) -> Void = { _ in }, characterSet: String = "ISO_IR 100", name: String = "Doe^Jane")
        -> Header
    {
        Header.read(Builder.file(Builder.dataSet(characterSet: characterSet, name: Array(name.utf8), in010: change))).header!
    }

    @Test func `it depends on the levels asked for and the character set, and on nothing else`() {
        let one = Self.header()
        let otherName = Self.header(name: "Doe^John")
        let otherSet = Self.header(characterSet: "ISO_IR 192")
        #expect(one.digest(of: [.patient]) == Self.header().digest(of: [.patient]))
        #expect(one.digest(of: [.patient]) != otherName.digest(of: [.patient]))
        #expect(one.digest(of: [.study, .series]) == otherName.digest(of: [.series, .study]))
        #expect(one.digest(of: [.patient]) != otherSet.digest(of: [.patient]))
        #expect(one.digest(of: [.patient]) != one.digest(of: [.study]))
    }

    @Test func `absent differs from empty`() {
        let empty = Self.header({ $0.element(0x0010, 0x0040, "CS", "") })
        #expect(Self.header().digest(of: [.patient]) != empty.digest(of: [.patient]))
        #expect(empty[.patientSex] == "")
    }

    @Test func `values do not run into each other`() {
        let one = Self.header({ data in
            data.element(0x0010, 0x0021, "LO", "ab")
            data.element(0x0010, 0x0030, "DA", "")
        })
        let other = Self.header({ data in
            data.element(0x0010, 0x0021, "LO", "")
            data.element(0x0010, 0x0030, "DA", "ab")
        })
        #expect(one.digest(of: [.patient]) != other.digest(of: [.patient]))
    }

    @Test func `it is the same in every process`() {
        // Catalogues compare digests that other runs made. Should this figure have to change, they must be rebuilt.
        #expect(Self.header().digest(of: [.patient]) == 13_859_643_540_793_699_684)
    }

    @Test func `the table is complete and in order`() {
        #expect(Set(Attribute.allCases.map(\.tag)).count == Attribute.allCases.count)
        #expect(Set(Attribute.allCases.map(\.keyword)).count == Attribute.allCases.count)
        #expect(Attribute.patientName.tag.description == "(0010,0010)")
        #expect(Attribute.studyInstanceUID.tag.description == "(0020,000D)")
        #expect(Attribute.patientName.valueRepresentation.code == "PN")
        #expect(Attribute.allCases.filter { $0.level == .file } == [.transferSyntaxUID, .specificCharacterSet, .timezoneOffsetFromUTC])
        #expect(Attribute.allCases.filter { $0.level == .patient }.count == 5)
        #expect(Attribute.allCases.filter { $0.level == .study }.count == 8)
        #expect(Attribute.allCases.filter { $0.level == .series }.count == 12)
    }
}
