import Catalogue
import Foundation
import SyntheticFiles
import Testing

@testable import Sharing

/// The DICOMDIR of an archive, as pydicom reads it.
struct DirectoryTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL.path
    private static let python = repository + "/.venv/bin/python"
    static var hasPython: Bool { FileManager.default.isExecutableFile(atPath: python) }

    private static let script = """
        import sys
        from pydicom.fileset import FileSet
        files = FileSet(sys.argv[1] + "/DICOMDIR")
        for instance in files:
            file = instance.load()
            assert file.SOPInstanceUID == instance.SOPInstanceUID, instance.path
            record = instance.node._record
            print(file.PatientID, file.StudyInstanceUID, file.SeriesInstanceUID, record.DirectoryRecordType, instance.path[len(sys.argv[1]) + 1:])
        """

    @Test(.enabled(if: hasPython)) func `pydicom finds every instance under its patient, study and series`() async throws {
        let world = try ShareWorld()
        defer { world.remove() }
        for (patient, study, number) in [("P2", "1.3", 1), ("P1", "1.2", 2), ("P1", "1.1", 1), ("P1", "1.1", 2)] {
            try world.put(
                "ST\(study)/IM\(number)",
                SyntheticFile(
                    patientName: "Muster^\(patient)", patientID: patient, study: study, studyDate: study == "1.1" ? "20240101" : "20240202",
                    series: "\(study).1", instance: "\(study).1.\(number)", number: number))
        }
        // Raw Data: its record holds what only the file tells.
        var raw = SyntheticFile(patientName: "Muster^P1", patientID: "P1", study: "1.2", series: "1.2.9", instance: "1.2.9.1").bytes
        let image = Array("1.2.840.10008.5.1.4.1.1.4\0".utf8)
        let place = try #require(raw.firstRange(of: image))
        raw.replaceSubrange(place, with: "1.2.840.10008.5.1.4.1.1.66".utf8)
        try world.put("raw", raw)
        try await world.index()
        let archive = try Archive(
            try await world.share(["1.1", "1.2", "1.3"].map { ContentItem(.study, uid: $0) }).get())
        defer { archive.remove() }
        let folder = try archive.unpack()
        let (status, output) = try Archive.run([Self.python, "-W", "ignore", "-c", Self.script, folder])
        #expect(status == 0, "\(output.suffix(2_000))")
        #expect(
            output.split(separator: "\n").sorted() == [
                "P1 1.1 1.1.1 IMAGE DICOM/ST000001/SE000001/IM000001", "P1 1.1 1.1.1 IMAGE DICOM/ST000001/SE000001/IM000002",
                "P1 1.2 1.2.1 IMAGE DICOM/ST000002/SE000001/IM000001", "P1 1.2 1.2.9 RAW DATA DICOM/ST000002/SE000002/IM000001",
                "P2 1.3 1.3.1 IMAGE DICOM/ST000003/SE000001/IM000001",
            ])
    }
}
