/// What is kept of the file meta information.
///
/// Source: PS3.10 §7.1.
struct MetaInformation {
    var transferSyntax: TransferSyntax?
    var sopClassUID = ShortText()
    var sopInstanceUID = ShortText()
    /// Whether any element of it was met.
    var isPresent = false

    /// Room for one UID without an allocation.
    struct ShortText {
        /// The longest UID (PS3.5 §9.1); what is longer is not taken for one.
        private static let capacity = 64
        private var storage = InlineArray<64, UInt8>(repeating: 0)
        private var count = 0

        var isEmpty: Bool { count == 0 }

        mutating func set(_ text: UnsafeRawBufferPointer) {
            guard text.count <= ShortText.capacity else { return }
            count = text.count
            var span = storage.mutableSpan
            span.withUnsafeMutableBytes { $0.copyMemory(from: text) }
        }

        func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            storage.span.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}

/// Walks the file meta information, which is always explicit little endian.
///
/// Its group length is not trusted: the group ends where another begins.
struct MetaInformationScanner {
    private(set) var position: UInt64
    private(set) var meta = MetaInformation()
    private(set) var deviations: Deviations = []

    init(at position: UInt64) { self.position = position }

    private static let transferSyntaxRank = AttributeOrder.rank(of: .transferSyntaxUID)

    mutating func scan(_ window: Window, into values: inout ValueStore) -> ScanProgress {
        while true {
            guard let available = rest(of: window), available.count >= 8, let pointer = available.baseAddress else {
                return shortage(of: 8, window)
            }
            // Anything else is the data set, or nothing that could be helped.
            guard ElementHeader.load16(pointer, false) == 2 else { return .finished }
            let parsed = ElementHeader(pointer, available: available.count, remaining: window.end - position, .explicitLittle)
            guard let header = parsed else { return shortage(of: 12, window) }
            if header.length == ElementHeader.undefinedLength {
                deviations.insert(.damagedMetaInformation)
                return .finished
            }
            if header.isUnknown { deviations.insert(.damagedMetaInformation) }
            let next = position + UInt64(header.size) + UInt64(header.length)
            if next > window.end {
                deviations.insert(.truncated)
                position = window.end
                return .finished
            }
            meta.isPresent = true
            if MetaInformationScanner.isWanted(header.tag), header.length <= ValueStore.longestValue {
                let end = header.size + Int(header.length)
                guard available.count >= end else { return .needs(count: end) }
                keep(header.tag, ElementValue.trimmed(UnsafeRawBufferPointer(rebasing: available[header.size..<end])), &values)
            }
            position = next
        }
    }

    /// Media Storage SOP Class UID, Media Storage SOP Instance UID, Transfer Syntax UID.
    private static func isWanted(_ tag: UInt32) -> Bool { tag == 0x0002_0002 || tag == 0x0002_0003 || tag == 0x0002_0010 }

    private mutating func keep(_ tag: UInt32, _ value: UnsafeRawBufferPointer, _ values: inout ValueStore) {
        switch tag {
        case 0x0002_0002: meta.sopClassUID.set(value)
        case 0x0002_0003: meta.sopInstanceUID.set(value)
        default:
            values.set(rank: MetaInformationScanner.transferSyntaxRank, to: value)
            if !value.isEmpty { meta.transferSyntax = TransferSyntax(uid: value) }
        }
    }

    private func rest(of window: Window) -> UnsafeRawBufferPointer? {
        guard position >= window.start, position - window.start <= UInt64(window.bytes.count) else { return nil }
        return UnsafeRawBufferPointer(rebasing: window.bytes[Int(position - window.start)...])
    }

    private mutating func shortage(of count: Int, _ window: Window) -> ScanProgress {
        guard window.isLast else { return .needs(count: count) }
        deviations.insert(.truncated)
        position = window.end
        return .finished
    }
}
