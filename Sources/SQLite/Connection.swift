internal import CSQLite

/// One connection to a database file. Confined to whoever owns it: neither `Sendable` nor locked.
///
/// A class, because statements and their owners refer to the same connection.
public final class Connection {
    /// How a file is opened.
    public enum Access: Sendable {
        /// For reading and writing; created when absent.
        case readWrite
        /// For reading only; an absent file is an error.
        case readOnly
        /// For reading a file that nobody changes meanwhile: without locks, and without side files, also on a medium that cannot be written.
        case immutable
    }

    let handle: OpaquePointer

    /// Opens a database file.
    ///
    /// - Parameter busyTimeoutMilliseconds: how long a statement waits for another connection's lock.
    /// - Throws: ``SQLiteError`` when the file cannot be opened. That it is a database is only seen by the first statement.
    ///
    /// Source: `sqlite3_open_v2`.
    public init(path: String, access: Access = .readWrite, busyTimeoutMilliseconds: Int32 = 5_000) throws(SQLiteError) {
        let flags =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        var opened: OpaquePointer?
        // NOMUTEX: the connection is confined to its owner, who provides the order.
        let code = sqlite3_open_v2(
            access == .immutable ? Self.immutableURI(path) : path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message, operation: "sqlite3_open_v2")
        }
        handle = opened
        sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
    }

    /// Source: https://www.sqlite.org/uri.html
    private static func immutableURI(_ path: String) -> String {
        let special = [("%", "%25"), ("?", "%3f"), ("#", "%23")]
        return "file:" + special.reduce(path) { $0.replacing($1.0, with: $1.1) } + "?immutable=1"
    }

    deinit {
        // close_v2 waits for statements that are still alive.
        sqlite3_close_v2(handle)
    }

    /// Runs one or several statements without parameters, ignoring rows.
    ///
    /// Source: `sqlite3_exec`.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// Compiles one statement.
    ///
    /// Source: `sqlite3_prepare_v3`.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else { throw error(code == SQLITE_OK ? SQLITE_MISUSE : code, sql) }
        return Statement(compiled, of: self, sql: sql)
    }

    /// The row id of the last row inserted through this connection.
    public var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// How many rows the last statement changed.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    /// How many rows this connection has changed since it was opened.
    public var totalChanges: Int { Int(sqlite3_total_changes64(handle)) }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in a transaction that takes the write lock at once; rolled back when `body` throws.
    public func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try execute("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            // A failed COMMIT or a full disk may have rolled back already; the first error is the one to report.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// One integer from a query's first row; nil when there is no row or it is NULL.
    public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        guard try statement.step() else { return nil }
        return statement.isNull(0) ? nil : statement.integer(0)
    }

    func error(_ code: Int32, _ operation: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), operation: operation)
    }
}

extension Connection {
    /// Makes the statement that runs at the time end with an error; may be called from any thread, and keeps the connection alive.
    ///
    /// Source: `sqlite3_interrupt`.
    public var interruption: @Sendable () -> Void {
        // The one call on a connection that needs no order with others.
        let owner = UncheckedConnection(connection: self)
        return { sqlite3_interrupt(owner.connection.handle) }
    }

    private struct UncheckedConnection: @unchecked Sendable {
        let connection: Connection
    }
}
