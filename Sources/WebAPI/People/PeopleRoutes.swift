public import Ledger

/// Signing in, one's own account, users, keys and the audit trail [A1 A3].
public struct PeopleRoutes: Sendable {
    let ledger: Ledger
    /// Of the server.
    let version: String

    public init(ledger: Ledger, version: String) { (self.ledger, self.version) = (ledger, version) }

    public var routes: [APIRoute] {
        [me, login, setUp, signIn, signOut, sessions, signOutEverywhere, endSession, changePassword]
            + [users, addUser, user, changeUser, endSessionsOfUser] + [keys, createKey, revokeKey]
            + [audit, verifyAudit, exportAudit]
    }
}
