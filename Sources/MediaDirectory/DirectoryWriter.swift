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
public struct DirectoryWriter: ~Copyable, Sendable {
    /// The length of every piece but the last, in bytes.
    public var pieceSize: Int { pieces.size }
    /// The directory's length so far; after ``finish()`` that of the file.
    public var length: UInt64 { pieces.end }

    private enum Level: Int {
        case patient, study, series, instance
    }

    private var header = DirectoryHeader()
    private var pieces: PieceStore
    /// Those that the next instance belongs to, from the patient down.
    private var parents: [DirectoryRecord?] = [nil, nil, nil]
    /// Which of them are written.
    private var written = [false, false, false]
    /// By level, where the last record refers to the next one beside it; nil when there is none yet under the same parent.
    private var references: [UInt64?] = [nil, nil, nil, nil]

    /// - Parameter pieceSize: in bytes.
    public init(pieceSize: Int = 256 * 1024) {
        pieces = PieceStore(size: pieceSize)
        pieces.append(header.bytes)
    }

    /// Adds a record, and returns the pieces that are finished by it.
    ///
    /// - Throws: ``MediaDirectoryError``.
    public mutating func add(_ record: DirectoryRecord) throws(MediaDirectoryError) -> [DirectoryPiece] {
        switch record {
        case .patient: try begin(record, .patient)
        case .study: try begin(record, .study)
        case .series: try begin(record, .series)
        case .instance(let instance): try add(instance)
        }
        return pieces.release(keeping: references.compactMap { $0 })
    }

    /// Ends the directory, and returns the remaining pieces.
    public mutating func finish() -> [DirectoryPiece] {
        header.recordsLength = UInt32(pieces.end - UInt64(DirectoryHeader.length))
        pieces.replace(header.bytes, at: 0)
        return pieces.releaseAll()
    }

    private mutating func begin(_ record: DirectoryRecord, _ level: Level) throws(MediaDirectoryError) {
        guard parents[..<level.rawValue].allSatisfy({ $0 != nil }) else { throw .missingParent }
        parents[level.rawValue] = record
        written[level.rawValue] = false
        for lower in level.rawValue + 1..<3 { parents[lower] = nil }
    }

    private mutating func add(_ instance: InstanceRecord) throws(MediaDirectoryError) {
        guard FileID.isUsable(instance.path) else { throw .unusablePath(instance.path) }
        let type = RecordType(sopClassUID: instance.sopClassUID)
        if type.isRoot {
            try write(RecordContent(instance, type), .patient, isParent: false)
            return
        }
        guard parents.allSatisfy({ $0 != nil }) else { throw .missingParent }
        for level in [Level.patient, .study, .series] where !written[level.rawValue] {
            switch parents[level.rawValue] {
            case .patient(let patient): try write(RecordContent(patient), level, isParent: true)
            case .study(let study): try write(RecordContent(study), level, isParent: true)
            case .series(let series): try write(RecordContent(series), level, isParent: true)
            case .instance, nil: throw .missingParent
            }
            written[level.rawValue] = true
        }
        try write(RecordContent(instance, type), .instance, isParent: false)
    }

    /// Writes a record after all others. A parent's first child follows at once.
    private mutating func write(_ content: RecordContent, _ level: Level, isParent: Bool) throws(MediaDirectoryError) {
        let body = content.elements.flatMap(\.bytes)
        let start = pieces.end
        let end = start + UInt64(RecordOffsets.length + body.count)
        guard let offset = UInt32(exactly: start), let next = UInt32(exactly: end) else { throw .tooLarge }
        let bytes = RecordOffsets.bytes(lower: isParent ? next : 0, bodyLength: body.count) + body
        header.fingerprint.add(bytes)
        pieces.append(bytes)

        if let reference = references[level.rawValue] { pieces.replace(RecordOffsets.value(offset), at: reference) }
        references[level.rawValue] = start + UInt64(RecordOffsets.nextPosition)
        if isParent { for lower in level.rawValue + 1...3 { references[lower] = nil } }
        if level == .patient {
            if header.firstRoot == 0 { header.firstRoot = offset }
            header.lastRoot = offset
        }
    }
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
