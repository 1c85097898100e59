internal import CSQLite

/// What SQLite answered, under its own names. Never holds a bound value.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code.
    ///
    /// Source: https://www.sqlite.org/rescode.html
    public let code: Int32
    /// SQLite's message.
    public let message: String
    /// What was being done, as SQL with its placeholders, or a C function's name.
    public let operation: String

    public init(code: Int32, message: String, operation: String) {
        (self.code, self.message, self.operation) = (code, message, operation)
    }

    private var primary: Int32 { code & 0xff }
    /// Another connection holds the lock.
    public var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }
    /// The disk or a quota is full.
    public var isFull: Bool { primary == SQLITE_FULL }
    /// The file is damaged, or is no database.
    public var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }
    /// A uniqueness or other constraint was violated.
    public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }
    /// Reading or writing the file failed.
    public var isInputOutput: Bool { primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY }
    /// The statement was interrupted.
    public var isInterrupted: Bool { primary == SQLITE_INTERRUPT }

    public var description: String { "SQLite error \(code): \(message) (\(operation))" }
}
