/// Turns what is thrown into a ``Problem``'s response; what is no problem is logged and answered with a 500 that says nothing of itself.
public struct ErrorMiddleware: Middleware {
    private let report: EventSink

    public init(report: @escaping EventSink) { self.report = report }

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        do {
            return try await next.respond(to: request)
        } catch let problem as Problem {
            return problem.response(requestID: request.id)
        } catch is CancellationError {
            // The client has gone: nobody reads the answer.
            throw CancellationError()
        } catch {
            // The type only: an error's text may hold what a log must not.
            report(ServerEvent(.error, "A request failed: \(type(of: error))", requestID: request.id))
            return Problem.internalError.response(requestID: request.id)
        }
    }
}

extension Problem {
    static let internalError = Problem(
        .internalServerError, "INTERNAL_ERROR", "Something went wrong in the server. Its log says more under this request's id.")
}

/// Names the request in its response: `X-Request-Id`.
public struct RequestIDMiddleware: Middleware {
    public init() {}

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var response = try await next.respond(to: request)
        response.headers["X-Request-Id"] = request.id
        return response
    }
}

/// What is known of a request once its response begins. Holds no query, since a query may hold patients' names.
public struct RequestRecord: Sendable {
    public var id: String
    public var method: HTTPMethod
    public var peer: Peer
    /// The path without the query.
    public var path: String
    public var status: HTTPStatus
    public var duration: Duration
}

/// Tells of each request, for logs and metrics. To be put in front of ``ErrorMiddleware``, so that it sees every status.
public struct RequestLogMiddleware: Middleware {
    private let record: @Sendable (RequestRecord) -> Void
    private let now: @Sendable () -> ContinuousClock.Instant

    public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, _ record: @escaping @Sendable (RequestRecord) -> Void) {
        (self.now, self.record) = (now, record)
    }

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let begin = now()
        let response = try await next.respond(to: request)
        record(
            RequestRecord(
                id: request.id, method: request.method, peer: request.peer, path: request.rawPath, status: response.status,
                duration: now() - begin))
        return response
    }
}
