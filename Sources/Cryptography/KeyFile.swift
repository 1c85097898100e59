internal import Glibc

/// The file that holds the key under which a data folder's secrets are sealed: 32 bytes that only its owner may read.
public enum KeyFile {
    /// Reads the key.
    ///
    /// - Returns: nil when there is no file.
    /// - Throws: ``KeyFileError``.
    public static func read(_ path: String) throws(KeyFileError) -> SealingKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw KeyFileError(path, "cannot be opened", errno: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw KeyFileError(path, "cannot be read", errno: errno) }
        guard status.st_mode & 0o077 == 0 else {
            throw KeyFileError(message: "The key \(path) may be read by others", suggestion: "Make it yours alone: `chmod 600 \(path)`.")
        }
        var bytes = [UInt8](repeating: 0, count: SealingKey.byteCount + 1)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw KeyFileError(path, "cannot be read", errno: errno) }
        guard let key = SealingKey(Array(bytes.prefix(count))) else {
            throw KeyFileError(
                message: "The key \(path) has not the \(SealingKey.byteCount) bytes that a key has",
                suggestion: "Put back the file from the backup that belongs to this data folder.")
        }
        return key
    }

    /// Makes a new key and its file, which is whole and on the disk when this returns.
    ///
    /// - Throws: ``KeyFileError`` also when there is such a file: none is ever replaced.
    ///
    /// Source: `link(2)`, `fsync(2)`.
    public static func create(_ path: String) throws -> SealingKey {
        let key = try SealingKey.random()
        let draft = "\(path).\(getpid()).new"
        // Left by a process of the same number that was killed.
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw KeyFileError(path, "cannot be made", errno: errno) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let written = key.bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == key.bytes.count, fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, link(draft, path) == 0 else {
            throw KeyFileError(path, "cannot be written", errno: errno)
        }
        try syncFolder(of: path)
        return key
    }

    private static func syncFolder(of path: String) throws(KeyFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KeyFileError(path, "cannot be written", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw KeyFileError(path, "cannot be written", errno: errno) }
    }
}

/// Why the key cannot be used, and what to do.
public struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let message: String
    public let suggestion: String

    init(message: String, suggestion: String) { (self.message, self.suggestion) = (message, suggestion) }

    init(_ path: String, _ what: String, errno code: Int32) {
        message = "The key \(path) \(what): \(String(cString: strerror(code)))"
        suggestion = "Check the permissions of the data folder, and the free space on its disk."
    }

    public var description: String { "\(message). \(suggestion)" }
}
