/// Names the request in its response: `X-Request-Id`.
public struct RequestIDMiddleware: Middleware {
    public init() {}

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var response = try await next.respond(to: request)
        response.headers["X-Request-Id"] = request.id
        return response
    }
}
