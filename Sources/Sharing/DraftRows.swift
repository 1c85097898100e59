internal import Catalogue
internal import FileSource

/// An instance at its place in an archive that is being planned.
struct DraftRow: Sendable, Hashable {
    /// 0, 1, 2, … in the order of the archive, missing ones included.
    var position: Int64
    /// From 1, of the study in the archive, the series in it, and the instance in that.
    var study, series, instance: Int
    var sopInstanceUID, sopClassUID, transferSyntaxUID: String?
    var number, numberOfFrames, rows, columns: Int64?
    /// Where it is taken from; nil when it is missing.
    var file: DraftFile?
    /// Why it is missing, or that it is not what was indexed.
    var remark: String?

    var path: String { ArchiveNames.instance(study: study, series: series, instance: instance) }
}

/// A file as its folder's listing showed it.
struct DraftFile: Sendable, Hashable {
    var sourceURL: String
    /// Below the source's root.
    var path: SourcePath
    var size: UInt64
    /// Nanoseconds since 1970 UTC.
    var modified: Int64
}

/// A folder in which files of the draft lie.
struct DraftFolder: Sendable, Hashable {
    var id: Int64
    var sourceURL: String
    var path: SourcePath
}

/// What the draft came to.
struct DraftTotals: Sendable, Hashable {
    var included = 0
    var missing = 0
    /// Missing ones that may be there when their source answers again.
    var unavailable = 0
    var bytes: UInt64 = 0
}

/// Why files cannot be had.
struct DraftFailure: Sendable, Hashable {
    /// In words for the recipient.
    var remark: String
    /// Whether it may pass by itself, as when a server does not answer.
    var isTemporary: Bool
    /// Whether no other folder of the source is worth a try.
    var concernsSource: Bool

    static let gone = DraftFailure(remark: "The file is not there any more.", isTemporary: false, concernsSource: false)
    static let changed = "The file was changed after it was last examined."
}
