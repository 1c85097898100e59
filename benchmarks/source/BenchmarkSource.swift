import FileSource
import Glibc

/// How fast a source lists and reads headers, without a catalogue behind it: to be compared with `benchmarks/bare_smb.c` and with a loop of
/// `open`, `pread`, `close`.
///
///     benchmark-source local PATH [THREADS]
///     BENCHMARK_PASSWORD=… benchmark-source smb HOST PORT SHARE USER WORKERS|auto [BATCH]
///     BENCHMARK_PASSWORD=… benchmark-source whole HOST PORT SHARE USER WORKERS|auto
///     benchmark-source floor PATH
///
/// Prints one JSON object.
@main
enum BenchmarkSource {
    static func main() async throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "local" where arguments.count >= 3:
            try await measure(LocalFileSource(path: arguments[2], threads: arguments.count > 3 ? Int(arguments[3]) : nil))
        case "smb" where arguments.count >= 7:
            let source = try SMBSource(options(arguments))
            try await measure(source, batch: arguments.count > 7 ? Int(arguments[7]) ?? 64 : 64)
            print("workers at the end: \(source.metrics.workers), logins: \(source.metrics.logins)")
        case "whole" where arguments.count == 7:
            let source = try SMBSource(options(arguments))
            try await readWhole(source)
            print("workers at the end: \(source.metrics.workers), logins: \(source.metrics.logins)")
        case "floor" where arguments.count == 3:
            try await floor(arguments[2])
        default:
            print(
                "benchmark-source local PATH [THREADS] | smb HOST PORT SHARE USER WORKERS [BATCH] | whole HOST PORT SHARE USER WORKERS | floor PATH"
            )
        }
    }

    private static func options(_ arguments: [String]) -> SMBOptions {
        var options = SMBOptions(host: arguments[2], share: arguments[4])
        options.port = UInt16(arguments[3]) ?? 445
        options.username = arguments[5]
        options.password = Secret(getenv("BENCHMARK_PASSWORD").map { String(cString: $0) } ?? "")
        if let workers = Int(arguments[6]) { options.maxWorkers = .fixed(workers) }
        if let level = getenv("BENCHMARK_ENCRYPTION").flatMap({ SMBOptions.Level(rawValue: String(cString: $0)) }) {
            options.encryption = level
        }
        return options
    }

    private actor Folders {
        private var left: [SourcePath] = [.root]
        private var underWay = 0
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private(set) var files: [HeaderRequest] = []
        private(set) var entries = 0
        private(set) var folders = 0

        func next() async -> SourcePath? {
            while true {
                if let folder = left.popLast() {
                    underWay += 1
                    return folder
                }
                if underWay == 0 { return nil }
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func add(_ page: [DirectoryEntry], in folder: SourcePath) {
            entries += page.count
            for entry in page {
                let path = folder.appending(entry.name)
                switch entry.kind {
                case .folder: left.append(path)
                case .file: files.append(HeaderRequest(id: Int64(files.count), path: path, size: entry.size, firstRead: 8192))
                case .other: break
                }
            }
        }

        func done() {
            underWay -= 1
            folders += 1
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    private static func measure(_ source: some FileSource, batch: Int = 64) async throws {
        let clock = ContinuousClock()
        let found = Folders()
        let listing = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<max(source.concurrency, 1) {
                    group.addTask {
                        while let folder = await found.next() {
                            do {
                                await found.add(try await source.list(folder) { page in await found.add(page, in: folder) }, in: folder)
                            } catch { print(error) }
                            await found.done()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let files = await found.files
        let reading = try await clock.measure {
            try await withThrowingTaskGroup(of: Int.self) { group in
                var start = 0
                var running = 0
                while start < files.count || running > 0 {
                    while running < source.concurrency, start < files.count {
                        let part = Array(files[start..<min(start + batch, files.count)])
                        start += part.count
                        running += 1
                        group.addTask { try await source.readHeaders(part).count }
                    }
                    _ = try await group.next()
                    running -= 1
                }
            }
        }
        await report(found, listing, reading, files.count)
        await source.close()
    }

    private static func report(_ found: Folders, _ listing: Duration, _ reading: Duration, _ files: Int) async {
        let (folders, entries) = (await found.folders, await found.entries)
        print(
            "{\"folders\": \(folders), \"entries\": \(entries), \"files\": \(files), \"list_seconds\": \(listing / .seconds(1)), \"read_seconds\": \(reading / .seconds(1))}"
        )
    }

    /// Reads all of every file in pieces of 1 MiB, as a download does: some pieces ahead, in order, files one after another.
    private static func readWhole(_ source: SMBSource) async throws {
        let clock = ContinuousClock()
        let found = Folders()
        while let folder = await found.next() {
            await found.add(try await source.list(folder) { page in await found.add(page, in: folder) }, in: folder)
            await found.done()
        }
        let piece: UInt64 = 1 << 20
        let pieces = await found.files.flatMap { file in
            stride(from: 0, to: file.size, by: Int(piece)).map { (file.path, $0, min(piece, file.size - $0)) }
        }
        // The connections are there already when the second pass begins.
        for pass in ["cold", "warm"] {
            let time = try await clock.measure { try await read(pieces, from: source) }
            let bytes = pieces.reduce(0) { $0 + $1.2 }
            let (used, seconds) = (processorSeconds(), time / .seconds(1))
            print(
                "{\"pass\": \"\(pass)\", \"pieces\": \(pieces.count), \"seconds\": \(seconds), \"MiB_per_second\": \(Double(bytes) / 1_048_576 / seconds), "
                    + "\"processor_seconds_so_far\": \(used)}")
        }
        await source.close()
    }

    /// Of this process, the workers not counted.
    private static func processorSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    private static func read(_ pieces: [(path: SourcePath, offset: UInt64, count: UInt64)], from source: SMBSource) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, piece) in pieces.enumerated() {
                if number >= source.concurrency { try await group.next() }
                group.addTask {
                    let read = try await source.read(piece.path, offset: piece.offset, count: Int(piece.count))
                    guard read.bytes.count == Int(piece.count) else { fatalError("a piece is too short") }
                }
            }
            try await group.waitForAll()
        }
    }

    /// What the same files cost with nothing but `open`, `pread` and `close`, on one thread.
    private static func floor(_ path: String) async throws {
        let source = LocalFileSource(path: path)
        let found = Folders()
        while let folder = await found.next() {
            await found.add(try await source.list(folder) { page in await found.add(page, in: folder) }, in: folder)
            await found.done()
        }
        let paths = await found.files.map { path + "/" + $0.path.description }
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 16)
        defer { buffer.deallocate() }
        let time = ContinuousClock().measure {
            for path in paths {
                let file = open(path, O_RDONLY | O_CLOEXEC)
                _ = pread(file, buffer, 8192, 0)
                close(file)
            }
        }
        print("{\"files\": \(paths.count), \"read_seconds\": \(time / .seconds(1))}")
    }
}
