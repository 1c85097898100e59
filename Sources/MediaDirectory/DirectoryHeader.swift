internal import DICOM

/// What precedes the records: always as long, so that they have their place before it is complete.
///
/// Source: PS3.10 §7.1, PS3.3 §F.3.2.
struct DirectoryHeader {
    /// Of the records, from the first one's item to the end.
    var recordsLength: UInt32 = 0
    var firstRoot: UInt32 = 0
    var lastRoot: UInt32 = 0
    /// Told from all bytes of the records, so that the same directory has the same name, and another another.
    var fingerprint = Fingerprint()

    /// Of this software; a UUID of its own (PS3.5 §B.2).
    private static let implementationClassUID = "2.25.244252518093679530463427135844354135030"

    static let length = DirectoryHeader().bytes.count

    var bytes: [UInt8] {
        let meta = [
            EncodedElement(Tag(0x0002, 0x0001), .ob, [0, 1]), EncodedElement(Tag(0x0002, 0x0002), .ui, "1.2.840.10008.1.3.10"),
            EncodedElement(Tag(0x0002, 0x0003), .ui, fingerprint.uid), EncodedElement(Tag(0x0002, 0x0010), .ui, "1.2.840.10008.1.2.1"),
            EncodedElement(Tag(0x0002, 0x0012), .ui, DirectoryHeader.implementationClassUID),
            EncodedElement(Tag(0x0002, 0x0013), .sh, "FILEROOM"),
        ].flatMap(\.bytes)
        var bytes = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        bytes += EncodedElement(Tag(0x0002, 0x0000), .ul, String(meta.count)).bytes + meta
        bytes += EncodedElement(Tag(0x0004, 0x1130), .cs, "FILEROOM").bytes
        bytes += EncodedElement(Tag(0x0004, 0x1200), .ul, String(firstRoot)).bytes
        bytes += EncodedElement(Tag(0x0004, 0x1202), .ul, String(lastRoot)).bytes
        // No known inconsistencies.
        bytes += EncodedElement(Tag(0x0004, 0x1212), .us, "0").bytes
        bytes += EncodedElement(Tag(0x0004, 0x1220), items: []).bytes.dropLast(4)
        bytes.append(littleEndian: recordsLength)
        return bytes
    }
}

/// A number of 128 bits that hardly any other bytes have: no protection against those who want another with the same.
///
/// Source: FNV-1a with 128 bits, eight bytes at a time.
struct Fingerprint {
    private var state: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B

    mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count {
                let count = min(8, bytes.count - position)
                var word: UInt64 = 0
                withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: bytes[position..<position + count]) }
                state = (state ^ UInt128(UInt64(littleEndian: word))) &* Fingerprint.prime
                position += count
            }
        }
    }

    /// As a UID of 44 characters: a UUID of the version and variant that leave its making to us.
    ///
    /// Source: PS3.5 §B.2, RFC 9562 §5.8.
    var uid: String {
        let version = (state & ~(0xF << 76)) | (0x8 << 76)
        let variant = (version & ~(0x3 << 62)) | (0x2 << 62)
        // The highest bit is set, since only so all have as many digits.
        return "2.25." + String(variant | 1 << 127)
    }
}
