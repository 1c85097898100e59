import Foundation

@testable import HTTPServer

/// A folder that is removed with the test, its path longer than a socket address has room for.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "fileroom-http-\(UUID().uuidString)/" + String(repeating: "long/", count: 24)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        let root = path.components(separatedBy: "/long/")[0]
        // The system clears the folder for temporary files, should this fail.
        try? FileManager.default.removeItem(atPath: root)
    }
}

/// Runs a server for as long as `body` does.
func serving<Value>(
    _ responder: any Responder, limits: Limits = Limits(), tls: TLSCredentials? = nil,
    _ body: (HTTPServer, Int) async throws -> Value
) async throws -> Value {
    let server = try await HTTPServer.start(listening: [.tcp(host: "127.0.0.1", port: 0, tls: tls)], limits: limits, responder: responder)
    do {
        let value = try await body(server, server.addresses[0].port ?? 0)
        await server.stop(deadline: .zero)
        return value
    } catch {
        await server.stop(deadline: .zero)
        throw error
    }
}

/// One request over a fresh connection that the server closes behind it.
func exchange(_ port: Int, _ request: String) async throws -> String {
    let client = try RawClient(port: port)
    defer { client.close() }
    try await client.send(request)
    return try await client.receiveAll()
}

struct Handler: Responder {
    let handle: @Sendable (Request) async throws -> Response
    init(_ handle: @escaping @Sendable (Request) async throws -> Response) { self.handle = handle }
    func respond(to request: Request) async throws -> Response { try await handle(request) }
}

extension HTTPServer {
    /// Returns once no request is under way.
    func waitUntilIdle() async { await connections.waitForRequests() }
}
