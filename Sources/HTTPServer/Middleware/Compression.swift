internal import Synchronization

/// Compresses JSON and text for clients that accept it.
///
/// A compressed body is not byte for byte what the tag names, so a strong `ETag` becomes a weak one. Event streams are left alone: their events
/// must not wait in a compressor. Source: RFC 9110 §8.4, §8.8.3.3, §12.5.5.
public struct CompressionMiddleware: Middleware {
    private let smallest: Int

    /// - Parameter smallest: bodies of fewer bytes are not worth the work.
    public init(smallest: Int = 1024) { self.smallest = smallest }

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var response = try await next.respond(to: request)
        guard isCompressible(response) else { return response }
        response.headers.addVary("Accept-Encoding")
        guard let coding = request.headers["Accept-Encoding"].flatMap(ContentCoding.init(accepting:)) else { return response }
        switch response.body {
        case .bytes(let bytes) where bytes.count >= smallest: response.body = .bytes(Deflater.compress(bytes, coding))
        case .stream(let length, let produce) where length.map({ $0 >= smallest }) ?? true:
            response.body = .stream(length: nil) { writer in
                let compressing = CompressingWriter(writer, coding)
                try await produce(compressing)
                try await compressing.finish()
            }
        default: return response
        }
        response.headers["Content-Encoding"] = coding.rawValue
        response.headers["Accept-Ranges"] = nil
        if let tag = response.headers["ETag"], !tag.hasPrefix("W/") { response.headers["ETag"] = "W/" + tag }
        return response
    }

    private func isCompressible(_ response: Response) -> Bool {
        guard response.status != .partialContent, response.headers["Content-Encoding"] == nil, let type = response.headers["Content-Type"],
            response.headers["Cache-Control"]?.contains("no-transform") != true
        else { return false }
        let kind = type.prefix { $0 != ";" }.lowercased()
        if kind == "text/event-stream" { return false }
        return kind.hasPrefix("text/") || kind.hasSuffix("json") || kind.hasSuffix("+xml") || kind == "application/jsonl"
            || kind == "text/javascript" || kind == "image/svg+xml"
    }
}

extension HeaderFields {
    /// Names a header field of the request that the response depends on.
    mutating func addVary(_ name: String) {
        let present = values("Vary").flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " }.lowercased() }
        if !present.contains(name.lowercased()), !present.contains("*") { append("Vary", name) }
    }
}

/// Compresses on the way to another writer.
private final class CompressingWriter: ResponseBodyWriter {
    private let writer: any ResponseBodyWriter
    private let deflater: Mutex<Deflater>

    init(_ writer: any ResponseBodyWriter, _ coding: ContentCoding) {
        self.writer = writer
        deflater = Mutex(Deflater(coding))
    }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let ready = deflater.withLock { $0.compress(bytes, isLast: false) }
        if !ready.isEmpty { try await writer.write(ready) }
    }

    func finish() async throws { try await writer.write(deflater.withLock { $0.compress([], isLast: true) }) }
}
