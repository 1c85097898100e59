/// What somebody picks out of the catalogue.
public struct ContentItem: Sendable, Hashable {
    public enum Kind: String, Sendable {
        case study, series
    }
    public var kind: Kind
    /// The StudyInstanceUID or SeriesInstanceUID.
    public var uid: String

    public init(_ kind: Kind, uid: String) { (self.kind, self.uid) = (kind, uid) }
}

/// A study of which something was picked.
public struct PickedStudy: Sendable, Hashable {
    /// Row id, as in ``SearchResult/RowIDs/study``.
    public var id: Int64
    /// Row ids of the series that were picked; nil when the study as a whole was.
    public var series: Set<Int64>?
}

/// A study as it is given away: what is known of it, of its series, and where its files contradict each other.
public struct StudyContents: Sendable, Hashable {
    public var study: SearchResult
    /// Those that were picked, in the order of their numbers.
    public var series: [SearchResult]
    public var conflicts: [CatalogueConflict]
}

/// An instance with every place where it lies.
public struct StoredInstance: Sendable, Hashable {
    /// Row id; instances of a series are given in this order.
    public var id: Int64
    /// Nil when the file names none.
    public var sopInstanceUID: String?
    public var sopClassUID: String?
    public var number: Int64?
    public var numberOfFrames: Int64?
    public var rows: Int64?
    public var columns: Int64?
    /// In no particular order.
    public var locations: [StoredLocation]
}

/// A file that holds an instance, as the last scan found it.
public struct StoredLocation: Sendable, Hashable {
    /// `smb://host/share/path` or an absolute folder.
    public var sourceURL: String
    /// Row id of the folder.
    public var folderID: Int64
    /// Path below the source's root, separated by `/`; its bytes, because it need not be UTF-8.
    public var folder: [UInt8]
    public var name: [UInt8]
    /// In bytes.
    public var size: UInt64
    /// Nanoseconds since 1970 UTC.
    public var modified: Int64
    public var transferSyntaxUID: String?
}
