public import HTTPServer
internal import Ledger
internal import Synchronization

/// A request that was answered: nothing of its query, its header fields or its body.
public struct RequestRecord: Sendable {
    public var id: String
    public var method: String
    /// The pattern of its route, such as `/api/studies/{uid}`; nil when it had none. Never the path, which may name a patient's study.
    public var route: String?
    public var status: Int
    /// Until the answer began.
    public var seconds: Double
    public var address: String
    /// As in the audit trail; nil when nobody was recognised.
    public var actor: String?
    public var code: String?
}

/// The server's log: a JSON object on each line.
public final class JSONLog: Sendable {
    public enum Level: String, Sendable { case info, warning, error }

    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - now: seconds since 1970 UTC.
    ///   - write: takes a line with its end; called from any thread, and must not block.
    public init(now: @escaping @Sendable () -> Double, write: @escaping @Sendable ([UInt8]) -> Void) {
        (self.now, self.write) = (now, write)
    }

    /// Something other than a request. `message` holds no patient's values and no secrets.
    public func event(_ level: Level, _ message: String, requestID: String? = nil) {
        line(level, [("event", "message"), ("message", .string(message)), ("request_id", .string(requestID))])
    }

    func request(_ record: RequestRecord) {
        line(
            record.status >= 500 ? .error : .info,
            [
                ("event", "request"), ("request_id", .string(record.id)), ("method", .string(String(record.method.prefix(20)))),
                ("route", .string(record.route)), ("status", .integer(record.status)),
                ("milliseconds", .number((record.seconds * 1e6).rounded() / 1e3)), ("ip_address", .string(record.address)),
                ("actor", .string(record.actor)), ("code", .string(record.code)),
            ])
    }

    private func line(_ level: Level, _ members: [(String, JSON)]) {
        write(JSON.object([("time", .time(now())), ("level", .string(level.rawValue))] + members).bytes + [UInt8(ascii: "\n")])
    }
}

/// What is found out about a request on its way in, for whoever stands outside.
final class RequestTrace: RequestKey, Sendable {
    typealias Value = RequestTrace

    private let found = Mutex<(route: String?, actor: String?)>((nil, nil))

    var route: String? { found.withLock { $0.route } }
    var actor: String? { found.withLock { $0.actor } }

    func isRouted(to pattern: String) { found.withLock { $0.route = pattern } }
    func isAsked(by caller: Caller) {
        let actor = caller.identity == nil ? nil : caller.auditOrigin.actor
        found.withLock { $0.actor = actor }
    }
}

/// Shows a problem to whoever asked, where it is not to be `application/problem+json`.
public typealias ProblemView = @Sendable (Problem, Request) -> Response?

/// Makes every error an answer, and tells the log and other observers of every request. The outermost.
struct RequestObservation: Middleware {
    let log: JSONLog
    let observers: [@Sendable (RequestRecord) -> Void]
    let show: ProblemView
    /// Seconds of a clock that never goes back.
    let now: @Sendable () -> Double

    func respond(to request: Request, next: any Responder) async throws -> Response {
        let began = now()
        let trace = RequestTrace()
        var traced = request
        traced[RequestTrace.self] = trace
        func tell(_ status: Int, code: String? = nil) {
            let record = RequestRecord(
                id: request.id, method: request.method.rawValue, route: trace.route, status: status, seconds: now() - began,
                address: request.peer.text, actor: trace.actor, code: code)
            log.request(record)
            for observer in observers { observer(record) }
        }
        do {
            let response = try await next.respond(to: traced)
            tell(response.status.rawValue)
            return response
        } catch let error as CancellationError {
            // The client is gone; nobody reads an answer. HTTP has no number for it; this one is nginx's.
            tell(499, code: "CLIENT_GONE")
            throw error
        } catch {
            let problem = problem(of: error, request)
            tell(problem.status.rawValue, code: problem.code)
            return show(problem, request) ?? problem.response(requestID: request.id)
        }
    }

    private func problem(of error: any Error, _ request: Request) -> Problem {
        if let problem = error as? Problem { return problem }
        if let error = error as? LedgerError {
            if error.isOfFile { log.event(.error, error.description, requestID: request.id) }
            return Problem(error)
        }
        // Its description may hold anything; its type says where to look.
        log.event(.error, "A handler failed with \(type(of: error)).", requestID: request.id)
        return Problem(
            .internalServerError, "INTERNAL_ERROR", "Something went wrong inside the server; its log says what, under this request's id.")
    }
}
