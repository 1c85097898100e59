/// Sees to it that a wrong password is tried once, and not by every worker: that would lock the account.
///
/// While it is not known that the login works, one worker tries it and the others wait; after a refusal nobody tries again.
final class LoginGate: Sendable {
    private struct State {
        var isTrying: ObjectIdentifier?
        var provenAt: ContinuousClock.Instant?
        var refusal: SourceError?
        var attempts = 0
        var isClosed = false
    }
    private let monitor = Monitor(State())
    /// After so long a login is proved anew: the password may have been changed.
    private static let proofLasts = Duration.seconds(10)

    /// How many logins were tried.
    var attempts: Int { monitor.with { $0.attempts } }

    /// The error that every operation ends with, once there was a refusal.
    var refusal: SourceError? { monitor.with { $0.refusal } }

    /// Blocks the calling thread until `worker` may log in.
    /// - Throws: the refusal, when there was one.
    func enter(_ worker: ObjectIdentifier) throws(SourceError) {
        let refusal: SourceError?? = monitor.wait { state in
            if let refusal = state.refusal { return .some(refusal) }
            if state.isClosed { return .some(SourceError.closed) }
            let isProven = state.provenAt.map { $0.duration(to: .now) < LoginGate.proofLasts } ?? false
            if let trying = state.isTrying, trying != worker, !isProven { return nil }
            if !isProven { state.isTrying = worker }
            state.attempts += 1
            return .some(nil)
        }
        if case .some(.some(let refusal)) = refusal { throw refusal }
    }

    /// The login worked.
    func succeed(_ worker: ObjectIdentifier) {
        monitor.change(wakingAll: true) { state in
            state.provenAt = .now
            if state.isTrying == worker { state.isTrying = nil }
        }
    }

    /// The server refused the login.
    func refuse(_ worker: ObjectIdentifier, _ error: SourceError) {
        monitor.change(wakingAll: true) { state in
            state.refusal = state.refusal ?? error
            state.isTrying = nil
        }
    }

    /// The login came to no result: the server was not reached, or the worker is gone.
    func leave(_ worker: ObjectIdentifier) {
        monitor.change(wakingAll: true) { state in
            if state.isTrying == worker { state.isTrying = nil }
        }
    }

    func close() { monitor.change(wakingAll: true) { $0.isClosed = true } }
}
