/// Tells browsers what they may not do with our pages.
///
/// Source: CSP level 3; RFC 6797 (HSTS); the Fetch standard (nosniff, CORP); HTML (COOP, referrer policy).
public struct SecurityHeaders: Middleware {
    private let sendsHSTS: Bool

    /// - Parameter hasTrustedCertificate: whether clients can verify the server's certificate. Never true for a self-signed one: a browser that
    ///   has seen HSTS does not let its user past a certificate that it cannot verify.
    public init(hasTrustedCertificate: Bool) { sendsHSTS = hasTrustedCertificate }

    static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
        manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var response = try await next.respond(to: request)
        // Whoever needs less than the pages allows less.
        if response.headers["Content-Security-Policy"] == nil { response.headers["Content-Security-Policy"] = Self.contentSecurityPolicy }
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if sendsHSTS, request.isSecure { response.headers["Strict-Transport-Security"] = "max-age=31536000" }
        // Whoever may be stored says so.
        if response.headers["Cache-Control"] == nil { response.headers["Cache-Control"] = "no-store" }
        return response
    }
}
