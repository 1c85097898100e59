import DICOM
import Glibc

/// Reads the headers of files again and again, and prints for each round the nanoseconds of processor time that one took: `parse` from
/// memory, `file` with opening, reading and closing the file. `copy` is the floor: copying the bytes that the header reader looked at.
///
///     benchmark-parse ROUNDS REPETITIONS FILE...        (- for paths on standard input, one a line)
@main
struct BenchmarkParse {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count > 3, let rounds = Int(arguments[1]), let repetitions = Int(arguments[2]) else {
            print("usage: benchmark-parse ROUNDS REPETITIONS FILE...")
            exit(64)
        }
        var paths = Array(arguments[3...])
        if paths == ["-"] { paths = Array(sequence(state: ()) { _ in readLine(strippingNewline: true) }) }
        let files = paths.compactMap(File.init)
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
            let file = nanoseconds {
                for _ in 0..<max(1, repetitions / 20) {
                    for file in files { bytes &+= file.open() }
                }
            }
            let opened = Double(max(1, repetitions / 20) * files.count)
            let count = Double(repetitions * files.count)
            print("parse_ns=\(Double(parse) / count) copy_ns=\(Double(copy) / count) file_ns=\(Double(file) / opened) checksum=\(bytes)")
        }
    }

    /// The processor time that the body takes, for others use the machine as well.
    static func nanoseconds(_ body: () -> Void) -> Int64 {
        let start = processorTime()
        body()
        return processorTime() - start
    }

    static func processorTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The first bytes of a file, as many as its header takes.
struct File {
    let bytes: [UInt8]
    let size: UInt64
    private let extent: Int
    private let path: String

    init?(path: String) {
        self.path = path
        let descriptor = Glibc.open(path, O_RDONLY)
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

    /// The same from the file itself, read as needed.
    @inline(never)
    func open() -> Int {
        let descriptor = Glibc.open(path, O_RDONLY)
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var reader = HeaderReader(fileSize: UInt64(max(0, status.st_size)))
        var (offset, count) = (UInt64(0), 8192)
        while true {
            let progress = withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { buffer in
                let got = pread(descriptor, buffer.baseAddress, count, off_t(offset))
                return reader.consume(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, got)]), at: offset)
            }
            switch progress {
            case .finished(.instance(let header)): return header.packed.count
            case .finished: return 0
            case .needs(let next, let more): (offset, count) = (next, more)
            }
        }
    }

    @inline(never)
    func copy() -> Int {
        let copy = bytes.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0[..<extent])) }
        return Int(copy[extent / 2])
    }
}
