internal import CSQLite

/// A compiled statement: bind, step, read columns, reset. Parameters count from 1, columns from 0, as in SQLite.
///
/// A class, because owners keep statements for reuse; it keeps its connection alive.
public final class Statement {
    private let handle: OpaquePointer
    private let connection: Connection
    private let sql: String

    init(_ handle: OpaquePointer, of connection: Connection, sql: String) {
        (self.handle, self.connection, self.sql) = (handle, connection, sql)
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: Parameters

    public func bind(_ value: Int64?, at index: Int32) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    public func bind(_ value: Int?, at index: Int32) {
        bind(value.map(Int64.init), at: index)
    }

    public func bind(_ value: Double?, at index: Int32) {
        if let value { sqlite3_bind_double(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    public func bind(_ value: String?, at index: Int32) {
        guard var value else {
            sqlite3_bind_null(handle, index)
            return
        }
        value.withUTF8 { bind(text: UnsafeRawBufferPointer($0), at: index) }
    }

    /// Binds bytes known to be valid UTF-8 as text.
    public func bind(text: UnsafeRawBufferPointer, at index: Int32) {
        // An empty buffer may have no base address, and NULL is not the empty string.
        let start = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        if let start {
            sqlite3_bind_text64(handle, index, start, UInt64(text.count), fileroom_sqlite_transient(), UInt8(SQLITE_UTF8))
        } else {
            sqlite3_bind_text(handle, index, "", 0, nil)
        }
    }

    /// Binds bytes as a blob.
    public func bind(blob: [UInt8]?, at index: Int32) {
        guard let blob else {
            sqlite3_bind_null(handle, index)
            return
        }
        guard !blob.isEmpty else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        blob.withUnsafeBytes { _ = sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), fileroom_sqlite_transient()) }
    }

    // MARK: Running

    /// Advances to the next row.
    ///
    /// - Returns: whether there is one.
    /// - Throws: ``SQLiteError``; the statement is reset then.
    ///
    /// Source: `sqlite3_step`.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = connection.error(code, sql)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Makes the statement ready to run again; parameters keep their values.
    public func reset() {
        // The result repeats the error of the last step, which has been thrown already.
        _ = sqlite3_reset(handle)
    }

    /// Runs the statement to its end and resets it.
    public func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Hands each row to `row`, then resets the statement, also when `row` throws.
    public func forEachRow(_ row: (Statement) throws -> Void) throws {
        defer { reset() }
        while try step() { try row(self) }
    }

    // MARK: Columns of the current row

    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    public func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    public func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }
    public func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The column as text; "" for NULL.
    public func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    public func optionalText(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The bytes of a blob or a text; empty for NULL.
    public func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
