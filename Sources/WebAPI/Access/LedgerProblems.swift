internal import HTTPServer
internal import Ledger

extension Problem {
    /// What a client reads of a ledger's error.
    init(_ error: LedgerError) {
        self.init(Self.status(of: error.code), error.code.rawValue, error.description)
        if let seconds = error.retryAfterSeconds { headers["Retry-After"] = String(seconds) }
        if status == .unauthorized { headers["WWW-Authenticate"] = "Bearer" }
        switch error.code {
        case .badName: errors = [FieldError(path: "$.name", message: "cannot be used: take \(NameRule.allowed)")]
        case .weakPassword: errors = [FieldError(path: "$.password", message: "is too easy to guess: take \(NameRule.allowedPasswords)")]
        case .expiryInPast: errors = [FieldError(path: "$.expires_at", message: "must be in the future, or left out")]
        case .expiryTooLate: errors = [FieldError(path: "$.expires_at", message: error.description)]
        case .sharePasswordWeak, .sharePasswordMissing: errors = [FieldError(path: "$.password", message: error.description)]
        default: break
        }
    }

    private static func status(of code: LedgerError.Code) -> HTTPStatus {
        switch code {
        case .missing, .newer, .corrupt, .locked, .failed, .keyMissing, .keyWrong, .busy: .serviceUnavailable
        case .diskFull: .insufficientStorage
        case .badName, .weakPassword, .expiryInPast, .badShare, .sharePasswordWeak, .sharePasswordMissing, .expiryTooLate:
            .unprocessableContent
        case .userExists, .lastAdmin, .keyExists, .sourceExists, .shareRevoked: .conflict
        case .noSuchUser, .noSuchKey, .noSuchSession, .noSuchSource, .noSuchShare, .noSuchPlan, .shareEnded, .setupDone: .notFound
        case .setupTokenWrong, .shareLocked: .forbidden
        case .signInRefused, .shareRefused: .unauthorized
        case .tooManyFailures: .tooManyRequests
        }
    }

    static let notSignedIn = Problem(
        .unauthorized, "NOT_SIGNED_IN", "Sign in first, or give a valid token or key.", headers: ["WWW-Authenticate": "Bearer"])
    static let roleNotAllowed = Problem(.forbidden, "ROLE_NOT_ALLOWED", "Your role may not do this.")
    static let csrfTokenMissing = Problem(
        .forbidden, "CSRF_TOKEN_MISSING", "Requests of a session that change something need its token in the field X-CSRF-Token.")
    static let crossSite = Problem(.forbidden, "CROSS_SITE", "Another site may not ask for this.")
}
