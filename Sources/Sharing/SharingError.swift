public import Catalogue

/// Why something is not shared or not delivered, in words that say what to do. Holds no patient's values but those of ``conflicts``.
public struct SharingError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        // Making a share.
        /// What is to be shared is not in the catalogue.
        case unknownObject = "UNKNOWN_OBJECT"
        /// There is no instance in what is to be shared.
        case nothingToShare = "NOTHING_TO_SHARE"
        /// Files of one study name different patients, and nobody confirmed that this is known.
        case patientConflict = "PATIENT_CONFLICT"

        // Before a download begins.
        /// The share has expired, was revoked or is used up.
        case shareEnded = "SHARE_ENDED"
        /// Something is missing, and the share is to be given as a whole or not at all.
        case incomplete = "INCOMPLETE"
        /// Since the share was made, its files were found to name different patients.
        case withheld = "WITHHELD"
        /// A source does not answer; it may later.
        case sourceUnavailable = "SOURCE_UNAVAILABLE"
        /// As many downloads run as may.
        case tooManyDownloads = "TOO_MANY_DOWNLOADS"

        // While it runs.
        /// A file is not any more what it was when the download was planned.
        case sourceChanged = "SOURCE_CHANGED"
        /// The share was revoked meanwhile, or who made it lost the right to.
        case downloadStopped = "DOWNLOAD_STOPPED"
    }

    /// Where a study's files name different patients.
    public struct Conflict: Sendable, Hashable {
        public var studyInstanceUID: String
        public var conflict: CatalogueConflict
    }

    public var code: Code
    public var message: String
    /// What to do about it.
    public var suggestion: String
    /// When it may be tried again, for those that pass by themselves.
    public var retryAfterSeconds: Int?
    /// For `patientConflict`.
    public var conflicts: [Conflict] = []
    /// How many instances are missing, for `incomplete`.
    public var missingInstances = 0

    init(_ code: Code, _ message: String, _ suggestion: String, retryAfterSeconds: Int? = nil) {
        (self.code, self.message, self.suggestion) = (code, message, suggestion)
        self.retryAfterSeconds = retryAfterSeconds
    }

    public var description: String { "\(message) (\(code.rawValue)). \(suggestion)" }
}

extension SharingError {
    static func unknownObject(_ items: [ContentItem]) -> SharingError {
        let names = items.prefix(3).map { "\($0.kind.rawValue) \($0.uid)" }.joined(separator: ", ")
        return SharingError(
            .unknownObject, "The catalogue does not have \(names)\(items.count > 3 ? " and \(items.count - 3) more" : "")",
            "Look for it again: it was removed, or its source is being indexed anew.")
    }

    static let nothingToShare = SharingError(
        .nothingToShare, "There is no instance in what is to be shared", "Choose a study or series that has instances.")

    static func patientConflict(_ conflicts: [Conflict]) -> SharingError {
        let named = conflicts.prefix(3).map { conflict in
            "\(conflict.conflict.attribute) is \(quoted(conflict.conflict.kept)) and \(quoted(conflict.conflict.found))"
        }
        var error = SharingError(
            .patientConflict, "Files of one study name different patients: \(named.joined(separator: "; "))",
            "Look at the study's files. When it is right to share all of them, confirm it.")
        error.conflicts = conflicts
        return error
    }

    private static func quoted(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "empty" }

    static let shareEnded = SharingError(
        .shareEnded, "This link is not valid", "Ask whoever sent it for a new one.")

    static func incomplete(missing: Int) -> SharingError {
        var error = SharingError(
            .incomplete, missing == 1 ? "One image cannot be read at present" : "\(missing) images cannot be read at present",
            "Try again later, or tell whoever sent the link: the share is set to be given as a whole or not at all.")
        error.missingInstances = missing
        return error
    }

    static let withheld = SharingError(
        .withheld, "The images must be looked at again before they can be delivered",
        "Ask whoever sent the link to look at the study and to share it anew.")

    static let sourceUnavailable = SharingError(
        .sourceUnavailable, "The storage that holds the images does not answer", "Try again in a few minutes.", retryAfterSeconds: 60)

    static func tooManyDownloads(retryAfterSeconds: Int) -> SharingError {
        SharingError(
            .tooManyDownloads, "As many downloads are running as the server allows",
            "Try again in \(retryAfterSeconds) seconds.", retryAfterSeconds: retryAfterSeconds)
    }

    static let sourceChanged = SharingError(
        .sourceChanged, "A file changed or vanished while it was being downloaded",
        "Start the download again: it is then made anew from what is there.")

    static let downloadStopped = SharingError(
        .downloadStopped, "The share ended while it was being downloaded", "Ask whoever sent the link for a new one.")
}
