internal import Glibc

/// Something that can be sent whole or in part, such as a file: knows preconditions and ranges.
///
/// Source: RFC 9110 §13, §14.
public struct Representation: Sendable {
    public var contentType: String
    /// In bytes.
    public var length: Int
    public var tag: EntityTag?
    /// Seconds since 1970 UTC.
    public var modified: Int?
    /// Further header fields, such as `Cache-Control`.
    public var headers: HeaderFields
    private let part: @Sendable (Range<Int>) throws -> ResponseBody

    /// - Parameter part: gives a part of the body; asked for once at most.
    public init(
        contentType: String, length: Int, tag: EntityTag? = nil, modified: Int? = nil, headers: HeaderFields = [:],
        part: @escaping @Sendable (Range<Int>) throws -> ResponseBody
    ) {
        (self.contentType, self.length, self.tag, self.modified) = (contentType, length, tag, modified)
        (self.headers, self.part) = (headers, part)
    }

    /// Bytes in memory.
    public init(contentType: String, bytes: [UInt8], tag: EntityTag? = nil, headers: HeaderFields = [:]) {
        self.init(contentType: contentType, length: bytes.count, tag: tag, headers: headers) { range in
            .bytes(range == 0..<bytes.count ? bytes : Array(bytes[range]))
        }
    }

    /// A file on a local disk, which libmicrohttpd's thread reads: one on a network must be streamed instead. Blocks while it is opened.
    ///
    /// - Throws: ``Problem`` 404 when there is no such file.
    public init(file path: String, contentType: String, tag: EntityTag? = nil, headers: HeaderFields = [:]) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var facts = stat()
        guard descriptor >= 0, fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            if descriptor >= 0 { close(descriptor) }
            throw Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
        }
        let file = OpenFile(descriptor)
        self.init(contentType: contentType, length: Int(facts.st_size), tag: tag, modified: facts.st_mtim.tv_sec, headers: headers) {
            range in
            .file(FileBody(descriptor: descriptor, offset: range.lowerBound, length: range.count) { _ in withExtendedLifetime(file) {} })
        }
    }

    /// Keeps a descriptor until both the representation and the bodies made of it are gone.
    private final class OpenFile: Sendable {
        private let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// The answer to a GET or HEAD: 200, 206, 304 or 416.
    ///
    /// - Throws: ``Problem`` 412, 416.
    public func response(to request: Request) throws -> Response {
        var response = Response(.ok, headers: headers)
        if let tag { response.headers["ETag"] = tag.description }
        if let modified { response.headers["Last-Modified"] = HTTPDate.text(modified) }
        response.headers["Accept-Ranges"] = "bytes"
        if try request.isUnchanged(tag: tag, modified: modified) {
            response.body = try part(0..<length)
            return response.notModified
        }
        response.headers["Content-Type"] = contentType
        var range = 0..<length
        if request.method == .get, let header = request.headers["Range"], mayUseRange(request), let asked = ByteRange(header) {
            guard let found = asked.range(in: length) else {
                throw Problem(
                    .rangeNotSatisfiable, "RANGE_NOT_SATISFIABLE", "There are \(length) bytes.",
                    headers: ["Content-Range": "bytes */\(length)"])
            }
            range = found
            response.status = .partialContent
            response.headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)"
        }
        response.body = try part(range)
        return response
    }

    /// Whether what the client has a part of is still the same. Source: RFC 9110 §13.1.5.
    private func mayUseRange(_ request: Request) -> Bool {
        guard let header = request.headers["If-Range"] else { return true }
        if let asked = EntityTag(header: header) { return asked == tag && !asked.isWeak }
        // A date is believed only if it is exactly the one that was sent.
        return modified.map { HTTPDate.text($0) == header } ?? false
    }
}

/// One range of bytes. Several at once are not supported, and are answered with the whole, as the standard allows.
///
/// Source: RFC 9110 §14.1.2.
enum ByteRange: Hashable {
    case from(Int, to: Int?)
    case last(Int)

    /// Nil when it is not understood, which is as if it were not there.
    init?(_ header: String) {
        guard header.lowercased().hasPrefix("bytes=") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count <= 18 && $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }) else {
            return nil
        }
        switch (Int(parts[0]), Int(parts[1])) {
        case (let first?, let last?) where first <= last: self = .from(first, to: last)
        case (let first?, nil): self = .from(first, to: nil)
        case (nil, let count?): self = .last(count)
        default: return nil
        }
    }

    /// Nil when nothing of it is there.
    func range(in length: Int) -> Range<Int>? {
        switch self {
        case .from(let first, let last): first < length ? first..<min(length, (last ?? length - 1) + 1) : nil
        case .last(let count): count > 0 && length > 0 ? max(0, length - count)..<length : nil
        }
    }
}
