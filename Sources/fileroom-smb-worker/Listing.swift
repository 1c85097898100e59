import CSMBClient
import Glibc
import SMBWire

/// Lists a folder and sends it page by page, each when it is asked for.
enum Listing {
    static func run(_ path: [UInt8], pageSize: Int, share: Share, channel: Channel) throws(ChannelError) {
        let folder: OpaquePointer
        switch share.attempt({ share throws(WorkerFailure) in try share.openFolder(path) }) {
        case .success(let opened): folder = opened
        case .failure(let failure): return try channel.send(.failed(failure))
        }
        defer { share.closeFolder(folder) }
        var pages: Pages
        do {
            pages = try Pages(folder, share: share, pageSize: min(max(pageSize, 1), WireLimit.items))
        } catch {
            return try channel.send(.failed(error))
        }
        while true {
            try channel.send(.page(pages.current))
            if pages.current.isLast { return }
            switch try channel.receive() {
            case .nextPage: break
            case .stop: return try channel.send(.failed(WorkerFailure(errno: ECANCELED, stage: .list, hasSession: true)))
            default: throw ChannelError.outOfPlace
            }
            do { try pages.advance(share: share) } catch { return try channel.send(.failed(error)) }
        }
    }
}

/// A folder's entries, cut into pages.
private struct Pages {
    private(set) var current: WirePage
    private let folder: OpaquePointer
    private let pageSize: Int
    /// Read ahead by one, so that a page knows whether it is the last.
    private var ahead: WireEntry?
    private var folderID: UInt64 = 0
    /// Entries that were taken from the library, whatever they are.
    private var taken = 0

    init(_ folder: OpaquePointer, share: Share, pageSize: Int) throws(WorkerFailure) {
        (self.folder, self.pageSize) = (folder, pageSize)
        current = WirePage(entries: [], isLast: true, folderID: 0, digest: 0)
        ahead = try next(share, isFirst: true)
        try advance(share: share)
        var digest = EntryDigest()
        for entry in current.entries { digest.add(entry) }
        current.digest = digest.value
    }

    mutating func advance(share: Share) throws(WorkerFailure) {
        current.entries.removeAll(keepingCapacity: true)
        var length = 0
        while let entry = ahead, current.entries.count < pageSize, length < WireLimit.frame / 2 {
            current.entries.append(entry)
            length += 32 + entry.name.count
            ahead = try next(share, isFirst: false)
        }
        current.isLast = ahead == nil
        current.folderID = folderID
    }

    /// The folder's own file number comes free with its entry for itself, which stands first where a server gives it at all.
    private mutating func next(_ share: Share, isFirst: Bool) throws(WorkerFailure) -> WireEntry? {
        var withID = isFirst
        while let (entry, fileID) = try share.nextEntry(folder, count: taken, withID: withID) {
            taken += 1
            guard let start = entry.pointee.name else { continue }
            let name = Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
            if withID, name.count == 1, name[0] == UInt8(ascii: ".") { folderID = fileID }
            withID = false
            // The folder itself and its parent; libsmbclient refuses names with separators.
            if !WireEntry.isName(name) { continue }
            let isFolder = entry.pointee.attrs & 0x10 /* FILE_ATTRIBUTE_DIRECTORY */ != 0
            return WireEntry(
                name: name, isFolder: isFolder, size: isFolder ? 0 : entry.pointee.size, modified: entry.pointee.mtime_ts.nanoseconds,
                changed: entry.pointee.ctime_ts.nanoseconds)
        }
        return nil
    }
}

/// A hash of a set of entries that does not depend on their order (FNV-1a of each, summed).
private struct EntryDigest {
    private(set) var value: UInt64 = 0

    mutating func add(_ entry: WireEntry) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in entry.name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for part in [entry.size, UInt64(bitPattern: entry.modified), entry.isFolder ? 1 : 0] {
            hash = (hash ^ part) &* 0x100_0000_01B3
            hash ^= hash >> 32
        }
        value &+= hash
    }
}
