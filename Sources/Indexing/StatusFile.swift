internal import Foundation
internal import Glibc

/// Replaces a file as a whole: readers see the old content or the new, also after a power cut.
enum StatusFile {
    /// Writes a temporary file beside `path`, brings it to stable storage, and renames it over `path`.
    ///
    /// Blocks; not for the cooperative pool.
    ///
    /// - Throws: `POSIXError`; the old file is untouched then.
    static func replace(_ path: String, with content: Data) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw posixError() }
        do {
            defer { close(descriptor) }
            var rest = Array(content)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw posixError() }
                rest = rest.dropFirst(count)
            }
            guard fsync(descriptor) == 0 else { throw posixError() }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw posixError() }
    }

    private static func posixError() -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
}
