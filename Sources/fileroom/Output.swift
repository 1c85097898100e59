import CommandLineInterface
import Glibc

/// Where a command's result goes: standard output, or a file, which takes its name only when it is whole. It is for its owner's eyes only: it holds
/// patients' names. A device or a pipe is written to as it is.
final class Output: Sendable {
    private let file: String?
    private let descriptor: Int32
    /// The file's name until it is whole; nil for what is written to as it is.
    private let provisional: String?

    /// Has `body` write it all. When it throws, no file is left.
    ///
    /// - Parameter file: nil for standard output.
    static func write(to file: String?, _ body: (Output) async throws -> Void) async throws {
        let output = try Output(file)
        do {
            try await body(output)
            try output.finish()
        } catch {
            output.discard()
            throw error
        }
    }

    private init(_ file: String?) throws {
        self.file = file
        guard let file else {
            (descriptor, provisional) = (STDOUT_FILENO, nil)
            return
        }
        var status = stat()
        let isSpecial = stat(file, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        provisional = isSpecial ? nil : file + ".part"
        descriptor = open(provisional ?? file, O_WRONLY | (isSpecial ? 0 : O_CREAT | O_TRUNC) | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file, "written") }
    }

    /// Blocks.
    func write(_ bytes: UnsafeRawBufferPointer) throws { try Terminal.write(bytes, to: descriptor) }

    private func discard() {
        guard file != nil else { return }
        close(descriptor)
        if let provisional { unlink(provisional) }
    }

    /// Gives the file its name, and says so.
    private func finish() throws {
        guard let file else { return }
        if let provisional {
            guard fsync(descriptor) == 0 else { throw Self.failure(file, "written") }
            guard rename(provisional, file) == 0 else { throw Self.failure(file, "put in place") }
        }
        close(descriptor)
        Terminal.note("Written to \(file)")
    }

    private static func failure(_ file: String, _ verb: String) -> Failure {
        Failure("\(file) cannot be \(verb): \(String(cString: strerror(errno)))")
    }
}
