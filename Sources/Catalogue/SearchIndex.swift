internal import SQLite

/// The full-text index over studies, kept beside the tables by the writer.
final class SearchIndex {
    static let schema = ""

    init(_ connection: Connection) throws {}

    /// Brings the index up to the present state of a study's rows; one that no longer exists is removed.
    func update(studyID: Int64) throws {}
}
