/// A stretch of a directory file.
public struct DirectoryPiece: Sendable, Hashable {
    /// Its number, from 0: it begins at this many times ``DirectoryWriter/pieceSize``.
    public let number: Int
    public let bytes: [UInt8]
}

/// Writes a DICOMDIR piece by piece, and holds no more of it than a few pieces.
///
/// Records come from the top down: a patient, its first study, that study's first series, its instances, the next series. Records refer to
/// those that follow them, so that a piece is given as soon as nothing in it can change: not always in the order of the file, the first of all
/// last. A patient, study or series without an instance is left out. The same records give the same bytes.
///
/// Source: PS3.10 §8, PS3.3 Annex F.
public struct DirectoryWriter: Sendable {
    /// The length of every piece but the last, in bytes.
    public let pieceSize: Int

    public init(pieceSize: Int = 256 * 1024) {
        self.pieceSize = pieceSize
    }

    /// Adds a record, and returns the pieces that are finished by it.
    ///
    /// - Throws: ``MediaDirectoryError``.
    public mutating func add(_ record: DirectoryRecord) throws(MediaDirectoryError) -> [DirectoryPiece] { [] }

    /// Ends the directory, and returns the remaining pieces.
    public mutating func finish() -> [DirectoryPiece] { [] }

    /// The directory's length so far; after ``finish()`` that of the file.
    public private(set) var length: UInt64 = 0
}

/// Why a directory could not be written.
public enum MediaDirectoryError: Error, Hashable {
    /// The directory would be longer than its offsets of 32 bits can say.
    case tooLarge
    /// An instance came before a series, a series before a study, or a study before a patient.
    case missingParent
    /// A path that a directory cannot refer to.
    case unusablePath(String)
}
