import DICOM
import Glibc
import SMBWire

/// Reads the headers of a batch of files and sends them in groups.
final class HeaderBatch {
    /// A group is sent when it has so many bytes or is so old: the parent sees progress, and a file's deadline can be told from the silence.
    private static let groupBytes = 64 << 10
    private static let groupNanoseconds: UInt64 = 100_000_000

    private let share: Share
    private let channel: Channel
    private let allowance: Allowance
    private let memory: ParentMemory
    private let buffer = ReadBuffer()
    private var group: [HeaderReply] = []
    private var groupLength = 0
    private var groupStart: UInt64 = 0

    init(share: Share, channel: Channel, allowance: Allowance, memory: ParentMemory) {
        (self.share, self.channel, self.allowance, self.memory) = (share, channel, allowance, memory)
    }

    func run(_ items: [HeaderItem]) throws(ChannelError) {
        defer { memory.setProgress(0) }
        groupStart = Monotonic.now()
        for (index, item) in items.enumerated() {
            memory.setProgress(index + 1)
            let reply = try answer(item, index: UInt32(index))
            if case .failed(let failure) = reply.outcome, HeaderBatch.concernsConnection(failure) {
                try flush()
                return try channel.send(.headersDone(failure))
            }
            try add(reply)
            if try channel.isStopAsked() { break }
        }
        try flush()
        try channel.send(.headersDone(nil))
    }

    private static func concernsConnection(_ failure: WorkerFailure) -> Bool {
        if !failure.hasSession { return true }
        return [
            ECONNREFUSED, ECONNRESET, ECONNABORTED, ENETRESET, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ETIMEDOUT, ENOTCONN, EPIPE,
        ].contains(failure.errno)
    }

    private func add(_ reply: HeaderReply) throws(ChannelError) {
        group.append(reply)
        groupLength += reply.encodedLength
        if groupLength >= HeaderBatch.groupBytes || Monotonic.now() - groupStart >= HeaderBatch.groupNanoseconds { try flush() }
    }

    private func flush() throws(ChannelError) {
        if !group.isEmpty { try channel.send(.headers(group)) }
        group.removeAll(keepingCapacity: true)
        groupLength = 0
        groupStart = Monotonic.now()
    }

    private func answer(_ item: HeaderItem, index: UInt32) throws(ChannelError) -> HeaderReply {
        let first = min(UInt64(max(item.firstRead, 1)), item.size)
        try allowance.take(first)
        var (allowed, bytesRead, headerEnd) = (first, 0, 0)
        let result = share.attempt { share throws(WorkerFailure) in
            var scan = HeaderScan(fileSize: item.size)
            defer {
                bytesRead += scan.bytesRead
                headerEnd = scan.headerEnd
            }
            guard item.size > 0 else { return try scan.run(firstRead: 0, buffer: buffer) { _, _ throws(WorkerFailure) in 0 } }
            let file = try share.open(item.path)
            defer { share.close(file) }
            return try scan.run(firstRead: Int(first), buffer: buffer) { offset, part throws(WorkerFailure) in
                if offset > 0 { try allow(part.count, &allowed) }
                return try share.read(file, offset: offset, into: part)
            }
        }
        allowance.giveBack(allowed - min(allowed, UInt64(bytesRead)))
        let outcome: HeaderReply.Outcome
        switch result {
        case .success(let value): outcome = .read(value)
        case .failure(let failure): outcome = .failed(failure)
        }
        return HeaderReply(index: index, bytesRead: UInt64(bytesRead), headerEnd: UInt64(headerEnd), outcome: outcome)
    }

    private func allow(_ bytes: Int, _ allowed: inout UInt64) throws(WorkerFailure) {
        do { try allowance.take(UInt64(bytes)) } catch {
            // The pipe is closed; the next message ends the process.
            throw WorkerFailure(errno: EPIPE, stage: .read, hasSession: true)
        }
        allowed += UInt64(bytes)
    }
}
