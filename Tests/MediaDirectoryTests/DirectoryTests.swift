import Foundation
import Testing

@testable import MediaDirectory

/// Directories as other programs see them.
struct DirectoryTests {
    private let folder: MediaFolder

    init() throws { folder = try MediaFolder() }

    @Test(.enabled(if: MediaFolder.hasPython)) func `pydicom finds a file of every kind under a record such as it would write itself`()
        async throws
    {
        #expect(try await folder.run("make-files.py") == [])
        try folder.writeDirectory()
        let findings = try await folder.run("check.py", "--keys")
        #expect(findings == [String(29 * 4)])
    }

    @Test(.enabled(if: MediaFolder.hasPython)) func `pydicom finds every one of many real files`() async throws {
        let shared = MediaFolder.repository + "/../shared/data"
        let count = try await folder.run("real-files.py", shared).last
        try folder.writeDirectory()
        let findings = try await folder.run("check.py")
        #expect(findings == [count ?? ""])
        #expect(Int(count ?? "") ?? 0 > 50)
    }

    @Test(.enabled(if: MediaFolder.hasPython && Validator.areInstalled))
    func `dicom3tools and DCMTK object to nothing but kinds of records that they do not know yet`() async throws {
        _ = try await folder.run("make-files.py")
        try folder.writeDirectory()
        let validation = try await Program.run("/usr/bin/dciodvfy", [folder.path + "/DICOMDIR"])
        let errors = validation.lines.filter { $0.contains("Error") && !$0.hasSuffix("of attribute <Directory Record Type>") }
        #expect(errors == [])
        #expect(validation.lines.contains("BasicDirectory"))
        let dump = try await Program.run("/usr/bin/dcmdump", ["+U8", folder.path + "/DICOMDIR"])
        #expect(dump.status == 0 && !dump.lines.contains { $0.hasPrefix("W:") || $0.hasPrefix("E:") })
        #expect(dump.text.contains("Jürgen^Ägypten"))
    }

    @Test(.enabled(if: MediaFolder.hasPython))
    func `a directory of 70,000 instances holds a few pieces at a time, and pydicom reads all of it`() async throws {
        let pieceSize = 64 * 1024
        var writer = DirectoryWriter(pieceSize: pieceSize)
        var pieces: [DirectoryPiece] = []
        var mostHeld: UInt64 = 0
        for record in Made.records(instances: 70_000, perSeries: 700) {
            pieces += try writer.add(record)
            mostHeld = max(mostHeld, writer.length - UInt64(pieces.count * pieceSize))
        }
        pieces += writer.finish()
        // The header's, that of each level's last record, and the one that is being filled.
        #expect(mostHeld <= 6 * pieceSize)
        #expect(pieces.map(\.number).sorted() == Array(pieces.indices))
        let bytes = pieces.sorted { $0.number < $1.number }.flatMap(\.bytes)
        #expect(UInt64(bytes.count) == writer.length)
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/DICOMDIR"))
        let lines = try await folder.run("count.py")
        #expect(lines == ["10 100 70000"])
    }

    @Test func `the same records give the same bytes in pieces of any size, and others another name`() throws {
        let records = Made.records(instances: 500, perSeries: 7)
        try folder.write(records, pieceSize: 256 * 1024)
        let directory = folder.directory
        for pieceSize in [1, 100, 4096] {
            try folder.write(records, pieceSize: pieceSize)
            #expect(folder.directory == directory)
        }
        try folder.write(records.dropLast(), pieceSize: 4096)
        #expect(folder.directory[..<DirectoryHeader.length] != directory[..<DirectoryHeader.length])
    }

    @Test func `a directory without instances, and parents without any, are left empty`() throws {
        try folder.write([DirectoryRecord](), pieceSize: 4096)
        let empty = folder.directory
        try folder.write(Made.records(instances: 1, perSeries: 1).dropLast(), pieceSize: 4096)
        #expect(folder.directory == empty && empty.count == DirectoryHeader.length)
    }

    @Test func `an instance without its parents, or under a path that no directory can refer to, is refused`() throws {
        let records = Made.records(instances: 1, perSeries: 1)
        for missing in 0..<3 {
            var writer = DirectoryWriter()
            #expect(throws: MediaDirectoryError.missingParent) {
                for (index, record) in records.enumerated() where index != missing { _ = try writer.add(record) }
            }
        }
        for path in ["DICOM/im1", "DICOM//IM1", "/IM1", "DICOM/IM0000001", "A/B/C/D/E/F/G/H/I", "DICOM/Ä", ""] {
            var writer = DirectoryWriter()
            #expect(throws: MediaDirectoryError.unusablePath(path)) {
                for record in records.dropLast() + [Made.instance(path)] { _ = try writer.add(record) }
            }
        }
    }
}

private enum Validator {
    static var areInstalled: Bool {
        ["/usr/bin/dciodvfy", "/usr/bin/dcmdump"].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Records of people who are made up.
private enum Made {
    /// Ten series a study, and a patient for each study.
    static func records(instances: Int, perSeries: Int) -> [DirectoryRecord] {
        (0..<instances).flatMap { number -> [DirectoryRecord] in
            let (series, index) = number.quotientAndRemainder(dividingBy: perSeries)
            let study = series / 10
            var records: [DirectoryRecord] = []
            if number % (10 * perSeries) == 0 {
                records.append(.patient(PatientRecord(name: "Müller^\(study)=山田", id: "P\(study)")))
                records.append(
                    .study(
                        StudyRecord(
                            studyInstanceUID: "1.2.\(study)", studyID: "S", date: "20240501", time: "10", accessionNumber: nil,
                            description: nil)))
            }
            if index == 0 { records.append(.series(SeriesRecord(seriesInstanceUID: "1.2.3.\(series)", modality: "CT", number: series))) }
            let path = "DICOM/SE\(series)/IM\(index)"
            return records + [instance(path, number)]
        }
    }

    static func instance(_ path: String, _ number: Int = 0) -> DirectoryRecord {
        .instance(
            InstanceRecord(
                path: path, sopClassUID: "1.2.840.10008.5.1.4.1.1.2", sopInstanceUID: "1.2.3.4.\(number)",
                transferSyntaxUID: "1.2.840.10008.1.2.1", instanceNumber: number))
    }
}
