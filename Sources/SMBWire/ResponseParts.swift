import DICOM

extension ByteWriter {
    mutating func put(_ failure: WorkerFailure) {
        put(failure.errno)
        put(failure.stage.rawValue)
        put(failure.hasSession)
        put(failure.detail)
    }

    mutating func put(_ failure: WorkerFailure?) {
        put(failure != nil)
        if let failure { put(failure) }
    }
}

extension ByteReader {
    mutating func failure() throws(WireError) -> WorkerFailure {
        let errno = try integer(Int32.self)
        guard let stage = WorkerFailure.Stage(rawValue: try integer()) else { throw WireError("no such stage", at: position - 1) }
        return WorkerFailure(errno: errno, stage: stage, hasSession: try bool(), detail: try text())
    }

    mutating func optionalFailure() throws(WireError) -> WorkerFailure? {
        try bool() ? try failure() : nil
    }
}

extension WireEntry {
    /// Whether bytes can be the name of something in a folder: one with a separator in it would lead out of there.
    public static func isName(_ bytes: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        switch bytes.count {
        case 0: return false
        case 1 where bytes[0] == dot: return false
        case 2 where bytes[0] == dot && bytes[1] == dot: return false
        default: return !bytes.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
        }
    }
}

extension WirePage {
    func write(to writer: inout ByteWriter) {
        writer.put(isLast)
        writer.put(folderID)
        writer.put(digest)
        writer.put(UInt32(entries.count))
        for entry in entries {
            writer.put(entry.name)
            writer.put(entry.isFolder)
            writer.put(entry.size)
            writer.put(entry.modified)
            writer.put(entry.changed)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        isLast = try reader.bool()
        folderID = try reader.integer()
        digest = try reader.integer()
        let count = try reader.count(each: 29)
        entries = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let start = reader.position
            let name = try reader.byteString(limit: WireLimit.path)
            guard WireEntry.isName(name) else { throw WireError("not a name", at: start) }
            let isFolder = try reader.bool()
            let size = try reader.integer(UInt64.self)
            entries.append(
                WireEntry(name: name, isFolder: isFolder, size: size, modified: try reader.integer(), changed: try reader.integer()))
        }
    }
}

extension HeaderReply {
    func write(to writer: inout ByteWriter) {
        writer.put(index)
        writer.put(bytesRead)
        writer.put(headerEnd)
        switch outcome {
        case .read(.instance(let header)):
            writer.put(UInt8(1))
            writer.put(header.packed)
        case .read(.directory):
            writer.put(UInt8(2))
        case .read(.notDICOM(let reason)):
            writer.put(UInt8(3))
            writer.put(reason)
        case .failed(let failure):
            writer.put(UInt8(4))
            writer.put(failure)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        index = try reader.integer()
        bytesRead = try reader.integer()
        headerEnd = try reader.integer()
        guard bytesRead <= Int64.max, headerEnd <= Int64.max else { throw WireError("a count beyond every file", at: reader.position) }
        let kind = try reader.integer(UInt8.self)
        switch kind {
        case 1:
            let start = reader.position
            guard let header = Header(packed: try reader.byteString(limit: WireLimit.frame)) else {
                throw WireError("a header's buffer is malformed", at: start)
            }
            outcome = .read(.instance(header))
        case 2: outcome = .read(.directory)
        case 3: outcome = .read(.notDICOM(reason: try reader.text()))
        case 4: outcome = .failed(try reader.failure())
        default: throw WireError("no outcome has the number \(kind)", at: reader.position - 1)
        }
    }
}
