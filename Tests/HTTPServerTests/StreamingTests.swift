import Foundation
import HTTPServer
import Testing

/// Bodies on their way, clients that leave, and the server's end.
@Suite struct StreamingTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func `requests that are sent at once are answered one after the other`() async throws {
        let recorder = Recorder()
        try await serving(recorder) { _, port in
            let requests =
                "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
                + "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            let answers = try await exchange(port, requests)
            let places = ["answer to /1", "answer to /2", "answer to /3"].compactMap { answers.range(of: $0)?.lowerBound }
            #expect(places.count == 3 && places == places.sorted())
        }
    }

    @Test func `a body that nobody reads is thrown away, and the connection kept`() async throws {
        let refusing = Handler { _ in throw Problem(.forbidden, "NO", "No.") }
        try await serving(refusing) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "x", count: 5000))
                let answer = try await client.receive(until: "\"code\":\"NO\"")
                #expect(answer.hasPrefix("HTTP/1.1 403") && !answer.contains("Connection: close"))
            }
        }
    }

    @Test func `a large body is refused before it is read, and its sender still gets the answer`() async throws {
        let limited = Handler { request in Response(contentType: "text/plain", bytes: try await request.body.collect(upTo: 1000)) }
        try await serving(limited) { _, port in
            let client = try RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            _ = try await client.sendUntilFull(atMost: 4 << 20)
            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("Connection: close"))
        }
    }

    @Test func `leave to send is given when the handler begins to read`() async throws {
        let events = Events<String>()
        let reading = Handler { request in
            events.add("called")
            return Response(contentType: "text/plain", bytes: try await request.body.collect(upTo: 1000))
        }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        try await serving(reading) { _, port in
            let client = try RawClient(port: port)
            try await client.send(head)
            #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("hello")
            #expect(try await client.receiveAll().hasSuffix("hello"))
        }
        let refusing = Handler { _ in throw Problem(.unauthorized, "NO", "No.") }
        try await serving(refusing) { _, port in
            let answer = try await exchange(port, head)
            #expect(answer.hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test func `a slow reader does not let memory grow, and is cut off`() async throws {
        var limits = Limits()
        limits.rateWindow = .milliseconds(400)
        let events = Events<Int>()
        let endless = Handler { _ in
            Response(
                body: .stream(length: nil) { writer in
                    var written = 0
                    do {
                        while true {
                            try await writer.write([UInt8](repeating: 0x61, count: 64 << 10))
                            written += 64 << 10
                        }
                    } catch {
                        events.add(written)
                        throw error
                    }
                })
        }
        try await serving(endless, limits: limits) { server, port in
            let client = try RawClient(port: port, receiveBuffer: 64 << 10)
            try await client.send(Self.get)
            let written = try #require(await events.next())
            // What the kernel's buffers and ours take: nothing near endless.
            #expect(written > 0 && written < 16 << 20)
            await server.waitUntilIdle()
        }
    }

    @Test func `a handler that does not read holds its sender back`() async throws {
        let events = Events<String>()
        let idle = Handler { _ in
            defer { events.add("cancelled") }
            try await untilCancelled()
            return Response()
        }
        try await serving(idle) { _, port in
            let client = try RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
            #expect(try await client.sendUntilFull(atMost: 256 << 20) < 32 << 20)
            client.reset()
            #expect(await events.next() == "cancelled")
        }
    }

    @Test func `a handler that reads slowly holds its sender back`() async throws {
        let events = Events<Int>()
        let first = Handler { request in
            var pieces = request.body.makeAsyncIterator()
            events.add(try await pieces.next()?.count ?? 0)
            try await untilCancelled()
            return Response()
        }
        try await serving(first) { _, port in
            let client = try RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n")
            #expect(try await client.sendUntilFull(atMost: 256 << 20) < 32 << 20)
            #expect(await events.next() ?? 0 > 0)
        }
    }

    @Test(arguments: ["waiting", "reading", "writing"])
    func `a client that leaves cancels its handler`(_ stage: String) async throws {
        let events = Events<String>()
        let handler = Handler { request in
            events.add("begun")
            do {
                switch stage {
                case "waiting": try await untilCancelled()
                case "reading": for try await _ in request.body {}
                default: break
                }
                return Response(
                    headers: ["Content-Type": "text/event-stream"],
                    body: .stream(length: nil) { writer in
                        defer { events.add("cancelled") }
                        try await writer.write(Array(": hello\n\n".utf8))
                        try await untilCancelled()
                    })
            } catch {
                events.add("cancelled")
                throw error
            }
        }
        try await serving(handler) { server, port in
            let client = try RawClient(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(stage == "writing" ? 0 : 10)\r\n\r\n")
            if stage == "writing" { #expect(try await client.receive(until: ": hello").contains("200 OK")) }
            #expect(await events.next() == "begun")
            client.close()
            #expect(await events.next() == "cancelled")
            await server.waitUntilIdle()
        }
    }

    @Test(arguments: [5, 20])
    func `a stream that does not keep to its length never looks whole`(_ count: Int) async throws {
        let wrong = Handler { _ in
            Response(body: .stream(length: 10) { try await $0.write([UInt8](repeating: 0x61, count: count)) })
        }
        try await serving(wrong) { _, port in
            let answer = try await exchange(port, Self.get)
            #expect(answer.isEmpty || answer.contains("Content-Length: 10\r\n"))
            #expect(!answer.contains("aaaaaaaaaa"))
        }
    }

    @Test func `a stream that fails never looks whole`() async throws {
        struct Failed: Error {}
        let failing = Handler { _ in
            Response(
                body: .stream(length: nil) { writer in
                    try await writer.write(Array("begin".utf8))
                    throw Failed()
                })
        }
        try await serving(failing) { _, port in
            let answer = try await exchange(port, Self.get)
            #expect(!answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `the end waits for what runs and refuses what is new`() async throws {
        let events = Events<String>()
        let gate = Events<Void>()
        let handler = Handler { request in
            events.add(request.rawPath)
            if request.rawPath == "/running" { _ = await gate.next() }
            return Response(contentType: "text/plain", bytes: Array("done".utf8))
        }
        let server = try await HTTPServer.start(listening: [.tcp(host: "127.0.0.1", port: 0)], responder: handler)
        let port = try #require(server.addresses[0].port)
        let (running, idle) = (try RawClient(port: port), try RawClient(port: port))
        try await idle.send(Self.get)
        #expect(try await idle.receive(until: "done").contains("200 OK"))
        try await running.send("GET /running HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await events.next() == "/")
        #expect(await events.next() == "/running")
        async let end: Void = server.stop(deadline: .seconds(3600))
        #expect(try await idle.receiveAll().isEmpty)
        gate.add(())
        let answer = try await running.receiveAll()
        #expect(answer.hasSuffix("done") && answer.contains("Connection: close"))
        await end
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
    }

    @Test func `at the deadline, what still runs is cancelled`() async throws {
        let events = Events<String>()
        let handler = Handler { _ in
            events.add("begun")
            defer { events.add("cancelled") }
            try await untilCancelled()
            return Response()
        }
        let server = try await HTTPServer.start(listening: [.tcp(host: "127.0.0.1", port: 0)], responder: handler)
        let client = try RawClient(port: try #require(server.addresses[0].port))
        try await client.send(Self.get)
        #expect(await events.next() == "begun")
        await server.stop(deadline: .milliseconds(10))
        #expect(await events.next() == "cancelled")
        #expect(try await client.receiveAll().isEmpty)
    }
}
