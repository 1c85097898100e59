import DICOM
import Foundation
import MediaDirectory

/// A folder with files, for which a DICOMDIR is written; it goes with this object.
final class MediaFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "media-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static let support = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let repository = support.appending(path: "../../..").standardizedFileURL.path
    static let python = repository + "/.venv/bin/python"
    static var hasPython: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// Runs a script of this folder and returns the lines that it says.
    func run(_ script: String, _ arguments: String...) async throws -> [String] {
        try await Program.run(MediaFolder.python, [MediaFolder.support.appending(path: script).path, path] + arguments).lines
    }

    /// Writes the DICOMDIR from what the files say, reading them in small pieces as over a network.
    func writeDirectory(pieceSize: Int = 4096) throws {
        var entries: [Entry] = []
        for case let name as String in FileManager.default.enumerator(atPath: path + "/DICOM") ?? .init() {
            let file = path + "/DICOM/" + name
            guard let data = FileManager.default.contents(atPath: file), case .instance(let header) = Header.read([UInt8](data)) else {
                continue
            }
            entries.append(Entry(path: "DICOM/" + name, header: header, attributes: Entry.attributes(of: [UInt8](data), header)))
        }
        entries.sort { $0.order.lexicographicallyPrecedes($1.order) }
        try write(Entry.records(entries), pieceSize: pieceSize)
    }

    func write(_ records: some Sequence<DirectoryRecord>, pieceSize: Int) throws {
        var writer = DirectoryWriter(pieceSize: pieceSize)
        var pieces: [DirectoryPiece] = []
        for record in records { pieces += try writer.add(record) }
        pieces += writer.finish()
        let bytes = pieces.sorted { $0.number < $1.number }.flatMap(\.bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/DICOMDIR"))
    }

    /// The DICOMDIR's bytes.
    var directory: [UInt8] { [UInt8](FileManager.default.contents(atPath: path + "/DICOMDIR") ?? Data()) }
}

/// A file and its header.
private struct Entry {
    let path: String
    let header: Header
    let attributes: RecordAttributes?

    var order: [String] { [.patientID, .studyInstanceUID, .seriesInstanceUID].map { header[$0] ?? "" } + [path] }

    static func attributes(of file: [UInt8], _ header: Header) -> RecordAttributes? {
        guard !RecordAttributes.wanted(sopClassUID: header[.sopClassUID]).isEmpty else { return nil }
        var reader = RecordAttributesReader(sopClassUID: header[.sopClassUID], fileSize: UInt64(file.count))
        var range = 0..<min(1000, file.count)
        while true {
            switch file[range].withUnsafeBytes({ reader.consume($0, at: UInt64(range.lowerBound)) }) {
            case .finished(let attributes): return attributes
            case .needs(let offset, let count): range = Int(offset)..<Int(offset) + count
            }
        }
    }

    /// The records of entries that are in order.
    static func records(_ entries: [Entry]) -> [DirectoryRecord] {
        var previous = ["", "", "", ""]
        return entries.flatMap { entry -> [DirectoryRecord] in
            let header = entry.header
            var records: [DirectoryRecord] = []
            if entry.order[0] != previous[0] || previous[3].isEmpty {
                records.append(
                    .patient(
                        PatientRecord(
                            name: header[.patientName], id: header[.patientID], birthDate: header[.patientBirthDate],
                            sex: header[.patientSex])))
            }
            if entry.order[..<2] != previous[..<2] || previous[3].isEmpty {
                records.append(
                    .study(
                        StudyRecord(
                            studyInstanceUID: header[.studyInstanceUID], studyID: header[.studyID], date: header[.studyDate],
                            time: header[.studyTime], accessionNumber: header[.accessionNumber], description: header[.studyDescription])))
            }
            if entry.order[..<3] != previous[..<3] || previous[3].isEmpty {
                records.append(
                    .series(
                        SeriesRecord(
                            seriesInstanceUID: header[.seriesInstanceUID], modality: header[.modality],
                            number: header.integer(.seriesNumber),
                            date: header[.seriesDate], description: header[.seriesDescription])))
            }
            previous = entry.order
            return records + [
                .instance(
                    InstanceRecord(
                        path: entry.path, sopClassUID: header[.sopClassUID], sopInstanceUID: header[.sopInstanceUID],
                        transferSyntaxUID: header[.transferSyntaxUID], instanceNumber: header.integer(.instanceNumber),
                        numberOfFrames: header.integer(.numberOfFrames), rows: header.integer(.rows), columns: header.integer(.columns),
                        attributes: entry.attributes))
            ]
        }
    }
}

/// A program that is run to its end.
enum Program {
    struct Result {
        let status: Int32
        let text: String
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// Runs it; what it says on both outputs is the text.
    static func run(_ program: String, _ arguments: [String]) async throws -> Result {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                do {
                    try process.run()
                    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    process.waitUntilExit()
                    continuation.resume(returning: Result(status: process.terminationStatus, text: text))
                } catch {
                    continuation.resume(throwing: error)
                }
            }.start()
        }
    }
}
