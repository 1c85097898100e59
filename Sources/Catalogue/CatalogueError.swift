internal import SQLite

/// Why the catalogue cannot be used, in words that say what to do.
public struct CatalogueError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// There is no catalogue in the data folder yet.
        case missing = "CATALOGUE_MISSING"
        /// A later version of Fileroom wrote it.
        case newer = "CATALOGUE_NEWER"
        /// The file is damaged.
        case corrupt = "CATALOGUE_CORRUPT"
        /// Another process holds it.
        case locked = "CATALOGUE_LOCKED"
        /// The disk below the data folder is full.
        case diskFull = "DISK_FULL"
        /// The call was interrupted by whoever made it.
        case interrupted = "INTERRUPTED"
        /// Reading or writing failed otherwise.
        case failed = "CATALOGUE_FAILED"
        /// What was asked for is not in the catalogue, or is malformed.
        case invalidRequest = "INVALID_REQUEST"
    }
    public let code: Code
    public let message: String
    /// What to do about it.
    public let suggestion: String

    public init(code: Code, message: String, suggestion: String) {
        (self.code, self.message, self.suggestion) = (code, message, suggestion)
    }

    public var description: String { "\(message) (\(code.rawValue)). \(suggestion)" }
}

extension CatalogueError {
    init(_ error: SQLiteError) {
        if error.isCorrupt {
            self = .corrupt(error.message)
        } else if error.isFull {
            self.init(
                code: .diskFull, message: "The disk that holds the data folder is full",
                suggestion: "Free some space and run the same command again: it continues where it stopped.")
        } else if error.isBusy {
            self.init(
                code: .locked, message: "Another process holds the catalogue's write lock",
                suggestion: "Wait until it is done, or stop it.")
        } else if error.isInterrupted {
            self = .interruption
        } else if error.isInputOutput {
            self.init(
                code: .failed, message: "The catalogue cannot be read or written: \(error.message)",
                suggestion: "Check the data folder's disk, its free space and its permissions.")
        } else {
            self.init(
                code: .failed, message: error.description,
                suggestion: "Where `fileroom index … --rebuild` does not help, this is a defect in Fileroom: please report it.")
        }
    }

    static let interruption = CatalogueError(
        code: .interrupted, message: "The request was interrupted", suggestion: "Make it again if its result is still wanted.")

    static func corrupt(_ finding: String) -> CatalogueError {
        CatalogueError(
            code: .corrupt, message: "The catalogue is damaged: \(finding)",
            suggestion: "It is derived from the shares: run `fileroom index … --rebuild` to set it aside and build it again.")
    }
}
