/// The numbers of the format.
///
/// Source: PKWARE APPNOTE 6.3.10.
enum ZipFormat {
    static let longestName = 0xFFFF
    /// A size or offset of this or more does not fit into a field of 32 bits (APPNOTE §4.4.8).
    static let limit32: UInt64 = 0xFFFF_FFFF
    /// The same of a number of entries and its 16 bits (APPNOTE §4.4.22).
    static let limit16 = 0xFFFF
}
