public import HTTPServer

/// What browsers are told to refuse.
///
/// Source: Content Security Policy Level 3; OWASP Secure Headers Project.
public struct SecurityHeaders: Middleware {
    private let isCertificateReal: Bool

    /// - Parameter isCertificateReal: whether browsers may insist on TLS from now on: never with a certificate that the server made itself, which
    ///   would lock people out once it changes.
    public init(isCertificateReal: Bool) { self.isCertificateReal = isCertificateReal }

    static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
        "manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var response = try await next.respond(to: request)
        response.headers["Content-Security-Policy"] = Self.contentSecurityPolicy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if isCertificateReal, request.isSecure { response.headers["Strict-Transport-Security"] = "max-age=31536000" }
        return response
    }
}
