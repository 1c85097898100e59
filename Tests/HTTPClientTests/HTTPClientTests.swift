import Foundation
import HTTPClient
import Synchronization
import Testing

/// What `/echo` says.
private struct Echo: Decodable {
    var method: String
    var path: String
    var headers: [String: String]
    var body: String

    init(_ response: ClientResponse) throws { self = try JSONDecoder().decode(Echo.self, from: Data(response.body)) }
}

/// The code that a request ends with.
private func refusal(_ client: HTTPClient, _ request: ClientRequest) async -> HTTPClientError.Code? {
    do throws(HTTPClientError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error.code
    }
}

@Suite(.timeLimit(.minutes(2))) struct `The HTTP client` {
    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
    func `sends method, headers and body, and gives status, headers and body`(method: String) async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        let body: [UInt8]? = method == "GET" ? nil : Array(#"{"name":"Müller"}"#.utf8)
        let answer = try await client.send(
            ClientRequest(method, "/echo", headers: [("X-One", "1"), ("Authorization", "Bearer k")], body: body))
        let echo = try Echo(answer)
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
        #expect(
            echo.method == method && echo.path == "/echo" && echo.headers["x-one"] == "1" && echo.headers["authorization"] == "Bearer k")
        #expect(echo.body == String(decoding: body ?? [], as: UTF8.self))
        #expect(try await client.send(ClientRequest("HEAD", "/echo")).header("Content-Length") == "7")
    }

    @Test func `gives an error's body also where a download was asked for, and follows no redirection`() async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://localhost:\(server.place)/"))
        let problem = try await client.download(ClientRequest("GET", "/problem")) { _ in Issue.record("received") }
        #expect(problem.status == 409 && problem.body == Array(#"{"code":"TAKEN"}"#.utf8))
        #expect(try await client.send(ClientRequest("GET", "/elsewhere")).status == 302)
    }

    @Test func `asks over a Unix socket in a folder whose path is longer than an address`() async throws {
        let folder = try TemporaryFolder(below: "/" + String(repeating: "long", count: 40))
        let client = try HTTPClient(.socket(in: folder.path, named: "control.sock"))
        #expect(await refusal(client, ClientRequest("GET", "/echo")) == .nobodyListens)
        let missing = try HTTPClient(.socket(in: folder.path + "/none", named: "control.sock"))
        #expect(await refusal(missing, ClientRequest("GET", "/echo")) == .nobodyListens)
        do {
            let server = try PythonServer(folder.path + "/control.sock")
            let answer = try await client.send(ClientRequest("POST", "/echo", body: Array("x".utf8)))
            #expect(try Echo(answer).headers["host"] == "localhost")
            _ = server
        }
        // The file is there still, and nobody behind it.
        #expect(await refusal(client, ClientRequest("GET", "/echo")) == .nobodyListens)
    }

    @Test func `hands a large answer over while it comes`() async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        let sum = Mutex((bytes: 0, largest: 0))
        let answer = try await client.download(ClientRequest("GET", "/large", timeout: nil)) { piece in
            sum.withLock { $0 = ($0.bytes + piece.count, max($0.largest, piece.count)) }
        }
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(sum.withLock { $0.bytes } == 100_000_000 && sum.withLock { $0.largest } < 1 << 20)
        #expect(await refusal(client, ClientRequest("GET", "/large")) == .tooLarge)
    }

    @Test func `ends a download that its receiver does not want`() async throws {
        struct Unwanted: Error {}
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        do {
            _ = try await client.download(ClientRequest("GET", "/large")) { _ in throw Unwanted() }
            Issue.record("received")
        } catch {
            #expect(error.code == .refusedByReceiver && error.underlying is Unwanted)
        }
        #expect(try server.line() == "gone")
    }

    @Test func `a cancelled task ends its request at once, and the client can be used again`() async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        let waiting = Task { await refusal(client, ClientRequest("GET", "/silent", timeout: nil)) }
        #expect(try server.line() == "silent")
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        #expect(try server.line() == "gone")
        #expect(try await client.send(ClientRequest("GET", "/echo")).status == 200)
    }

    @Test func `an answer that does not come, or not whole, is an error`() async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        #expect(await refusal(client, ClientRequest("GET", "/silent", timeout: .milliseconds(50))) == .timedOut)
        #expect(await refusal(client, ClientRequest("GET", "/cut")) == .cut)
        #expect(await refusal(client, ClientRequest("GET", "/nothing")) == .cut)
    }

    @Test func `a body that waits for the server's leave tells what was begun from what was not`() async throws {
        let server = try PythonServer("0")
        let client = try HTTPClient(.url("http://127.0.0.1:\(server.place)"))
        func request(_ path: String) -> ClientRequest {
            var request = ClientRequest("POST", path, body: Array("x".utf8))
            request.awaitsLeave = true
            return request
        }
        let echo = try Echo(try await client.send(request("/echo")))
        #expect(echo.body == "x" && echo.headers["expect"] == "100-continue")
        #expect(try await client.send(request("/refused")).status == 503)
        #expect(await refusal(client, request("/nothing")) == .notBegun)
        #expect(await refusal(client, request("/taken")) == .cut)
        #expect(await refusal(client, ClientRequest("POST", "/nothing", body: Array("x".utf8))) == .cut)
    }

    @Test func `a server that is not there is unreachable`() async throws {
        let port = try { try PythonServer("0").place }()
        #expect(await refusal(try HTTPClient(.url("http://127.0.0.1:\(port)")), ClientRequest("GET", "/echo")) == .unreachable)
        #expect(await refusal(try HTTPClient(.url("https://nowhere.invalid")), ClientRequest("GET", "/echo")) == .unreachable)
    }

    @Test func `a certificate is trusted only when a known authority signed it, for the name that was asked`() async throws {
        let folder = try TemporaryFolder()
        let made = try folder.makeCertificate()
        let server = try PythonServer("0", made.certificate, made.key)
        func code(_ host: String, _ authority: String?) async throws -> HTTPClientError.Code? {
            await refusal(
                try HTTPClient(.url("https://\(host):\(server.place)", certificateAuthority: authority)), ClientRequest("GET", "/echo"))
        }
        #expect(try await code("localhost", nil) == .notTrusted)
        #expect(try await code("localhost", made.certificate) == nil)
        #expect(try await code("127.0.0.1", made.certificate) == .notTrusted)
        let other = try TemporaryFolder()
        #expect(try await code("localhost", try other.makeCertificate().certificate) == .notTrusted)
        #expect(throws: HTTPClientError.self) { try HTTPClient(.url("https://localhost", certificateAuthority: folder.path + "/none")) }
    }

    @Test(arguments: [
        "nonsense", "ftp://host", "file:///etc/passwd", "https://host/path", "https://user:secret@host", "https://host?x", "https://host#x",
        "http://fileroom.example", "http://128.0.0.1",
    ])
    func `an address that is none, or would send secrets in clear, is refused`(url: String) {
        #expect(throws: HTTPClientError.self) { try HTTPClient(.url(url)) }
    }

    @Test(arguments: ["https://host", "https://host:8443/", "http://localhost:80", "http://127.1.2.3", "http://[::1]:8080"])
    func `an address that may be asked is taken`(url: String) throws {
        _ = try HTTPClient(.url(url))
    }
}
