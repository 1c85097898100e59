import HTTPServer
import NetworkAddress
import WebAPI

/// What other machines see: the API and the pages, behind what every request passes.
struct PublicSite {
    let parts: OwnerParts
    let pages: StaticFiles?
    /// Networks whose proxies are believed.
    let trustedProxies: [AddressRange]
    let isCertificateReal: Bool

    var responder: any Responder {
        let fallback: Router.Handler? = pages.map { pages in { @Sendable request in try Self.page(request, pages) } }
        return parts.access
            .responder(
                for: parts.routes, fallback: fallback, isCertificateReal: isCertificateReal, observers: [parts.metrics.count],
                showing: parts.pages.show
            )
            .behind([
                TrustedProxies(trustedProxies), RequestIDMiddleware(), ConditionalMiddleware(),
                CompressionMiddleware(),
            ])
    }

    /// The addresses that the pages' own history shows.
    private static let names: Set<String> = [
        "catalogue", "shares", "sources", "jobs", "people", "keys", "audit", "health", "account", "sign-in", "setup",
    ]

    private static func page(_ request: Request, _ pages: StaticFiles) throws -> Response {
        let missing = Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
        switch request.segments.first {
        // Links have pages of their own, which say less.
        case "s"?: throw missing
        case nil: return try pages.page(for: request)
        case "assets"?: return try pages.asset(for: request)
        case let name? where names.contains(name) && request.segments.count == 1: return try pages.page(for: request)
        default:
            // A person who mistyped gets the page that says so.
            guard request.segments.first != "api", request.headers["Accept"]?.contains("text/html") == true else { throw missing }
            var page = try pages.page(for: request)
            if page.status == .ok { page.status = .notFound }
            return page
        }
    }
}
