public import DICOM

/// What went wrong in a worker, before it is put in words.
public struct WorkerFailure: Error, Hashable, Sendable {
    /// What was being done.
    public enum Stage: UInt8, Sendable, CaseIterable {
        case connect, list, open, read, stat
    }
    /// The C library's `errno`.
    public var errno: Int32
    public var stage: Stage
    /// Whether the worker is logged in to the share after the failure. If it is not, the failure concerns the connection rather than the file.
    public var hasSession: Bool
    /// What libsmbclient said about it, if anything.
    public var detail: String

    public init(errno: Int32, stage: Stage, hasSession: Bool, detail: String = "") {
        (self.errno, self.stage, self.hasSession, self.detail) = (errno, stage, hasSession, detail)
    }
}

/// One entry of a folder.
public struct WireEntry: Hashable, Sendable {
    public var name: [UInt8]
    public var isFolder: Bool
    public var size: UInt64
    public var modified: Int64
    public var changed: Int64

    public init(name: [UInt8], isFolder: Bool, size: UInt64, modified: Int64, changed: Int64) {
        (self.name, self.isFolder, self.size, self.modified, self.changed) = (name, isFolder, size, modified, changed)
    }
}

public struct WirePage: Hashable, Sendable {
    public var entries: [WireEntry]
    public var isLast: Bool
    /// The folder's file number on the server; 0 where it gives none.
    public var folderID: UInt64
    /// A hash of the first page's entries, whatever their order. The same in every page of a listing.
    public var digest: UInt64

    public init(entries: [WireEntry], isLast: Bool, folderID: UInt64, digest: UInt64) {
        (self.entries, self.isLast, self.folderID, self.digest) = (entries, isLast, folderID, digest)
    }
}

/// One file's header, or why there is none.
public struct HeaderReply: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case read(HeaderOutcome)
        case failed(WorkerFailure)
    }
    /// The file's position in the request.
    public var index: UInt32
    public var bytesRead: UInt64
    public var headerEnd: UInt64
    public var outcome: Outcome

    public init(index: UInt32, bytesRead: UInt64, headerEnd: UInt64, outcome: Outcome) {
        (self.index, self.bytesRead, self.headerEnd, self.outcome) = (index, bytesRead, headerEnd, outcome)
    }

    /// About how many bytes it takes on the wire.
    public var encodedLength: Int {
        switch outcome {
        case .read(.instance(let header)): 32 + header.packed.count
        default: 128
        }
    }
}

public struct WireStatus: Hashable, Sendable {
    public var isFolder: Bool
    public var size: UInt64
    public var modified: Int64
    public var fileID: UInt64

    public init(isFolder: Bool, size: UInt64, modified: Int64, fileID: UInt64) {
        (self.isFolder, self.size, self.modified, self.fileID) = (isFolder, size, modified, fileID)
    }
}

/// A piece of a file, which lies in ``SharedMemory`` until the next request, and what the file was when it was opened for it.
public struct WireData: Hashable, Sendable {
    public var count: UInt32
    public var size: UInt64
    public var modified: Int64

    public init(count: UInt32, size: UInt64, modified: Int64) {
        (self.count, self.size, self.modified) = (count, size, modified)
    }
}

/// What a worker says.
public enum Response: Hashable, Sendable {
    /// libsmbclient is about to log in, and waits for `login`. Comes within any operation, since sessions are renewed.
    case wantsLogin
    /// How the login that was asked for ended.
    case loginFinished(WorkerFailure?)
    /// The share is open. What the connection is protected with.
    case configured(isEncrypted: Bool, isSigned: Bool)
    case failed(WorkerFailure)
    case page(WirePage)
    case headers([HeaderReply])
    /// The batch is over. A failure concerns the connection: the files without an answer were not tried.
    case headersDone(WorkerFailure?)
    case data(WireData)
    case status(WireStatus)
    /// Nanoseconds for each look at the root.
    case measured([UInt64])
    /// So many bytes are about to be read; the worker waits for `allowance`.
    case wantsAllowance(bytes: UInt64)
    /// While watching: so many changes were told of by the server. Also comes with none now and then, as a sign of life.
    case changed(count: UInt32)
}

extension Response {
    public func frame() -> [UInt8] {
        var writer = ByteWriter(reserving: expectedLength)
        switch self {
        case .wantsLogin: writer.put(UInt8(1))
        case .loginFinished(let failure):
            writer.put(UInt8(2))
            writer.put(failure)
        case .configured(let isEncrypted, let isSigned):
            writer.put(UInt8(3))
            writer.put(isEncrypted)
            writer.put(isSigned)
        case .failed(let failure):
            writer.put(UInt8(4))
            writer.put(failure)
        case .page(let page):
            writer.put(UInt8(5))
            page.write(to: &writer)
        case .headers(let replies):
            writer.put(UInt8(6))
            writer.put(UInt32(replies.count))
            for reply in replies { reply.write(to: &writer) }
        case .headersDone(let failure):
            writer.put(UInt8(7))
            writer.put(failure)
        case .data(let data):
            writer.put(UInt8(8))
            writer.put(data.count)
            writer.put(data.size)
            writer.put(data.modified)
        case .status(let status):
            writer.put(UInt8(9))
            writer.put(status.isFolder)
            writer.put(status.size)
            writer.put(status.modified)
            writer.put(status.fileID)
        case .measured(let times):
            writer.put(UInt8(10))
            writer.put(UInt32(times.count))
            for time in times { writer.put(time) }
        case .wantsAllowance(let bytes):
            writer.put(UInt8(11))
            writer.put(bytes)
        case .changed(let count):
            writer.put(UInt8(12))
            writer.put(count)
        }
        return writer.frame()
    }

    /// Takes a frame's payload apart.
    /// - Parameter range: where in `payload` it is, if not all of it.
    /// - Throws: ``WireError`` for everything that ``frame()`` does not make.
    public init(payload: [UInt8], in range: Range<Int>? = nil) throws(WireError) {
        var reader = ByteReader(payload, in: range)
        switch try reader.integer(UInt8.self) {
        case 1: self = .wantsLogin
        case 2: self = .loginFinished(try reader.optionalFailure())
        case 3: self = .configured(isEncrypted: try reader.bool(), isSigned: try reader.bool())
        case 4: self = .failed(try reader.failure())
        case 5: self = .page(try WirePage(from: &reader))
        case 6: self = .headers(try Response.replies(from: &reader))
        case 7: self = .headersDone(try reader.optionalFailure())
        case 8:
            self = .data(WireData(count: try reader.integer(), size: try reader.integer(), modified: try reader.integer()))
        case 9:
            let isFolder = try reader.bool()
            self = .status(
                WireStatus(
                    isFolder: isFolder, size: try reader.integer(), modified: try reader.integer(), fileID: try reader.integer()))
        case 10:
            let count = try reader.count(each: 8)
            var times: [UInt64] = []
            for _ in 0..<count { times.append(try reader.integer()) }
            self = .measured(times)
        case 11: self = .wantsAllowance(bytes: try reader.integer())
        case 12: self = .changed(count: try reader.integer())
        case let kind: throw WireError("no response has the number \(kind)", at: 0)
        }
        try reader.finish()
    }

    /// About how long it becomes, so that the buffer need not grow often.
    private var expectedLength: Int {
        switch self {
        case .page(let page): 64 + 48 * page.entries.count
        case .headers(let replies): replies.reduce(64) { $0 + $1.encodedLength }
        default: 128
        }
    }

    private static func replies(from reader: inout ByteReader) throws(WireError) -> [HeaderReply] {
        let count = try reader.count(each: 21)
        var replies: [HeaderReply] = []
        replies.reserveCapacity(count)
        for _ in 0..<count { replies.append(try HeaderReply(from: &reader)) }
        return replies
    }
}
