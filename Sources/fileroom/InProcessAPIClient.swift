import Foundation
import HTTPServer

/// Asks the API of this process itself, as a process on the control socket would.
struct InProcessAPIClient: APIClient {
    let responder: any Responder

    func answer(_ call: APICall) async throws -> APIAnswer {
        let collected = Collected()
        let status = try await run(call, into: collected)
        let body = Data(await collected.bytes)
        if let problem = APIProblem(status: status, body: body) { throw Failure(problem) }
        return APIAnswer(body: body)
    }

    func download(_ call: APICall, _ receive: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) async throws {
        let passed = Passed(receive)
        let status = try await run(call, into: passed)
        if let problem = APIProblem(status: status, body: Data(await passed.refused)) { throw Failure(problem) }
    }

    private func run(_ call: APICall, into sink: any Sink) async throws -> Int {
        let parts = call.target.split(separator: "?", maxSplits: 1)
        let path = String(parts.first ?? "/")
        let query: [(name: String, value: String)] = (parts.count < 2 ? "" : parts[1]).split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(pair[0]), pair.count < 2 ? "" : Self.decoded(pair[1]))
        }
        var headers: HeaderFields = ["Host": "localhost"]
        if call.body != nil { headers["Content-Type"] = "application/json" }
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        let request = Request(
            method: HTTPMethod(rawValue: call.method), rawPath: path, segments: path.split(separator: "/").map(Self.decoded),
            query: QueryParameters(query), headers: headers, body: RequestBody(Array(call.body ?? Data())), peer: .local, isSecure: false,
            authority: "localhost", id: id)
        let response: Response
        do {
            response = try await responder.respond(to: request)
        } catch let problem as Problem {
            response = problem.response(requestID: id)
        }
        await sink.begin(response.status.rawValue)
        switch response.body {
        case .none: break
        case .bytes(let bytes): try await sink.write(bytes)
        case .stream(_, let produce): try await produce(sink)
        case .file(let file): try await sink.write(Array(try await blocking { try Self.content(of: file) }))
        }
        return response.status.rawValue
    }

    /// The client made it, so it is well formed.
    private static func decoded(_ text: Substring) -> String { String(text).removingPercentEncoding ?? String(text) }

    @Sendable private static func content(of file: FileBody) throws -> Data {
        let handle = FileHandle(fileDescriptor: file.descriptor, closeOnDealloc: false)
        try handle.seek(toOffset: UInt64(file.offset))
        return try handle.read(upToCount: file.length) ?? Data()
    }
}

/// Takes a response's body.
private protocol Sink: ResponseBodyWriter {
    func begin(_ status: Int) async
}

private actor Collected: Sink {
    private(set) var bytes: [UInt8] = []
    func begin(_ status: Int) {}
    func write(_ bytes: [UInt8]) { self.bytes += bytes }
}

/// Hands pieces of a good response on, on a thread that may wait, and keeps those of another.
private actor Passed: Sink {
    private(set) var refused: [UInt8] = []
    private var isGood = false
    private let receive: @Sendable (UnsafeRawBufferPointer) throws -> Void

    init(_ receive: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) { self.receive = receive }

    func begin(_ status: Int) { isGood = (200..<300).contains(status) }

    func write(_ bytes: [UInt8]) async throws {
        guard isGood else {
            refused += bytes
            return
        }
        try await blocking { [receive] in try bytes.withUnsafeBytes { try receive($0) } }
    }
}
