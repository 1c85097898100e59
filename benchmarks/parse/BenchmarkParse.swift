import DICOM
import Glibc

/// Parses the headers of files that are in memory, again and again, and prints for each round the nanoseconds that one took.
///
///     benchmark-parse ROUNDS REPETITIONS FILE...
///
/// `copy` beside it is the floor: copying the bytes that the header reader looked at.
@main
struct BenchmarkParse {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count > 3, let rounds = Int(arguments[1]), let repetitions = Int(arguments[2]) else {
            print("usage: benchmark-parse ROUNDS REPETITIONS FILE...")
            exit(64)
        }
        let files = arguments[3...].compactMap(File.init)
        for _ in 0..<rounds {
            var bytes = 0
            let parse = nanoseconds {
                for _ in 0..<repetitions {
                    for file in files { bytes &+= file.parse() }
                }
            }
            let copy = nanoseconds {
                for _ in 0..<repetitions {
                    for file in files { bytes &+= file.copy() }
                }
            }
            let count = Double(repetitions * files.count)
            print("parse_ns=\(Double(parse) / count) copy_ns=\(Double(copy) / count) checksum=\(bytes)")
        }
    }

    static func nanoseconds(_ body: () -> Void) -> Int64 {
        let clock = ContinuousClock()
        let (seconds, attoseconds) = clock.measure(body).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// The first bytes of a file, as many as its header takes.
struct File {
    let bytes: [UInt8]
    let size: UInt64
    private let extent: Int

    init?(path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        size = UInt64(max(0, status.st_size))
        var whole = [UInt8](repeating: 0, count: Int(size))
        let got = whole.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard got == whole.count else { return nil }
        var reader = HeaderReader(fileSize: size)
        _ = whole.withUnsafeBytes { reader.consume($0, at: 0) }
        extent = max(1, min(Int(reader.extent), whole.count))
        bytes = Array(whole.prefix(max(8192, extent)))
    }

    @inline(never)
    func parse() -> Int {
        var reader = HeaderReader(fileSize: size)
        let progress = bytes.withUnsafeBytes { reader.consume($0, at: 0) }
        if case .finished(.instance(let header)) = progress { return header.packed.count }
        return 0
    }

    @inline(never)
    func copy() -> Int {
        let copy = bytes.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0[..<extent])) }
        return Int(copy[extent / 2])
    }
}
