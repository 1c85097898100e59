import CommandLineInterface
import Glibc

/// Where a command's result goes: standard output, or a file, which takes its name only when it is whole. It is for its owner's eyes only: it holds
/// patients' names. A device or a pipe is written to as it is.
final class Output: Sendable {
    private let file: String?
    private let descriptor: Int32
    /// The file's name for the moment before it takes its own; nil for what is written to as it is.
    private let provisional: String?

    /// Has `body` write it all. When it throws, no file is left.
    ///
    /// - Parameter file: nil for standard output.
    static func write(to file: String?, _ body: (Output) async throws -> Void) async throws {
        // A pipe has to be opened by its reader as well.
        let output = try await blocking { try Output(file) }
        do {
            try await body(output)
            try output.finish()
        } catch {
            output.discard()
            throw error
        }
    }

    private init(_ file: String?) throws {
        // What a link leads to is replaced, not the link.
        let file = file.map { Self.target($0) ?? $0 }
        self.file = file
        guard let file else {
            (descriptor, provisional) = (STDOUT_FILENO, nil)
            return
        }
        var status = stat()
        let isSpecial = stat(file, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        if isSpecial {
            (descriptor, provisional) = (open(file, O_WRONLY | O_CLOEXEC), nil)
        } else {
            let part = file + ".part"
            // Without a name, nothing is left of it when the process is killed.
            let nameless = open(Self.folder(of: file), O_WRONLY | Self.withoutName | O_CLOEXEC, 0o600)
            descriptor = nameless >= 0 ? nameless : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            provisional = part
        }
        guard descriptor >= 0 else { throw Self.failure(file, "written") }
    }

    /// The file that is there, without links; nil when there is none.
    private static func target(_ file: String) -> String? {
        guard let path = realpath(file, nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private static func folder(of file: String) -> String {
        guard let end = file.lastIndex(of: "/") else { return "." }
        return end == file.startIndex ? "/" : String(file[..<end])
    }

    /// `O_TMPFILE`, which not every file system knows. Source: open(2).
    private static let withoutName = O_DIRECTORY | 0o20_000_000

    /// Blocks.
    func write(_ bytes: UnsafeRawBufferPointer) throws { try Terminal.write(bytes, to: descriptor) }

    private func discard() {
        guard file != nil else { return }
        close(descriptor)
        // Whether it had that name already, or an earlier run left it.
        if let provisional { unlink(provisional) }
    }

    /// Gives the file its name, and says so.
    private func finish() throws {
        guard let file else { return }
        if let provisional {
            var status = stat()
            guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else { throw Self.failure(file, "written") }
            if status.st_nlink == 0 {
                // What an earlier run may have left.
                unlink(provisional)
                // Source: open(2), on O_TMPFILE.
                guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, provisional, AT_SYMLINK_FOLLOW) == 0 else {
                    throw Self.failure(file, "put in place")
                }
            }
            guard rename(provisional, file) == 0 else { throw Self.failure(file, "put in place") }
        }
        close(descriptor)
        Terminal.note("Written to \(file)")
    }

    private static func failure(_ file: String, _ verb: String) -> Failure {
        Failure("\(file) cannot be \(verb): \(String(cString: strerror(errno)))")
    }
}
