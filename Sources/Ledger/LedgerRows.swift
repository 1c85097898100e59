internal import SQLite

/// A value that is bound to a statement's parameter.
enum Value: Sendable {
    case integer(Int64?)
    case real(Double?)
    case text(String?)
    case blob([UInt8]?)
}

/// One connection with its statements: what the ledger's reading and writing are made of. Confined to the thread that owns the connection.
final class LedgerRows {
    let connection: Connection
    private var statements: [String: Statement] = [:]

    init(_ connection: Connection) { self.connection = connection }

    /// Runs a statement that gives no rows.
    func run(_ sql: String, _ values: Value...) throws { try run(sql, values) }

    func run(_ sql: String, _ values: [Value]) throws {
        let statement = try bound(sql, values)
        defer { statement.reset() }
        while try statement.step() {}
    }

    /// The rows of a query, each made into an element.
    func all<Element>(_ sql: String, _ values: Value..., element: (Statement) throws -> Element) throws -> [Element] {
        try all(sql, values, element: element)
    }

    func all<Element>(_ sql: String, _ values: [Value], element: (Statement) throws -> Element) throws -> [Element] {
        var elements: [Element] = []
        try bound(sql, values).forEachRow { elements.append(try element($0)) }
        return elements
    }

    /// The first row of a query; nil when there is none.
    func first<Element>(_ sql: String, _ values: Value..., element: (Statement) throws -> Element) throws -> Element? {
        let statement = try bound(sql, values)
        defer { statement.reset() }
        return try statement.step() ? try element(statement) : nil
    }

    func setting(_ name: String) throws -> [UInt8]? {
        try first("SELECT value FROM setting WHERE name = ?", .text(name)) { $0.bytes(0) }
    }

    /// - Parameter value: nil removes it.
    func set(_ name: String, to value: [UInt8]?) throws {
        guard let value else { return try run("DELETE FROM setting WHERE name = ?", .text(name)) }
        try run(
            "INSERT INTO setting(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value", .text(name),
            .blob(value))
    }

    private func bound(_ sql: String, _ values: [Value]) throws -> Statement {
        let statement = try statements[sql] ?? connection.prepare(sql)
        statements[sql] = statement
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            switch value {
            case .integer(let integer): statement.bind(integer, at: place)
            case .real(let real): statement.bind(real, at: place)
            case .text(let text): statement.bind(text, at: place)
            case .blob(let blob): statement.bind(blob: blob, at: place)
            }
        }
        return statement
    }
}

extension Statement {
    func optionalDouble(_ column: Int32) -> Double? { isNull(column) ? nil : double(column) }
}

/// The thread that one connection lives on: SQLite may block there, and nothing else waits for it.
actor LedgerThread {
    private let rows: LedgerRows
    private let executor: SerialQueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter connection: from now on used by this thread only.
    init(_ connection: sending Connection, label: String) {
        rows = LedgerRows(connection)
        executor = SerialQueueExecutor(label: label)
    }

    /// - Throws: ``LedgerError``, or what `body` throws.
    func read<Result: Sendable>(_ body: @Sendable (LedgerRows) throws -> Result) throws -> Result {
        try LedgerError.translating { try body(rows) }
    }

    /// Runs `body`, which begins and ends its transaction itself.
    ///
    /// - Throws: ``LedgerError``, or what `body` throws.
    func write<Result: Sendable>(_ body: @Sendable (LedgerRows) throws -> Result) throws -> Result {
        try LedgerError.translating { try body(rows) }
    }
}
