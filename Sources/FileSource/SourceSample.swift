internal import DICOM

/// A quick measurement of how fast a source gives headers.
public struct SourceSample: Sendable {
    /// Headers that were read.
    public let files: Int
    /// Headers per second, listing included.
    public let filesPerSecond: Double

    private static let mostFolders = 16
    private static let mostFiles = 64

    /// Lists up to 16 folders and reads up to 64 headers.
    ///
    /// - Throws: ``SourceError`` when the root cannot be listed.
    public static func take(_ source: some FileSource) async throws -> SourceSample {
        try await source.probe(retrying: false)
        let began = ContinuousClock.now
        let found = Collected()
        var waiting: [SourcePath] = [.root]
        for number in 0..<mostFolders {
            guard !waiting.isEmpty, await found.files.count < mostFiles else { break }
            let folder = waiting.removeFirst()
            do {
                await found.add(try await source.list(folder) { await found.add($0, in: folder) }, in: folder)
            } catch let error as SourceError where number > 0 && !error.concernsSource {
                continue
            }
            waiting += await found.takeFolders()
        }
        let requests = await found.files.prefix(mostFiles).enumerated().map { number, file in
            HeaderRequest(id: Int64(number), path: file.path, size: file.size, firstRead: 8_192)
        }
        let results = try await source.readHeaders(requests)
        let time = ContinuousClock.now - began
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        return SourceSample(files: results.count, filesPerSecond: Double(results.count) / max(seconds, 1e-6))
    }

    private actor Collected {
        private(set) var files: [(path: SourcePath, size: UInt64)] = []
        private var folders: [SourcePath] = []

        func add(_ page: [DirectoryEntry], in folder: SourcePath) {
            for entry in page {
                let path = folder.appending(entry.name)
                switch entry.kind {
                case .folder: if folders.count < SourceSample.mostFolders { folders.append(path) }
                case .file: if files.count < SourceSample.mostFiles { files.append((path, entry.size)) }
                case .other: break
                }
            }
        }

        func takeFolders() -> [SourcePath] {
            defer { folders = [] }
            return folders
        }
    }
}
