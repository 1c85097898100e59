import CommandLineInterface
import Glibc

/// Where a command's result goes: standard output, or a file, which takes its name only when it is whole. It is for its owner's eyes only: it holds
/// patients' names.
final class Output: Sendable {
    private let file: String?
    private let descriptor: Int32

    /// - Parameter file: nil for standard output.
    init(_ file: String?) throws {
        self.file = file
        guard let file else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(file + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file, "written") }
    }

    deinit {
        guard let file else { return }
        close(descriptor)
        // After `finish` there is none.
        unlink(file + ".part")
    }

    /// Blocks.
    func write(_ bytes: UnsafeRawBufferPointer) throws { try Terminal.write(bytes, to: descriptor) }

    /// Gives the file its name, and says so.
    func finish() throws {
        guard let file else { return }
        guard fsync(descriptor) == 0 else { throw Self.failure(file, "written") }
        guard rename(file + ".part", file) == 0 else { throw Self.failure(file, "put in place") }
        Terminal.note("Written to \(file)")
    }

    private static func failure(_ file: String, _ verb: String) -> Failure {
        Failure("\(file) cannot be \(verb): \(String(cString: strerror(errno)))")
    }
}
