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
