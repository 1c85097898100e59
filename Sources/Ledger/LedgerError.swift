internal import SQLite

/// Why the ledger cannot be used, or will not do what was asked, in words that say what to do.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        // The file.
        case missing = "LEDGER_MISSING"
        case newer = "LEDGER_NEWER"
        case corrupt = "LEDGER_CORRUPT"
        case locked = "LEDGER_LOCKED"
        case diskFull = "DISK_FULL"
        case failed = "LEDGER_FAILED"
        /// `secret.key` is not there, though the ledger holds what is sealed with it.
        case keyMissing = "SECRET_KEY_MISSING"
        /// `secret.key` is not the one that the ledger was written with.
        case keyWrong = "SECRET_KEY_WRONG"

        // What was asked for.
        case badName = "BAD_NAME"
        case weakPassword = "WEAK_PASSWORD"
        case userExists = "USER_EXISTS"
        case noSuchUser = "NO_SUCH_USER"
        case lastAdmin = "LAST_ADMIN"
        case keyExists = "KEY_EXISTS"
        case noSuchKey = "NO_SUCH_KEY"
        case noSuchSession = "NO_SUCH_SESSION"
        case expiryInPast = "EXPIRY_IN_PAST"
        case sourceExists = "SOURCE_EXISTS"
        case noSuchSource = "NO_SUCH_SOURCE"
        case setupDone = "SETUP_DONE"
        case setupTokenWrong = "SETUP_TOKEN_WRONG"
        /// The name or the password is wrong, or the user is disabled: which of them is not told.
        case signInRefused = "SIGN_IN_REFUSED"
        /// Too many failed sign-ins: see ``LedgerError/retryAfterSeconds``.
        case tooManyFailures = "TOO_MANY_FAILURES"
        case noSuchShare = "NO_SUCH_SHARE"
        case noSuchPlan = "NO_SUCH_PLAN"
        /// What is asked of a share cannot be: see the message.
        case badShare = "BAD_SHARE"
        case sharePasswordWeak = "SHARE_PASSWORD_WEAK"
        case sharePasswordMissing = "SHARE_PASSWORD_MISSING"
        case expiryTooLate = "EXPIRY_TOO_LATE"
        /// The share was revoked, and stays so.
        case shareRevoked = "SHARE_REVOKED"
        /// The link is not valid, or the password is wrong: which of them is not told.
        case shareRefused = "SHARE_REFUSED"
        /// Too many wrong passwords in total: until its creator unlocks it.
        case shareLocked = "SHARE_LOCKED"
        /// The share has ended for this download: expired, used up or revoked.
        case shareEnded = "SHARE_ENDED"
        /// Too many passwords are being checked at the moment, or too much is asked of a share.
        case busy = "BUSY"
    }

    public let code: Code
    public let message: String
    /// What to do about it.
    public let suggestion: String
    /// When it may be tried again, for those that pass by themselves.
    public let retryAfterSeconds: Int?

    public init(_ code: Code, _ message: String, _ suggestion: String, retryAfterSeconds: Int? = nil) {
        (self.code, self.message, self.suggestion) = (code, message, suggestion)
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the file is at fault, and not what was asked for.
    public var isOfFile: Bool {
        [.missing, .newer, .corrupt, .locked, .diskFull, .failed, .keyMissing, .keyWrong].contains(code)
    }

    public var description: String { "\(message). \(suggestion)" }
}

extension LedgerError {
    init(_ error: SQLiteError) {
        if error.isCorrupt {
            self = .damaged(error.message)
        } else if error.isFull {
            self.init(.diskFull, "The disk that holds the data folder is full", "Free some space; nothing that was confirmed is lost.")
        } else if error.isBusy {
            self.init(.locked, "Another process holds the ledger's write lock", "Wait until it is done, or stop it.")
        } else if error.isInputOutput {
            self.init(
                .failed, "The ledger cannot be read or written: \(error.message)",
                "Check the data folder's disk, its free space and its permissions.")
        } else {
            self.init(.failed, error.description, "This is a defect in Fileroom: please report it.")
        }
    }

    static func damaged(_ finding: String) -> LedgerError {
        LedgerError(
            .corrupt, "The ledger is damaged: \(finding)",
            "It holds users, keys, shares and the audit trail and cannot be built anew: restore it from a backup with `fileroom restore`.")
    }

    /// Runs `body` and turns SQLite's errors into the ledger's.
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw LedgerError(error)
        }
    }
}
