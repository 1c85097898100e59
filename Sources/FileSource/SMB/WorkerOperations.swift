import Glibc
import SMBWire

// What a worker's thread does for the source: each of these blocks.
extension WorkerConnection {
    /// Lists a folder; gives all pages but the last to `relay`, and every page's first look to `check`.
    /// - Returns: the last page.
    func list(
        _ folder: SourcePath, relay: PageRelay, _ cancellation: Cancellation, check: (WirePage) throws(SourceError) -> Void
    ) throws -> [DirectoryEntry] {
        let limit = shared.deadline(12)
        var isFirst = true
        var request = Request.list(path: folder.bytes, pageSize: UInt32(clamping: max(1, shared.options.pageSize)))
        while true {
            switch try ask(request, within: limit, cancellation) {
            case .page(let page):
                if isFirst {
                    do { try check(page) } catch {
                        if !page.isLast { try abandonListing(cancellation) }
                        throw Trouble.source(error)
                    }
                }
                isFirst = false
                account(for: page)
                let entries = page.entries.map(DirectoryEntry.init)
                if page.isLast { return entries }
                if !relay.give(entries) {
                    try abandonListing(cancellation)
                    throw CancellationError()
                }
                request = .nextPage
            case .failed(let failure):
                // Memory that ran out once is not given back.
                if failure.errno == ENOMEM { drop() }
                throw Trouble.failure(failure)
            default:
                throw outOfPlace()
            }
        }
    }

    private func abandonListing(_ cancellation: Cancellation) throws(Trouble) {
        guard case .failed = try ask(.stop, within: shared.deadline(1), cancellation) else { throw outOfPlace() }
    }

    private func account(for page: WirePage) {
        shared.counters.update { $0.entries += page.entries.count }
        // What a listing brings over the network, about: FILE_ID_BOTH_DIRECTORY_INFORMATION and a name in UTF-16.
        let bytes = page.entries.reduce(UInt64(0)) { $0 + 112 + 2 * UInt64($1.name.count) }
        if let budget = shared.budget { _ = budget.with { $0.reserve(bytes, now: .now) } }
    }

    /// Reads the headers of a batch. What goes wrong is in the answer, next to what went well.
    func headers(_ requests: [HeaderRequest], _ cancellation: Cancellation) -> BatchAnswer {
        var answer = BatchAnswer()
        do throws(Trouble) {
            var start = 0
            let items = requests.map {
                HeaderItem(path: $0.path.bytes, size: $0.size, firstRead: UInt32(clamping: max(1, $0.firstRead)))
            }
            while start < items.count {
                let count = max(1, Request.fitting(items[start...]))
                try batch(items[start..<(start + count)], &answer, cancellation)
                if answer.trouble != nil || cancellation.isCancelled { break }
                start += count
            }
        } catch {
            answer.trouble = error
        }
        return answer
    }

    private func batch(_ items: ArraySlice<HeaderItem>, _ answer: inout BatchAnswer, _ cancellation: Cancellation) throws(Trouble) {
        let limit = shared.deadline(4)
        try prepare(cancellation)
        do throws(Trouble) {
            try send(.headers(Array(items)))
            while true {
                switch try receive(within: limit, cancellation) {
                case .headers(let replies):
                    answer.replies += replies.map { reply in
                        var reply = reply
                        let (index, overflow) = reply.index.addingReportingOverflow(UInt32(items.startIndex))
                        reply.index = overflow ? .max : index
                        return reply
                    }
                    let bytes = replies.reduce(0) { $0 + Int(clamping: min($1.bytesRead, 1 << 40)) }
                    shared.counters.update {
                        $0.headers += replies.count; $0.bytes += bytes
                    }
                case .headersDone(let failure):
                    if let failure { answer.trouble = .failure(failure) }
                    return
                default:
                    throw outOfPlace()
                }
            }
        } catch {
            if case .lost = error { answer.lastIndex = lastIndex.map { $0 + items.startIndex } }
            throw error
        }
    }

    /// Reads a range, in as many pieces as frames need.
    func read(_ file: SourcePath, offset: UInt64, count: Int, _ cancellation: Cancellation) throws(Trouble) -> FileRead {
        var whole = try piece(file, offset: offset, count: min(count, WireLimit.data), cancellation)
        var isAtEnd = whole.bytes.count < WireLimit.data
        while !isAtEnd, whole.bytes.count < count, !cancellation.isCancelled {
            let (position, overflow) = offset.addingReportingOverflow(UInt64(whole.bytes.count))
            if overflow { break }
            let wanted = min(count - whole.bytes.count, WireLimit.data)
            let next = try piece(file, offset: position, count: wanted, cancellation)
            // Pieces of two different files are no file: it is being written, and to be read again from the start.
            if (next.size, next.modified) != (whole.size, whole.modified) {
                throw .failure(WorkerFailure(errno: EBUSY, stage: .read, hasSession: true))
            }
            whole.bytes += next.bytes
            isAtEnd = next.bytes.count < wanted
        }
        return whole
    }

    private func piece(_ file: SourcePath, offset: UInt64, count: Int, _ cancellation: Cancellation) throws(Trouble) -> FileRead {
        let request = Request.read(path: file.bytes, offset: offset, count: UInt32(count))
        switch try ask(request, within: shared.deadline(4), cancellation) {
        case .data(let data):
            guard data.count <= count else { throw outOfPlace() }
            return FileRead(bytes: copyData(Int(data.count)), size: data.size, modified: data.modified)
        case .failed(let failure): throw .failure(failure)
        default: throw outOfPlace()
        }
    }

    func stat(_ path: SourcePath, _ cancellation: Cancellation) throws(Trouble) -> WireStatus {
        switch try ask(.stat(path: path.bytes), within: shared.deadline(4), cancellation) {
        case .status(let status): return status
        case .failed(let failure): throw .failure(failure)
        default: throw outOfPlace()
        }
    }

    /// Times `count` looks at the root: each is three round trips.
    func measure(count: Int, _ cancellation: Cancellation) throws(Trouble) -> [Duration] {
        switch try ask(.measure(count: UInt16(clamping: count)), within: shared.deadline(4), cancellation) {
        case .measured(let times): return times.map { .nanoseconds(Int64(clamping: $0)) }
        case .failed(let failure): throw .failure(failure)
        default: throw outOfPlace()
        }
    }
}

extension DirectoryEntry {
    fileprivate init(_ entry: WireEntry) {
        self.init(
            name: entry.name, kind: entry.isFolder ? .folder : .file, size: entry.size, modified: entry.modified, changed: entry.changed)
    }
}
