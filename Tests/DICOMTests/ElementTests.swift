import DICOM
import Testing

/// Chosen elements with what is in their items.
struct ElementTests {
    private static let code = [WantedElement(0x0008, 0x0100, .sh), WantedElement(0x0008, 0x0104, .lo)]
    private static let wanted = [
        WantedElement(0x0008, 0x0033, .tm), WantedElement(0x0028, 0x9002, .ul), WantedElement(0x0040, 0xA043, items: code),
        WantedElement(0x0070, 0x0084, .pn),
    ]

    /// A file with all wanted elements, and others around them that are in the way: nested sequences of undefined length, and a large value.
    private static func file(_ encoding: Builder.Encoding, _ syntax: String, isOpen: Bool) -> [UInt8] {
        var data = Builder(encoding)
        data.element(0x0008, 0x0005, "CS", "ISO_IR 100")
        data.element(0x0008, 0x0033, "TM", "101112")
        sequence(&data, 0x0008, 0x1115, isOpen: isOpen) { item in
            sequence(&item, 0x0008, 0x1140, isOpen: isOpen) { $0.element(0x0008, 0x0104, "LO", "no key") }
        }
        data.header(0x0028, 0x9002, "UL", 4)
        data.number32(70_000)
        sequence(&data, 0x0040, 0xA043, isOpen: isOpen) { item in
            item.element(0x0008, 0x0100, "SH", "C1")
            sequence(&item, 0x0008, 0x0105, isOpen: isOpen) { $0.element(0x0008, 0x0104, "LO", "deeper") }
            item.element(0x0008, 0x0104, "LO", [0x47, 0xF6, 0xDF, 0x65])
        }
        data.element(0x0042, 0x0011, "OB", [UInt8](repeating: 1, count: 100_000))
        data.element(0x0070, 0x0084, "PN", "M\u{FC}".unicodeScalars.map { UInt8($0.value) })
        return Builder.meta(syntax) + data.bytes
    }

    private static func sequence(_ data: inout Builder, _ group: Int, _ element: Int, isOpen: Bool, _ fill: (inout Builder) -> Void) {
        var content = Builder(data.encoding)
        fill(&content)
        var item = Builder(data.encoding)
        item.item(isOpen ? nil : content.bytes.count)
        item.raw(content.bytes)
        if isOpen { item.endItem() }
        data.header(group, element, "SQ", isOpen ? nil : item.bytes.count)
        data.raw(item.bytes)
        if isOpen { data.endSequence() }
    }

    /// Reads as over a network; returns what was found and how many bytes were looked at.
    private static func read(_ file: [UInt8], first: Int) -> (found: [FoundElement], bytes: Int) {
        var reader = ElementReader(wanted, fileSize: UInt64(file.count))
        var range = 0..<min(first, file.count)
        var bytes = 0
        while true {
            bytes += range.count
            switch file[range].withUnsafeBytes({ reader.consume($0, at: UInt64(range.lowerBound)) }) {
            case .finished(let found): return (found, bytes)
            case .needs(let offset, let count):
                let start = min(Int(offset), file.count)
                range = start..<min(start + count, file.count)
            }
        }
    }

    @Test(
        arguments: [
            (Builder.Encoding.explicitLittle, "1.2.840.10008.1.2.1"), (.implicitLittle, "1.2.840.10008.1.2"),
            (.explicitBig, "1.2.840.10008.1.2.2"),
        ], [false, true])
    func `elements and their items are found in every encoding, however little is read first`(
        _ encoding: (Builder.Encoding, String), _ isOpen: Bool
    ) {
        let file = Self.file(encoding.0, encoding.1, isOpen: isOpen)
        for first in [1, 140, 200, 300, 1000, file.count] {
            let found = Self.read(file, first: first).found
            #expect(found.map(\.text) == ["101112", "70000", "", "Mü"], "first \(first)")
            #expect(found.map { $0.items.map { $0.map(\.text) } } == [[], [], [["C1", "Göße"]], []], "first \(first)")
        }
    }

    @Test func `a large value that is not wanted is not read`() {
        let file = Self.file(.explicitLittle, "1.2.840.10008.1.2.1", isOpen: true)
        #expect(Self.read(file, first: 1000).bytes < 40_000)
    }

    @Test func `files that are damaged in any way are read to an end`() {
        var random = SplitMix(state: 11)
        for _ in 0..<1000 {
            let encoding: Builder.Encoding = Bool.random(using: &random) ? .explicitLittle : .implicitLittle
            var file = Self.file(encoding, "1.2.840.10008.1.2.1", isOpen: Bool.random(using: &random))
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                file[Int.random(in: 128..<700, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { file.removeLast(Int.random(in: 0..<file.count, using: &random)) }
            _ = Self.read(file, first: 512)
        }
    }
}
