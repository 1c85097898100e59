import Foundation

/// A password and where it was found.
public struct ResolvedPassword: Hashable, Sendable {
    public var secret: Secret
    /// For people: `FILEROOM_SMB_PASSWORD`, `the configuration`, a file's path.
    public var origin: String
    /// Such as: other users of the machine can read the file.
    public var warning: String?
}

/// Why a password could not be had.
public struct PasswordError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}

extension SourceConfiguration {
    /// The variable that gives a password to whatever source is asked for.
    public static let passwordVariable = "FILEROOM_SMB_PASSWORD"

    /// The password of this source: from the file given on the command line, else `FILEROOM_SMB_PASSWORD`, else as configured.
    ///
    /// Nil when none of them gives one: then a guest needs none, and a person may be asked.
    /// - Throws: ``PasswordError`` when a place that was named holds none; never falls through to the next, which may hold another account's.
    public func password(commandLineFile: String?, environment: [String: String]) throws(PasswordError) -> ResolvedPassword? {
        if let commandLineFile { return try PasswordFile.read(commandLineFile) }
        if let value = environment[Self.passwordVariable] { return ResolvedPassword(secret: Secret(value), origin: Self.passwordVariable) }
        switch password {
        case nil: return nil
        case .value(let secret): return ResolvedPassword(secret: secret, origin: "the configuration")
        case .file(let path): return try PasswordFile.read(path)
        case .environment(let name):
            guard let value = environment[name] else {
                throw PasswordError(
                    description: "the environment variable \(name), which should hold the password of \"\(self.name)\", is not set")
            }
            return ResolvedPassword(secret: Secret(value), origin: name)
        }
    }

}

/// A file that holds one password or key, on its only line.
public enum PasswordFile {
    /// The first line of the file; a line end at its end is no part of it.
    ///
    /// - Throws: ``PasswordError``.
    public static func read(_ path: String) throws(PasswordError) -> ResolvedPassword {
        let bytes: [UInt8]
        let isReadableByOthers: Bool
        do {
            (bytes, isReadableByOthers) = try contents(of: path, maximumSize: 4096)
        } catch {
            throw PasswordError(description: "the password file \(path): \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PasswordError(description: "the password file \(path) is not UTF-8")
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.dropFirst().contains(where: { !$0.isEmpty }) {
            throw PasswordError(description: "the password file \(path) must hold one line, the password alone")
        }
        guard let password = lines.first, !password.isEmpty else { throw PasswordError(description: "the password file \(path) is empty") }
        let warning =
            isReadableByOthers ? "the password file \(path) can be read by other users of this machine; run chmod 600 \(path)" : nil
        return ResolvedPassword(secret: Secret(String(password)), origin: path, warning: warning)
    }
}

/// Why a file could not be read, in words.
struct FileReadError: Error, CustomStringConvertible {
    var description: String
}

/// A small regular file's bytes, and whether the group or others may read it.
func contents(of path: String, maximumSize: Int) throws(FileReadError) -> (bytes: [UInt8], isReadableByOthers: Bool) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileReadError(description: "cannot be opened: \(errorText(errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileReadError(description: "cannot be read: \(errorText(errno))") }
    // A pipe is what `<(…)` in a shell gives; a folder or a device is a mistake.
    guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFIFO else {
        throw FileReadError(description: "is not a file")
    }
    _ = fcntl(descriptor, F_SETFL, 0)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw FileReadError(description: "cannot be read: \(errorText(errno))") }
        if count == 0 { break }
        bytes.append(contentsOf: buffer[..<count])
        if bytes.count > maximumSize { throw FileReadError(description: "is larger than \(maximumSize) bytes") }
    }
    return (bytes, status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o077 != 0)
}

private func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
