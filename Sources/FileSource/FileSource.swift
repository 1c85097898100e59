public import DICOM

/// A path below a source's root, or one name in a folder: bytes, because a NAS can hold names that are not UTF-8. Folders are separated by `/`; the root is empty.
public struct SourcePath: Hashable, Sendable, CustomStringConvertible {
    public var bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }
    public init(_ string: String) { bytes = Array(string.utf8) }
    public static let root = SourcePath(bytes: [])
    /// The path for people: undecodable bytes shown as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// The path of `name` in this folder.
    public func appending(_ name: [UInt8]) -> SourcePath {
        if bytes.isEmpty { return SourcePath(bytes: name) }
        var joined = bytes
        joined.reserveCapacity(bytes.count + 1 + name.count)
        joined.append(UInt8(ascii: "/"))
        joined.append(contentsOf: name)
        return SourcePath(bytes: joined)
    }
}

/// What stands in a folder.
public struct DirectoryEntry: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case file, folder
        /// Symbolic links that a source does not follow, FIFOs, sockets, devices: counted, never opened.
        case other
    }
    /// The name alone, without the folder.
    public var name: [UInt8]
    public var kind: Kind
    /// Size in bytes.
    public var size: UInt64
    /// Modification time, nanoseconds since 1970 UTC.
    public var modified: Int64
    /// Change time (metadata or content), nanoseconds since 1970 UTC; 0 where the source does not give it.
    public var changed: Int64

    public init(name: [UInt8], kind: Kind, size: UInt64, modified: Int64, changed: Int64) {
        (self.name, self.kind, self.size, self.modified, self.changed) = (name, kind, size, modified, changed)
    }
}

/// A piece of a file, with what the file was when it was opened for it.
public struct FileRead: Hashable, Sendable {
    public var bytes: [UInt8]
    /// The whole file's size in bytes.
    public var size: UInt64
    /// Modification time, nanoseconds since 1970 UTC: as ``DirectoryEntry/modified`` of a file that has not changed since it was listed.
    public var modified: Int64

    public init(bytes: [UInt8], size: UInt64, modified: Int64) {
        (self.bytes, self.size, self.modified) = (bytes, size, modified)
    }
}

/// "Read these files' headers": files of one folder or several.
public struct HeaderRequest: Sendable {
    /// The caller's own number for the file; comes back in ``HeaderResult``.
    public var id: Int64
    public var path: SourcePath
    /// The size that the listing gave: reads never go past it.
    public var size: UInt64
    /// How many bytes to read first.
    public var firstRead: Int

    public init(id: Int64, path: SourcePath, size: UInt64, firstRead: Int) {
        (self.id, self.path, self.size, self.firstRead) = (id, path, size, firstRead)
    }
}

public struct HeaderResult: Sendable {
    public enum Outcome: Sendable {
        case read(HeaderOutcome)
        case failed(SourceError)
    }
    public var id: Int64
    public var outcome: Outcome
    /// Bytes that were read from the file.
    public var bytesRead: Int
    /// Offset behind the last byte that the header needed: what a first read of the next file in this folder should cover.
    public var headerEnd: Int
    /// How often the read was tried again after a temporary error.
    public var retries: Int

    public init(id: Int64, outcome: Outcome, bytesRead: Int, headerEnd: Int, retries: Int) {
        (self.id, self.outcome, self.bytesRead, self.headerEnd, self.retries) = (id, outcome, bytesRead, headerEnd, retries)
    }
}

/// A tree of files that can be listed and read: a local folder or an SMB share.
///
/// Every operation may be called from many tasks at once; a source runs as many at a time as it sees fit and queues the rest. Cancelling the
/// calling task makes an operation throw `CancellationError` within a second.
public protocol FileSource: Sendable {
    /// Lists a folder, page by page; each page but the last is handed to `page` as it arrives, and the next is not asked for before `page`
    /// returns.
    ///
    /// - Returns: the last page, most often the only one. With it the listing is complete.
    /// - Throws: ``SourceError`` when the folder could not be listed completely; pages seen before are then all that is known.
    func list(_ folder: SourcePath, page: @Sendable ([DirectoryEntry]) async throws -> Void) async throws -> [DirectoryEntry]

    /// Reads at most `count` bytes from `offset`; fewer only at the end of the file.
    ///
    /// What has changed since the file was listed shows in the size and the time that come with the bytes.
    func read(_ file: SourcePath, offset: UInt64, count: Int) async throws -> FileRead

    /// Reads files' headers. One file's failure is that file's result; it throws only when the source as a whole cannot go on.
    func readHeaders(_ requests: [HeaderRequest]) async throws -> [HeaderResult]

    /// How many operations are worth having under way at once now. Changes while the source measures itself.
    var concurrency: Int { get }

    /// Checks that the root can be listed, with one connection only; a wrong password is tried once.
    /// - Parameter retrying: whether temporary errors are tried again, as for work, or told at once, as to a person who waits.
    /// - Throws: ``SourceError``.
    func probe(retrying: Bool) async throws

    /// Ends workers and connections. Operations under way throw.
    func close() async
}
