internal import Cryptography
internal import Foundation
internal import HTTPServer
public import Ledger
public import Sharing

/// What whoever has a link may ask for: its page, to be let in, and the download [H1 H2].
public struct RecipientRoutes: Sendable {
    private let ledger: Ledger
    private let service: ShareService
    private let pages: RecipientPages
    private let address: PublicAddress
    private let now: @Sendable () -> Double

    /// - Parameter now: seconds since 1970 UTC.
    public init(
        ledger: Ledger, service: ShareService, pages: RecipientPages, address: PublicAddress,
        now: @escaping @Sendable () -> Double = wallClock
    ) {
        (self.ledger, self.service, self.pages, self.address, self.now) = (ledger, service, pages, address, now)
    }

    public var routes: [APIRoute] { [page, unlock, download] }

    private static let token = Operation.Parameter.path("token", .string(lengths: 1...200), "The link's secret.")
    private static let noLink = Operation.Answer.page(
        .notFound, "The link is not known, has ended or was taken back: the same page for all of them.")
    private static let lockedOut = Operation.Answer.page(.forbidden, "The password is wrong, or none is taken any more.")

    // MARK: The page

    private var page: APIRoute {
        APIRoute(
            .get, "/s/{token}", .link, audit: .byHandler,
            Operation(
                "showShare", tag: "Recipients",
                "The page of a share: who shares how much, until when, and the way in. Opening it uses nothing up.",
                parameters: [Self.token],
                answers: [.page(.ok, "The page."), Self.noLink]),
            handler: answering { request, caller in
                let visit = try await visit(request, caller)
                guard let share = visit.share, try await isShown(share, visit.grant) else { throw try await refuse(visit, "SHARE_ENDED") }
                let response = try await show(share, visit, request)
                try await ledger.noteView(of: share, visitor: visit.visitor)
                return response
            })
    }

    /// Whoever has begun a download finds the way to its end also when the link has ended.
    private func isShown(_ share: Share, _ grant: ShareGrant?) async throws -> Bool {
        if share.isPresentable { return true }
        guard let grant, share.admitsResuming(now: now()) else { return false }
        return try await ledger.plans(of: grant).contains { $0.startedAt != nil }
    }

    private func show(
        _ share: Share, _ visit: Visit, _ request: Request, status: HTTPStatus = .ok, notice: ((RecipientTexts) -> String)? = nil
    ) async throws -> Response {
        let language = share.language.flatMap { RecipientLanguage(rawValue: $0.rawValue) } ?? RecipientLanguage(acceptedBy: request)
        let offer = try await service.offer(of: share, isUnlocked: visit.grant != nil || !share.hasPassword)
        let page = RecipientPages.Sheet(
            offer: offer, path: visit.path, link: (try? address.base(for: request)).map { "\($0)\(visit.path)/download" },
            isAdmitted: visit.grant != nil, isOver: !share.admitsNewDownloads, notice: notice.map { "\($0(language.texts))" }, now: now())
        return pages.share(page, in: language, status: status)
    }

    // MARK: The way in

    private struct Password: Decodable { let password: String? }

    private var unlock: APIRoute {
        APIRoute(
            .post, "/s/{token}/unlock", .link, audit: .byHandler,
            Operation(
                "unlockShare", tag: "Recipients", "Lets a browser in, with a cookie; with the password, where there is one.",
                parameters: [Self.token],
                body: .object([.init("password", .string(lengths: 0...1_000), isOptional: true)]), encoding: .form,
                answers: [
                    .empty(.seeOther, "To the download, or to the page, where there is a password."), Self.lockedOut, Self.noLink,
                    .page(.tooManyRequests, "Too many wrong passwords, or too many requests; `Retry-After` says how many seconds to wait."),
                ]),
            handler: answering { request, caller in
                let token: String = try request.parameters.get("token")
                let visitor = ShareVisitor(ipAddress: caller.address, userAgent: caller.userAgent)
                let given: Password = try request.body()
                do {
                    let new = try await ledger.unlockShare(token: token, password: given.password, visitor: visitor)
                    let path = "/\(RecipientPages.root)/\(token)"
                    var response = redirect(to: new.share.hasPassword ? path : path + "/download")
                    let lifetime = Int(max(60, new.share.resumableUntil - now()))
                    response.headers["Set-Cookie"] = GrantCookie.field(
                        new.token, path: path, isSecure: request.isSecure, lifetimeSeconds: lifetime)
                    return response
                } catch let error as LedgerError {
                    return try await refuse(error, request, caller)
                }
            })
    }

    /// The page again with what was wrong, for as long as there is one.
    private func refuse(_ error: LedgerError, _ request: Request, _ caller: Caller) async throws -> Response {
        let visit = try await visit(request, caller)
        guard let share = visit.share, share.isPresentable else { throw error.code == .busy ? Problem(error) : Problem.noLink }
        switch error.code {
        case .shareRefused: return try await show(share, visit, request, status: .forbidden, notice: \.wrongPassword)
        case .shareLocked: return try await show(share, visit, request, status: .forbidden, notice: \.locked)
        case .tooManyFailures:
            let seconds = error.retryAfterSeconds ?? 60
            var response = try await show(share, visit, request, status: .tooManyRequests) { texts in
                texts.waitForPassword(texts.language.duration(Double(seconds)))
            }
            response.headers["Retry-After"] = String(seconds)
            return response
        default: throw error
        }
    }

    private func redirect(to path: String) -> Response {
        var response = Response(.seeOther, headers: ["Location": path])
        RecipientPages.hide(&response)
        return response
    }

    // MARK: The download

    private var download: APIRoute {
        APIRoute(
            .get, "/s/{token}/download", .link, audit: .byHandler,
            Operation(
                "downloadShare", tag: "Recipients",
                "Everything that is shared as one ZIP file, from which any range of bytes can be asked for. A program gives the password, where there "
                    + "is one, by Basic authentication, with any name.",
                parameters: [
                    Self.token, .header("Range", .string(), "One range of bytes; several are answered with the whole."),
                    .header("If-Range", .string(), "The `ETag` of what is to be resumed: what is no more the same is sent as a whole."),
                ],
                answers: [
                    .text(contentType: "application/zip", "The archive."),
                    .text(.partialContent, contentType: "application/zip", "The part that was asked for."),
                    .empty(.seeOther, "To the page, for a browser that was not let in."),
                    .empty(.notModified, "The client has it already."),
                    .page(.unauthorized, "The password is wrong or missing; `WWW-Authenticate` asks for it."), Self.lockedOut, Self.noLink,
                    .page(.preconditionFailed, "It was changed meanwhile."),
                    .page(.rangeNotSatisfiable, "The range begins behind the end; `Content-Range` tells the length."),
                ]),
            handler: answering { request, caller in
                let visit = try await visit(request, caller)
                guard let found = visit.share, found.admitsResuming(now: now()) else { throw try await refuse(visit, "SHARE_ENDED") }
                if visit.grant == nil, request.isNavigation { return redirect(to: visit.path) }
                let (share, grant) = try await admitted(visit, request)
                do {
                    let prepared = try await service.download(
                        DownloadRequest(
                            share: share, grant: grant, visitor: visit.visitor, isHead: request.method == .head,
                            range: request.headers["Range"], ifRange: request.headers["If-Range"]))
                    return try Self.answer(prepared, to: request)
                } catch let error as SharingError {
                    try await ledger.noteRefusedDownload(of: share, code: error.code.rawValue, visitor: visit.visitor)
                    throw error.code == .shareEnded ? Problem.noLink : try Problem.of(error)
                }
            })
    }

    /// Whoever has no cookie is let in by the password that came along, or by the link alone.
    private func admitted(_ visit: Visit, _ request: Request) async throws -> (share: Share, grant: ShareGrant) {
        if let share = visit.share, let grant = visit.grant { return (share, grant) }
        do {
            return try await ledger.scriptGrant(token: visit.token, password: request.basicPassword, visitor: visit.visitor)
        } catch let error as LedgerError where error.code == .shareEnded {
            throw try await refuse(visit, "SHARE_ENDED")
        } catch let error as LedgerError where error.code == .shareRefused {
            throw Problem(
                .unauthorized, "PASSWORD_NEEDED", "A password is needed.",
                headers: ["WWW-Authenticate": "Basic realm=\"Fileroom\", charset=\"UTF-8\""])
        }
    }

    private static func answer(_ prepared: PreparedDownload, to request: Request) throws -> Response {
        let modified = Int(prepared.lastModifiedUnixSeconds)
        var response = Response(
            headers: [
                "ETag": prepared.etag, "Last-Modified": HTTPDate.text(modified),
                "Accept-Ranges": "bytes",
                "Content-Disposition": ContentDisposition.attachment(fileName: prepared.fileName),
            ])
        RecipientPages.hide(&response)
        if try request.isUnchanged(tag: EntityTag(prepared.etag.filter { $0 != "\"" }), modified: modified) {
            response.status = .notModified
            return response
        }
        response.headers["Content-Type"] = "application/zip"
        switch prepared.extent {
        case .whole: break
        case .part(let range):
            response.status = .partialContent
            response.headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(prepared.length)"
        case .unsatisfiable:
            throw Problem(
                .rangeNotSatisfiable, "RANGE_NOT_SATISFIABLE", "There are \(prepared.length) bytes.",
                headers: ["Content-Range": "bytes */\(prepared.length)"])
        }
        response.body = .stream(length: prepared.range.count) { writer in try await prepared.write { try await writer.write($0) } }
        return response
    }

    // MARK: Who comes

    /// A request at a link.
    private struct Visit {
        var token: String
        /// Nil where there is none.
        var share: Share?
        /// Nil for whoever was not let in.
        var grant: ShareGrant?
        var visitor: ShareVisitor
        var path: String { "/\(RecipientPages.root)/\(token)" }
    }

    private func visit(_ request: Request, _ caller: Caller) async throws -> Visit {
        let token: String = try request.parameters.get("token")
        var visit = Visit(token: token, visitor: ShareVisitor(ipAddress: caller.address, userAgent: caller.userAgent))
        visit.share = try await ledger.share(token: token)
        if let share = visit.share, let cookie = GrantCookie.token(in: request) {
            visit.grant = try await ledger.grant(token: cookie, of: share)
        }
        return visit
    }

    /// Keeps that somebody came to a link that has ended.
    private func refuse(_ visit: Visit, _ code: String) async throws -> Problem {
        if let share = visit.share { try await ledger.noteView(of: share, code: code, visitor: visit.visitor) }
        return .noLink
    }
}

extension Problem {
    static let noLink = Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
}

extension Request {
    /// Whether a person's browser is to show the answer, rather than a program to keep it. Source: Fetch Metadata, `Sec-Fetch-Mode`.
    fileprivate var isNavigation: Bool {
        if let mode = headers["Sec-Fetch-Mode"] { return mode == "navigate" }
        return headers["Authorization"] == nil && headers["Accept"]?.contains("text/html") == true
    }

    /// The password of Basic authentication; the name before it means nothing. Source: RFC 7617 §2.
    fileprivate var basicPassword: String? {
        let fields = headers.values("Authorization")
        guard fields.count == 1 else { return nil }
        let parts = fields[0].split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let decoded = Data(base64Encoded: String(parts[1])),
            let text = String(validating: decoded, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return String(text[text.index(after: colon)...])
    }
}

/// The cookie of a browser that was let in; it goes to its own link alone.
enum GrantCookie {
    /// With the prefix, browsers take it only over TLS. Source: RFC 6265bis §4.1.3.1.
    private static func name(isSecure: Bool) -> String { isSecure ? "__Secure-fileroom-share" : "fileroom-share" }

    static func token(in request: Request) -> String? { Cookies.value(of: name(isSecure: request.isSecure), in: request) }

    static func field(_ token: String, path: String, isSecure: Bool, lifetimeSeconds: Int) -> String {
        "\(name(isSecure: isSecure))=\(token); Path=\(path); Max-Age=\(lifetimeSeconds); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }
}
