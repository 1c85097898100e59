/// What the first bytes of a file say.
enum Recognition {
    /// File meta information starts there; `hasPrefix` tells whether a preamble and the DICM prefix precede it.
    case metaInformation(offset: Int, hasPrefix: Bool)
    /// A data set without file meta information starts at 0.
    case dataSet
    case directory
    case needs(count: Int)
    case notDICOM(reason: String)

    /// How many bytes always suffice to tell.
    private static let sufficient = 512

    /// - Parameter window: starts at 0.
    ///
    /// Source: PS3.10 §7.1 for the preamble and the prefix.
    init(_ window: Window) {
        let bytes = window.bytes
        if bytes.count >= 132, Recognition.isPrefix(bytes, at: 128) {
            self = .metaInformation(offset: 132, hasPrefix: true)
        } else if bytes.count < Recognition.sufficient, !window.isLast {
            self = .needs(count: Recognition.sufficient)
        } else if bytes.isEmpty {
            self = .notDICOM(reason: "empty file")
        } else if bytes.count < 8 {
            self = .notDICOM(reason: "too short to be DICOM")
        } else if Recognition.isPrefix(bytes, at: 0) {
            // Written by programs that forget the preamble but not the prefix.
            self = .metaInformation(offset: 4, hasPrefix: false)
        } else {
            self = Recognition.withoutPrefix(window)
        }
    }

    private static func isPrefix(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        bytes[offset] == UInt8(ascii: "D") && bytes[offset + 1] == UInt8(ascii: "I") && bytes[offset + 2] == UInt8(ascii: "C")
            && bytes[offset + 3] == UInt8(ascii: "M")
    }

    private static func withoutPrefix(_ window: Window) -> Recognition {
        for encoding in [DataSetEncoding.explicitLittle, .implicitLittle, .explicitBig] {
            guard let first = plausibleElement(window, at: 0, encoding) else { continue }
            let group = first.tag >> 16
            // An implicit element has nothing that tells it from noise but its tag and length, so a second one must follow.
            if !encoding.isExplicit {
                guard first.length <= 1024, let second = plausibleElement(window, at: first.size + Int(first.length), encoding),
                    second.tag > first.tag, second.tag >> 16 - group < 0x20
                else { continue }
            }
            switch group {
            case 0x0002 where !encoding.isBigEndian: return .metaInformation(offset: 0, hasPrefix: false)
            // Big endian file meta information is against PS3.10 §7.1; the data set's walk copes with it.
            case 0x0002: return .dataSet
            // Directory records (PS3.3 §F.3) are in no other file.
            case 0x0004: return .directory
            case 0x0008: return .dataSet
            default: continue
            }
        }
        return .notDICOM(reason: "no DICM prefix, and does not start as a data set")
    }

    /// The element there, if it has a known value representation or an implicit one's shape, and fits into the file.
    private static func plausibleElement(_ window: Window, at offset: Int, _ encoding: DataSetEncoding) -> ElementHeader? {
        guard offset + 8 <= window.bytes.count, let base = window.bytes.baseAddress else { return nil }
        let remaining = window.end - UInt64(offset)
        let available = window.bytes.count - offset
        guard let header = ElementHeader(base + offset, available: available, remaining: remaining, encoding), !header.isUnknown,
            header.length != ElementHeader.undefinedLength, UInt64(header.size) + UInt64(header.length) <= remaining
        else { return nil }
        return header
    }
}
