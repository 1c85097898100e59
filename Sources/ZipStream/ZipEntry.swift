/// A file of an archive as planned, before it has its place.
public struct ZipEntry: Sendable, Hashable {
    /// Its name in the archive, folders separated by `/`; at most 65,535 bytes of UTF-8.
    public var path: String
    /// Its length in bytes.
    public var size: UInt64
    /// When it was last modified, in whole seconds since 1970 UTC.
    ///
    /// Written as DOS time in UTC, which knows the years 1980 to 2107 in steps of two seconds, and as an extended timestamp.
    public var modifiedUnixSeconds: Int64

    public init(path: String, size: UInt64, modifiedUnixSeconds: Int64) {
        self.path = path
        self.size = size
        self.modifiedUnixSeconds = modifiedUnixSeconds
    }
}

/// A file of an archive in its place.
public struct PlacedZipEntry: Sendable, Hashable {
    /// Its number, from 0, in the order of the archive.
    public var index: Int
    public var entry: ZipEntry
    /// Where its local header begins, as ``ZipSizer/add(_:)`` said.
    public var offset: UInt64
    /// The CRC-32 of its content; nil until somebody has read all of it.
    public var crc: UInt32?

    public init(index: Int, entry: ZipEntry, offset: UInt64, crc: UInt32?) {
        self.index = index
        self.entry = entry
        self.offset = offset
        self.crc = crc
    }
}
