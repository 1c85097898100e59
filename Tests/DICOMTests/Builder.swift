import DICOM

/// Puts together the bytes of a file, right or wrong.
struct Builder {
    enum Encoding { case explicitLittle, explicitBig, implicitLittle }

    var encoding = Encoding.explicitLittle
    private(set) var bytes: [UInt8] = []

    init(_ encoding: Encoding = .explicitLittle) { self.encoding = encoding }

    private var isBig: Bool { encoding == .explicitBig }

    mutating func raw(_ more: some Sequence<UInt8>) { bytes += more }

    mutating func number16(_ value: Int) {
        let low = UInt8(value & 0xFF)
        let high = UInt8(value >> 8 & 0xFF)
        bytes += isBig ? [high, low] : [low, high]
    }

    mutating func number32(_ value: Int) {
        let parts = [value & 0xFFFF, value >> 16 & 0xFFFF]
        for part in isBig ? parts.reversed() : parts { number16(part) }
    }

    /// An element's header. A nil length is the undefined one.
    mutating func header(_ group: Int, _ element: Int, _ code: String, _ length: Int?) {
        number16(group)
        number16(element)
        let length = length ?? 0xFFFF_FFFF
        if encoding == .implicitLittle || group == 0xFFFE {
            number32(length)
            return
        }
        bytes += Array(code.utf8)
        if ["OB", "OW", "OF", "SQ", "UN", "UT", "UC", "UR"].contains(code) {
            number16(0)
            number32(length)
        } else {
            number16(length)
        }
    }

    mutating func element(_ group: Int, _ element: Int, _ code: String, _ value: [UInt8]) {
        let padded = value.count % 2 == 0 ? value : value + [code == "UI" || code == "OB" || code == "UN" ? 0 : 0x20]
        header(group, element, code, padded.count)
        bytes += padded
    }

    mutating func element(_ group: Int, _ element: Int, _ code: String, _ value: String) {
        self.element(group, element, code, Array(value.utf8))
    }

    mutating func unsigned(_ group: Int, _ element: Int, _ value: Int) {
        header(group, element, "US", 2)
        number16(value)
    }

    mutating func item(_ length: Int? = nil) { header(0xFFFE, 0xE000, "", length) }
    mutating func endItem() { header(0xFFFE, 0xE00D, "", 0) }
    mutating func endSequence() { header(0xFFFE, 0xE0DD, "", 0) }

    // MARK: - Whole files

    /// Preamble, prefix and file meta information for that transfer syntax.
    static func meta(_ transferSyntax: String?, sopClass: String? = nil, sopInstance: String? = nil) -> [UInt8] {
        var group = Builder()
        group.element(0x0002, 0x0001, "OB", [0, 1])
        if let sopClass { group.element(0x0002, 0x0002, "UI", sopClass) }
        if let sopInstance { group.element(0x0002, 0x0003, "UI", sopInstance) }
        if let transferSyntax { group.element(0x0002, 0x0010, "UI", transferSyntax) }
        var whole = Builder()
        whole.raw([UInt8](repeating: 0, count: 128))
        whole.raw("DICM".utf8)
        whole.header(0x0002, 0x0000, "UL", 4)
        whole.number32(group.bytes.count)
        whole.raw(group.bytes)
        return whole.bytes
    }

    /// The elements that every test file has, with room for others before each group.
    static func dataSet(
        _ encoding: Encoding = .explicitLittle, characterSet: String? = "ISO_IR 100", name: [UInt8] = Array("Doe^Jane".utf8),
        in008: (inout Builder) -> Void = { _ in }, in010: (inout Builder) -> Void = { _ in }, in018: (inout Builder) -> Void = { _ in },
        after: (inout Builder) -> Void = { $0.element(0x7FE0, 0x0010, "OW", [UInt8](repeating: 7, count: 64)) }
    ) -> [UInt8] {
        var data = Builder(encoding)
        if let characterSet { data.element(0x0008, 0x0005, "CS", characterSet) }
        data.element(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
        data.element(0x0008, 0x0018, "UI", "1.2.3.4.5")
        data.element(0x0008, 0x0060, "CS", "CT")
        in008(&data)
        data.element(0x0010, 0x0010, "PN", name)
        data.element(0x0010, 0x0020, "LO", "ID7")
        in010(&data)
        in018(&data)
        data.element(0x0020, 0x000D, "UI", "1.2.3")
        data.element(0x0020, 0x000E, "UI", "1.2.3.4")
        data.element(0x0020, 0x0013, "IS", "42")
        data.unsigned(0x0028, 0x0010, 512)
        data.unsigned(0x0028, 0x0011, 256)
        after(&data)
        return data.bytes
    }

    static let explicitLittle = "1.2.840.10008.1.2.1"
    static let implicitLittle = "1.2.840.10008.1.2"
    static let explicitBig = "1.2.840.10008.1.2.2"
    static let deflated = "1.2.840.10008.1.2.1.99"

    /// A conforming file with that data set.
    static func file(_ dataSet: [UInt8], _ transferSyntax: String = explicitLittle) -> [UInt8] {
        meta(transferSyntax, sopClass: "1.2.840.10008.5.1.4.1.1.2", sopInstance: "1.2.3.4.5") + dataSet
    }

    /// A conforming file with that name in it.
    static func file(characterSet: String?, name: [UInt8]) -> [UInt8] { file(dataSet(characterSet: characterSet, name: name)) }
}

/// What came of reading a file in steps.
struct Reading {
    var outcome: HeaderOutcome
    var requests: [(offset: UInt64, count: Int)] = []
    var extent: UInt64

    /// Reads as indexing does. With `exactly`, what is asked for and no byte more.
    init(_ file: [UInt8], firstRead: Int = 8192, size: UInt64? = nil, readAhead: Int = 0) {
        var reader = HeaderReader(fileSize: size ?? UInt64(file.count))
        var start = 0
        var count = firstRead
        while true {
            let end = min(start + count, file.count)
            let progress = file.withUnsafeBytes {
                reader.consume(UnsafeRawBufferPointer(rebasing: $0[min(start, end)..<end]), at: UInt64(start))
            }
            switch progress {
            case .finished(let outcome):
                self.outcome = outcome
                extent = reader.extent
                return
            case .needs(let offset, let wanted):
                requests.append((offset, wanted))
                start = Int(offset)
                count = wanted + readAhead
            }
        }
    }

    var header: Header? {
        if case .instance(let header) = outcome { return header }
        return nil
    }
}

extension HeaderOutcome {
    /// The header, when it is an instance.
    var header: Header? {
        if case .instance(let header) = self { return header }
        return nil
    }
}
