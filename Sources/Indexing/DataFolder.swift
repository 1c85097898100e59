internal import Foundation
internal import Glibc

/// The folder that holds the catalogue, the status file and the control socket.
public struct DataFolder: Sendable {
    /// An absolute path.
    public let path: String

    public init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    public var catalogue: String { path + "/catalogue.sqlite3" }
    public var status: String { path + "/index_status.json" }
    public var controlSocket: String { path + "/control.sock" }
    var lock: String { path + "/lock" }

    /// Makes the folder, for its owner's eyes only: it holds patients' names.
    ///
    /// - Throws: ``DataFolderError``.
    ///
    /// Source: `mkdir(2)`.
    public func create() throws(DataFolderError) {
        var folder = ""
        for name in path.split(separator: "/") {
            folder += "/" + name
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw cannotBeMade() }
        }
        // What is there already may be a file.
        guard access(path + "/.", F_OK) == 0 else { throw cannotBeMade() }
    }

    private func cannotBeMade() -> DataFolderError {
        DataFolderError(
            message: "The data folder \(path) cannot be made: \(String(cString: strerror(errno)))",
            suggestion: "Check the path and its permissions, or give another folder with --data.")
    }
}

/// Why the data folder cannot be used.
public struct DataFolderError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let suggestion: String

    public var description: String { "\(message). \(suggestion)" }
}

/// Ownership of a data folder: at most one process has it, and it ends with the process, however that ends.
///
/// Source: `flock(2)`.
public struct DataFolderLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Takes the folder.
    ///
    /// - Returns: nil when another process owns it.
    /// - Throws: ``DataFolderError``.
    public static func take(_ folder: DataFolder) throws(DataFolderError) -> DataFolderLock? {
        let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("opened", folder) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let error = failure("locked", folder)
            close(descriptor)
            if isTaken { return nil }
            throw error
        }
        // Who has it is only said, and not relied on: a full disk prevents nobody.
        if ftruncate(descriptor, 0) == 0 {
            var name = Array("\(getpid())\n".utf8)
            _ = pwrite(descriptor, &name, name.count, 0)
        }
        return DataFolderLock(descriptor: descriptor)
    }

    /// The number of the process that took the folder last, which may have ended since; nil when that is not known.
    public static func lastOwner(of folder: DataFolder) -> Int32? {
        let text = try? String(contentsOfFile: folder.lock, encoding: .utf8)
        return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    private static func failure(_ verb: String, _ folder: DataFolder) -> DataFolderError {
        DataFolderError(
            message: "\(folder.lock) cannot be \(verb): \(String(cString: strerror(errno)))",
            suggestion: "Check that the data folder is on a local disk, has space left, and is yours.")
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
