internal import DICOM

/// What every record begins with: the item, and the offsets that make it part of a tree.
///
/// Source: PS3.3 Table F.3-3.
enum RecordOffsets {
    /// Where the offset of the next record stands.
    static let nextPosition = 16
    /// Of the item's header and the elements.
    static let length = bytes(lower: 0, bodyLength: 0).count

    static func bytes(lower: UInt32, bodyLength: Int) -> [UInt8] {
        let elements = [
            EncodedElement(Tag(0x0004, 0x1400), .ul, "0"),
            // In use.
            EncodedElement(Tag(0x0004, 0x1410), .us, "65535"), EncodedElement(Tag(0x0004, 0x1420), .ul, String(lower)),
        ].flatMap(\.bytes)
        var bytes = EncodedElement.itemTag
        bytes.append(littleEndian: UInt32(elements.count + bodyLength))
        return bytes + elements
    }

    static func value(_ offset: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: offset)
        return bytes
    }
}

/// Paths as a directory refers to them.
enum FileID {
    /// Source: PS3.10 §8.2, PS3.5 §6.2 (CS).
    static func isUsable(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.count <= 8
            && parts.allSatisfy { part in
                1...8 ~= part.count
                    && part.allSatisfy {
                        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                            || $0 == UInt8(ascii: "_")
                    }
            }
    }
}
