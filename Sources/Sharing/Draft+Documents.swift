internal import SQLite

/// A file that is made for an archive, as `DICOMDIR`.
struct DraftDocument: Sendable, Hashable {
    var name: String
    /// In bytes.
    var size: UInt64
    /// How many pieces of ``Draft/documentPiece`` bytes it has; the last may be shorter.
    var pieces: Int
}

/// The files that are made for the archive, in pieces, since an archive of many instances has long ones.
extension Draft {
    static let documentPiece = 256 * 1024

    /// Keeps a piece.
    func keep(_ bytes: [UInt8], ofDocument name: String, piece: Int) throws {
        let statement = try connection.prepare("INSERT OR REPLACE INTO document VALUES (?, ?, ?)")
        statement.bind(name, at: 1)
        statement.bind(piece, at: 2)
        statement.bind(blob: bytes, at: 3)
        try statement.run()
    }

    /// Forgets every document, so that they can be made anew.
    func forgetDocuments() throws {
        try connection.execute("DELETE FROM document")
    }

    func document(_ name: String) throws -> DraftDocument {
        let statement = try connection.prepare("SELECT ifnull(sum(length(bytes)), 0), count(*) FROM document WHERE name = ?")
        statement.bind(name, at: 1)
        defer { statement.reset() }
        _ = try statement.step()
        return DraftDocument(name: name, size: UInt64(statement.integer(0)), pieces: Int(statement.integer(1)))
    }

    /// A piece that was kept; empty when it was not.
    func piece(_ number: Int, ofDocument name: String) throws -> [UInt8] {
        let statement = try connection.prepare("SELECT bytes FROM document WHERE name = ? AND piece = ?")
        statement.bind(name, at: 1)
        statement.bind(number, at: 2)
        defer { statement.reset() }
        return try statement.step() ? statement.bytes(0) : []
    }
}

/// Cuts a document that is written from its beginning to its end into pieces.
struct DocumentWriter: ~Copyable {
    private let draft: Draft
    private let name: String
    private var bytes: [UInt8] = []
    private var number = 0

    init(_ name: String, in draft: Draft) { (self.name, self.draft) = (name, draft) }

    mutating func write(_ more: [UInt8]) async throws {
        bytes += more
        while bytes.count >= Draft.documentPiece {
            try await draft.keep(Array(bytes.prefix(Draft.documentPiece)), ofDocument: name, piece: number)
            bytes.removeFirst(Draft.documentPiece)
            number += 1
        }
    }

    mutating func finish() async throws {
        if !bytes.isEmpty { try await draft.keep(bytes, ofDocument: name, piece: number) }
    }
}
