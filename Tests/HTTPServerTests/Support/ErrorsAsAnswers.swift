@testable import HTTPServer

/// What stands outermost of an API: it makes every error an answer, which middleware before it then sees.
struct ErrorsAsAnswers: Middleware {
    func respond(to request: Request, next: any Responder) async throws -> Response {
        do {
            return try await next.respond(to: request)
        } catch {
            return (error as? Problem ?? Problem.internalError).response(requestID: request.id)
        }
    }
}
