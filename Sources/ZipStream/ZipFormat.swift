/// The format's numbers, those that more than one record uses.
///
/// Source: PKWARE APPNOTE 6.3.10.
enum ZipFormat {
    static let longestName = 0xFFFF
    /// What a field of 32 bits says when the number is elsewhere: from this on none fits (§4.4.8, §4.4.24).
    static let limit32: UInt64 = 0xFFFF_FFFF
    /// The same of 16 bits, which the number of entries has (§4.4.22).
    static let limit16 = 0xFFFF

    /// What a reader must know: folders and descriptors, or numbers of 64 bits (§4.4.3.2).
    static let version: UInt16 = 20
    static let wideVersion: UInt16 = 45

    /// Bit 3: the CRC-32 follows the content. Bit 11: names are UTF-8 (§4.4.4).
    static let flags: UInt16 = 1 << 3 | 1 << 11
    static let stored: UInt16 = 0
}
