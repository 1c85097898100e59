import Foundation

@testable import HTTPServer

/// The ways in which a request reaches a responder: the same tests go all of them.
enum Way: String, CaseIterable, Sendable {
    case router, plain, tls, unix

    static let live: [Way] = [.plain, .tls, .unix]

    /// Sends one request and takes the whole answer.
    func ask(
        _ responder: any Responder, _ method: String, _ target: String, _ headers: HeaderFields = [:], body: String = ""
    ) async throws -> Answered {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: fileroom.test\r\nConnection: close\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        text += "\r\n" + body
        switch self {
        case .router: return try await Self.directly(responder, method, target, headers, body)
        case .plain:
            return try await serving(responder) { _, port in
                let client = try RawClient(port: port)
                try await client.send(text)
                return try Answered(try await client.receiveAllBytes())
            }
        case .tls:
            let made = try SelfSignedCertificate.make(notBefore: Int(Date().timeIntervalSince1970) - 60)
            let credentials = try TLSCredentials(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
            return try await serving(responder, tls: credentials) { [text] _, port in
                let command = ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
                return try Answered(try await runForBytes(command, input: text) ?? [])
            }
        case .unix:
            let folder = try ScratchFolder()
            let server = try await HTTPServer.start(listening: [.unix(path: folder.path + "s")], responder: responder)
            let client = try RawClient(path: folder.path + "s")
            try await client.send(text)
            let answer = try Answered(try await client.receiveAllBytes())
            await server.stop()
            return answer
        }
    }

    private static func directly(
        _ responder: any Responder, _ method: String, _ target: String, _ headers: HeaderFields, _ body: String
    ) async throws -> Answered {
        let target = try RequestTarget(target)
        let request = Request(
            method: HTTPMethod(rawValue: method), rawPath: target.rawPath, segments: target.segments, query: target.query, headers: headers,
            body: RequestBody(Array(body.utf8)), peer: .address("127.0.0.1"), isSecure: false, authority: "fileroom.test", id: "test")
        let response = try await responder.respond(to: request)
        let writer = CollectingWriter()
        switch response.body {
        case .none: break
        case .bytes(let bytes): await writer.write(bytes)
        case .stream(_, let produce): try await produce(writer)
        case .file(let file):
            let handle = FileHandle(fileDescriptor: file.descriptor, closeOnDealloc: false)
            try handle.seek(toOffset: UInt64(file.offset))
            await writer.write(Array(try handle.read(upToCount: file.length) ?? Data()))
        }
        return Answered(
            status: response.status.rawValue, headers: response.headers,
            body: method == "HEAD" || response.status == .notModified ? [] : await writer.bytes)
    }
}

private actor CollectingWriter: ResponseBodyWriter {
    var bytes: [UInt8] = []
    func write(_ bytes: [UInt8]) { self.bytes += bytes }
}

/// An answer as a client reads it.
struct Answered: Sendable {
    var status: Int
    var headers: HeaderFields
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }

    init(status: Int, headers: HeaderFields, body: [UInt8]) { (self.status, self.headers, self.body) = (status, headers, body) }

    /// From the bytes of a connection that had this one answer.
    init(_ bytes: [UInt8]) throws {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw RawClient.Failure(description: "no answer: \(String(decoding: bytes, as: UTF8.self))")
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        headers = [:]
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            headers.append(String(line[..<colon]), String(line[colon...].dropFirst(2)))
        }
        body = Array(bytes[end.upperBound...])
        if headers["Transfer-Encoding"] == "chunked" { body = try Self.unchunked(body) }
    }

    private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
        var (rest, whole) = (bytes[...], [UInt8]())
        while let end = rest.firstRange(of: [13, 10]), let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) {
            guard size > 0 else { return whole }
            whole += rest[end.upperBound...].prefix(size)
            rest = rest[end.upperBound...].dropFirst(size + 2)
        }
        throw RawClient.Failure(description: "the chunks end too soon")
    }
}
