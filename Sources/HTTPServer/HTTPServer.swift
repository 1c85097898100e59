internal import Foundation
internal import Synchronization

/// An HTTP/1.1 server. It listens from `start` until `stop`.
///
/// libmicrohttpd's threads move the bytes; each request is handled by a task of its own, which is cancelled when the client goes away. A client
/// that closes its sending side has gone away.
public final class HTTPServer: Sendable {
    let limits: Limits
    let connections = ConnectionTable()
    let watch: ConnectionWatch
    /// How many streamed responses of known length are under way.
    private let streams = Atomic<Int>(0)
    private let responder: any Responder
    private let report: EventSink
    /// Each holds the server, which therefore lasts until `stop` empties this.
    private let daemons = Mutex<[Daemon]>([])

    /// Where it listens, in the order of the listeners; nowhere once it has stopped.
    public var addresses: [BoundAddress] { daemons.withLock { $0.map(\.address) } }

    /// How many connections are open.
    public var openConnections: Int { connections.count }

    private init(limits: Limits, report: @escaping EventSink, responder: any Responder) throws {
        (self.limits, self.report, self.responder) = (limits, report, responder)
        watch = try ConnectionWatch(connections, limits: limits)
    }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - listeners: all of them, or none is opened.
    ///   - report: takes what the operator should know.
    /// - Throws: ``ServerError``.
    public static func start(
        listening listeners: [Listener], limits: Limits = Limits(), report: @escaping EventSink = { _ in }, responder: any Responder
    ) async throws -> HTTPServer {
        try await onOwnThread {
            let server = try HTTPServer(limits: limits, report: report, responder: responder)
            do {
                for listener in listeners {
                    let credentials: TLSCredentials? = if case .tcp(_, _, let tls) = listener { tls } else { nil }
                    let daemon = Daemon(try ListeningSocket.open(listener), credentials: credentials, server: server)
                    try daemon.start()
                    server.daemons.withLock { $0.append(daemon) }
                }
            } catch {
                server.end(server.takeDaemons())
                throw error
            }
            return server
        }
    }

    /// Ends it: refuses new connections and requests at once, lets the running requests finish, cuts what still runs at the deadline. Returns when
    /// all is over; to be called once.
    public func stop(deadline: Duration = .seconds(10)) async {
        let daemons = takeDaemons()
        connections.refuseRequests()
        for daemon in daemons { daemon.refuseNewConnections() }
        for connection in connections.all { connection.cutIfIdle() }
        let cutter = Task {
            try await Task.sleep(for: deadline)
            for connection in connections.all { connection.cut() }
        }
        await connections.waitForRequests()
        cutter.cancel()
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.end(daemons)
                continuation.resume()
            }
        }
    }

    private func takeDaemons() -> [Daemon] {
        daemons.withLock { daemons in
            defer { daemons = [] }
            return daemons
        }
    }

    /// Blocks until the threads are over. No request may be under way.
    private func end(_ daemons: [Daemon]) {
        for daemon in daemons {
            daemon.refuseNewConnections()
            daemon.stop()
        }
        watch.stop()
    }

    /// A request's head is there.
    ///
    /// - Returns: whether to find out at once how it goes on; else libmicrohttpd first has to pass to the next stage, as it must for a request
    ///   without body, whose connection it would otherwise close behind the response.
    func begin(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let id = RequestID.make()
        exchange.connection.headIsThere()
        do throws(Problem) {
            guard connections.beginRequest() else {
                throw Problem(.serviceUnavailable, "STOPPING", "The server is being stopped.", headers: ["Retry-After": "5"])
            }
            exchange.isCounted = true
            let head = try HeadMemory.read(bytes, target: exchange.target, limits: limits)
            exchange.start(head) { await self.handle(exchange, head, id: id) }
            return head.body != .none
        } catch {
            exchange.refuse(Answer(response: error.response(requestID: id), closes: true))
            return true
        }
    }

    private func handle(_ exchange: Exchange, _ head: RequestHead, id: String) async {
        defer { exchange.finish() }
        let request = makeRequest(exchange, head, id: id)
        var response: Response
        do {
            response = try await responder.respond(to: request)
        } catch {
            response = answer(to: error, id: id)
        }
        if let wrong = response.headers.fields.first(where: { !Self.isSendable($0) }) {
            report(ServerEvent(.error, "The response's header field \(wrong.name) cannot be sent.", requestID: id))
            response = Problem.internalError.response(requestID: id)
        }
        let hasBody = head.method != .head && response.status != .noContent && response.status != .notModified
        var answer = Answer(response: response, closes: closes(head, response), isHead: head.method == .head)
        guard hasBody, case .stream(let length, let produce) = response.body else { return exchange.respond(answer) }
        let weight = length == nil ? 0 : 1
        answer.blockBytes = Answer.blockBytes(among: streams.add(weight, ordering: .relaxed).newValue)
        defer { streams.subtract(weight, ordering: .relaxed) }
        exchange.respond(answer)
        do {
            let writer = ExchangeWriter(exchange, length: length)
            try await produce(writer)
            try writer.finish()
        } catch {
            // The connection is cut, so that the client does not take a part for the whole.
            exchange.abort()
            if !(error is CancellationError) {
                report(ServerEvent(.error, "A response was cut short: \(type(of: error))", requestID: id))
            }
        }
    }

    private func makeRequest(_ exchange: Exchange, _ head: RequestHead, id: String) -> Request {
        let body: RequestBody =
            switch head.body {
            case .none: RequestBody()
            case .length(let length): RequestBody(announcedLength: length) { try await exchange.read() }
            case .chunked: RequestBody(announcedLength: nil) { try await exchange.read() }
            }
        return Request(
            method: head.method, rawPath: head.target.rawPath, segments: head.target.segments, query: head.target.query,
            headers: head.headers,
            body: body, peer: exchange.connection.peer, isSecure: exchange.connection.isSecure, authority: head.authority, id: id)
    }

    /// Behind a chunked request as well: its chunks are read by libmicrohttpd, which is lenient, so nothing behind them is trusted.
    private func closes(_ head: RequestHead, _ response: Response) -> Bool {
        head.body == .chunked || connections.isStopping
            || response.headers["Connection"]?.lowercased() == "close"
    }

    private func answer(to error: any Error, id: String) -> Response {
        if let problem = error as? Problem { return problem.response(requestID: id) }
        if !(error is CancellationError) {
            report(ServerEvent(.error, "A request failed: \(type(of: error))", requestID: id))
        }
        return Problem.internalError.response(requestID: id)
    }

    private static func isSendable(_ field: HeaderFields.Field) -> Bool {
        RequestHead.isToken(field.name) && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// Runs what blocks on a thread of its own.
    private static func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// Names requests: 80 random bits.
enum RequestID {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        let bits = (generator.next(), generator.next())
        return String(decoding: (0..<16).map { alphabet[Int(($0 < 8 ? bits.0 : bits.1) >> (UInt64($0 % 8) * 5) & 31)] }, as: UTF8.self)
    }
}
