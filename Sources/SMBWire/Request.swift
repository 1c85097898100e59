/// What a worker must know to reach a share. Sent once, in the first frame: nothing of it is in the worker's arguments or environment.
public struct ShareConnection: Hashable, Sendable {
    public enum Encryption: UInt8, Sendable, CaseIterable { case off, ifOffered, required }
    public var host: String
    public var port: UInt16
    public var share: String
    /// Path below the share that is the source's root; empty for the share itself.
    public var path: [UInt8]
    public var username: String
    public var password: String
    public var domain: String
    public var encryption: Encryption
    public var timeoutMilliseconds: UInt32
    /// Most bytes of address space that the worker may take; 0 for no limit.
    public var addressSpace: UInt64
    /// How many bytes to ask for at a time when reading is limited (``Response/wantsAllowance(bytes:)``); 0 when it is not.
    public var allowance: UInt32

    public init(
        host: String, port: UInt16, share: String, path: [UInt8], username: String, password: String, domain: String,
        encryption: Encryption, timeoutMilliseconds: UInt32, addressSpace: UInt64, allowance: UInt32
    ) {
        (self.host, self.port, self.share, self.path) = (host, port, share, path)
        (self.username, self.password, self.domain) = (username, password, domain)
        self.encryption = encryption
        (self.timeoutMilliseconds, self.addressSpace, self.allowance) = (timeoutMilliseconds, addressSpace, allowance)
    }
}

/// One file of a batch.
public struct HeaderItem: Hashable, Sendable {
    public var path: [UInt8]
    public var size: UInt64
    public var firstRead: UInt32

    public init(path: [UInt8], size: UInt64, firstRead: UInt32) {
        (self.path, self.size, self.firstRead) = (path, size, firstRead)
    }

    var encodedLength: Int { 16 + path.count }
}

/// What the program asks a worker. Paths are below the source's root, as bytes, not encoded in any way.
public enum Request: Hashable, Sendable {
    /// Answered by `configured` or `failed`.
    case configure(ShareConnection)
    /// Answered by `page`, up to the last, or `failed`.
    case list(path: [UInt8], pageSize: UInt32)
    /// Asks for the next page of the listing under way.
    case nextPage
    /// Ends the listing or batch under way early; a batch is still closed by `headersDone`. Ignored when nothing is under way.
    case stop
    /// Answered by any number of `headers`, and `headersDone`.
    case headers([HeaderItem])
    /// Answered by `data` or `failed`.
    case read(path: [UInt8], offset: UInt64, count: UInt32)
    /// Answered by `status` or `failed`.
    case stat(path: [UInt8])
    /// Times as many looks at the root: answered by `measured` or `failed`.
    case measure(count: UInt16)
    /// The answer to `wantsLogin`.
    case login(allowed: Bool)
    /// The answer to `wantsAllowance`.
    case allowance(bytes: UInt64)
    /// Looks out for changes anywhere below the root: answered by `changed` again and again, or `failed`. Nothing else can be asked of the worker
    /// any more; it ends with the pipe.
    case watch

    /// How many of `items`, from the first on, fit into one frame.
    public static func fitting(_ items: some Sequence<HeaderItem>) -> Int {
        var (count, length) = (0, 16)
        for item in items {
            length += item.encodedLength
            if length > WireLimit.frame || count == WireLimit.items { break }
            count += 1
        }
        return count
    }
}

extension Request {
    public func frame() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .configure(let connection):
            writer.put(UInt8(1))
            connection.write(to: &writer)
        case .list(let path, let pageSize):
            writer.put(UInt8(2))
            writer.put(path)
            writer.put(pageSize)
        case .nextPage: writer.put(UInt8(3))
        case .stop: writer.put(UInt8(4))
        case .headers(let items):
            writer.put(UInt8(5))
            writer.put(UInt32(items.count))
            for item in items {
                writer.put(item.path)
                writer.put(item.size)
                writer.put(item.firstRead)
            }
        case .read(let path, let offset, let count):
            writer.put(UInt8(6))
            writer.put(path)
            writer.put(offset)
            writer.put(count)
        case .stat(let path):
            writer.put(UInt8(7))
            writer.put(path)
        case .measure(let count):
            writer.put(UInt8(8))
            writer.put(count)
        case .login(let allowed):
            writer.put(UInt8(9))
            writer.put(allowed)
        case .allowance(let bytes):
            writer.put(UInt8(10))
            writer.put(bytes)
        case .watch: writer.put(UInt8(11))
        }
        return writer.frame()
    }

    /// Takes a frame's payload apart.
    /// - Parameter range: where in `payload` it is, if not all of it.
    /// - Throws: ``WireError`` for everything that ``frame()`` does not make.
    public init(payload: [UInt8], in range: Range<Int>? = nil) throws(WireError) {
        var reader = ByteReader(payload, in: range)
        switch try reader.integer(UInt8.self) {
        case 1: self = .configure(try ShareConnection(from: &reader))
        case 2: self = .list(path: try reader.byteString(limit: WireLimit.path), pageSize: try reader.integer())
        case 3: self = .nextPage
        case 4: self = .stop
        case 5: self = .headers(try Request.items(from: &reader))
        case 6:
            let path = try reader.byteString(limit: WireLimit.path)
            self = .read(path: path, offset: try reader.integer(), count: try reader.integer())
        case 7: self = .stat(path: try reader.byteString(limit: WireLimit.path))
        case 8: self = .measure(count: try reader.integer())
        case 9: self = .login(allowed: try reader.bool())
        case 10: self = .allowance(bytes: try reader.integer())
        case 11: self = .watch
        case let kind: throw WireError("no request has the number \(kind)", at: 0)
        }
        try reader.finish()
    }

    private static func items(from reader: inout ByteReader) throws(WireError) -> [HeaderItem] {
        let count = try reader.count(each: 16)
        var items: [HeaderItem] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            let path = try reader.byteString(limit: WireLimit.path)
            items.append(HeaderItem(path: path, size: try reader.integer(), firstRead: try reader.integer()))
        }
        return items
    }
}

extension ShareConnection {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.put(host)
        writer.put(port)
        writer.put(share)
        writer.put(path)
        writer.put(username)
        writer.put(password)
        writer.put(domain)
        writer.put(encryption.rawValue)
        writer.put(timeoutMilliseconds)
        writer.put(addressSpace)
        writer.put(allowance)
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        host = try reader.text()
        port = try reader.integer()
        share = try reader.text()
        path = try reader.byteString(limit: WireLimit.path)
        username = try reader.text()
        password = try reader.text()
        domain = try reader.text()
        guard let level = Encryption(rawValue: try reader.integer()) else { throw WireError("no such level", at: reader.position - 1) }
        encryption = level
        timeoutMilliseconds = try reader.integer()
        addressSpace = try reader.integer()
        allowance = try reader.integer()
    }
}
