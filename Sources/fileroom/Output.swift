import CommandLineInterface
import Glibc

/// Where a command's result goes: standard output, or a file, which takes its name only when it is whole. It is for its owner's eyes only: it holds
/// patients' names.
final class Output: Sendable {
    private let file: String?
    private let descriptor: Int32

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
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(file + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file, "written") }
    }

    /// Blocks.
    func write(_ bytes: UnsafeRawBufferPointer) throws { try Terminal.write(bytes, to: descriptor) }

    private func discard() {
        guard let file else { return }
        close(descriptor)
        unlink(file + ".part")
    }

    /// Gives the file its name, and says so.
    private func finish() throws {
        guard let file else { return }
        guard fsync(descriptor) == 0 else { throw Self.failure(file, "written") }
        guard rename(file + ".part", file) == 0 else { throw Self.failure(file, "put in place") }
        close(descriptor)
        Terminal.note("Written to \(file)")
    }

    private static func failure(_ file: String, _ verb: String) -> Failure {
        Failure("\(file) cannot be \(verb): \(String(cString: strerror(errno)))")
    }
}
