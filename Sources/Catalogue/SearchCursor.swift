/// A place in the results of one query: the last one that was given.
struct SearchCursor: Hashable {
    /// The tier; 0 in the order of dates.
    var tier: Int64 = 0
    /// The study's place: the index's row id.
    var sortKey: Int64
    /// Series and instances up to here have been given. At study level and where a study is done: the greatest values.
    var series = Place.last
    var instance = Place.last

    /// A row's place among those of its parent.
    struct Place: Hashable, Comparable {
        var number: Int64
        var id: Int64
        static let last = Place(number: .max, id: .max)

        static func < (left: Place, right: Place) -> Bool { (left.number, left.id) < (right.number, right.id) }
    }

    private static let version: UInt8 = 1

    /// Opaque text of letters, digits, `-` and `_`. `query` is the fingerprint of what was asked: a cursor belongs to one query.
    func encoded(query: UInt64) -> String {
        var bytes = [Self.version]
        for value in [tier, sortKey, series.number, series.id, instance.number, instance.id] {
            Self.append(UInt64(bitPattern: value), to: &bytes)
        }
        var check = Fingerprint()
        check.add(bytes)
        check.add(query)
        Self.append(check.value, to: &bytes)
        return Self.text(bytes)
    }

    /// - Throws: ``CatalogueError`` (`invalidRequest`) when the text is not a cursor of this query.
    init(_ text: String, query: UInt64) throws {
        let size = 1 + 6 * 8
        guard text.utf8.count == (size + 8) / 3 * 4, let bytes = Self.bytes(text), bytes.count == size + 8, bytes[0] == Self.version else {
            throw Self.invalid
        }
        var check = Fingerprint()
        check.add(bytes[..<size])
        check.add(query)
        func value(_ index: Int) -> Int64 { Int64(bitPattern: Self.value(bytes[(1 + index * 8)...].prefix(8))) }
        guard check.value == Self.value(bytes[size...]) else { throw Self.invalid }
        self.init(
            tier: value(0), sortKey: value(1), series: Place(number: value(2), id: value(3)),
            instance: Place(number: value(4), id: value(5)))
    }

    init(tier: Int64, sortKey: Int64, series: Place = .last, instance: Place = .last) {
        (self.tier, self.sortKey, self.series, self.instance) = (tier, sortKey, series, instance)
    }

    private static var invalid: CatalogueError {
        CatalogueError(
            code: .invalidRequest, message: "The cursor is damaged or belongs to another query",
            suggestion: "Give it unchanged and with the same text, level, order and filters, or search again from the start.")
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    private static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    // MARK: Text

    // Source: RFC 4648 §5.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func text(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let group = bytes[start...].prefix(3)
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for _ in 0...group.count {
                output.append(alphabet[Int(bits >> 18 & 63)])
                bits <<= 6
            }
            start += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return output
    }
}

/// FNV-1a: tells accidental changes apart, not malicious ones; nothing secret hangs on a cursor.
struct Fingerprint {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), through: 56, by: 8) { add(CollectionOfOne(UInt8(truncatingIfNeeded: number >> shift))) }
    }

    /// A text, told apart from its neighbours.
    mutating func add(_ text: String?) {
        guard let text else { return add(CollectionOfOne(0xff)) }
        add(text.utf8)
        add(CollectionOfOne(0xfe))
    }
}

extension SearchQuery {
    /// What makes a query the same when paging: all but the cursor, the limit and the effort.
    var fingerprint: UInt64 {
        var print = Fingerprint()
        for text in [text, level.rawValue, order.rawValue, from, to, patientID, accessionNumber, bodyPart, source] { print.add(text) }
        for modality in modalities.sorted() { print.add(modality) }
        return print.value
    }
}
