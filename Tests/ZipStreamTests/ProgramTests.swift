import Foundation
import Testing

@testable import ZipStream

/// Archives as other programs see them.
struct ProgramTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/archive.zip" }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [0, 1, 70_000]) func `every program reads an archive, byte for byte`(_ count: Int) async throws {
        let archive = try TestArchive(sizes: (0..<count).map { $0 % 4 == 3 ? 0 : 5 + $0 % 40 })
        try await archive.write(toFile: path)
        let expected = archive.wholeContent
        for program in ArchiveProgram.installed {
            #expect(try await program.complaints(about: path) == nil, "\(program)")
            // There is nothing to extract from an archive without files, and 7-Zip takes one out of its order.
            guard count > 0 else { continue }
            try await program.extract(path, to: folder.path + "/content")
            let content = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path + "/content")))
            #expect(content == expected, "\(program)")
        }
    }

    @Test func `every program reads an archive of over 4 GiB`() async throws {
        // A few bytes more than the least that needs 64 bits: unzip 6.00 takes a size of just 0xFFFFFFFF for one that is yet to be looked up.
        let large: UInt64 = 0x1_0000_0010
        let archive = try TestArchive(
            [
                ZipEntry(path: "before", size: 1000, modifiedUnixSeconds: 0),
                ZipEntry(path: "zeros", size: large, modifiedUnixSeconds: 4_000_000_000),
                ZipEntry(path: "after", size: 1000, modifiedUnixSeconds: 1_700_000_000),
            ], kind: { $0 == 1 ? .zeros : .noise })
        try await archive.write(toFile: path)
        for program in ArchiveProgram.installed {
            #expect(try await program.complaints(about: path, members: ["before", "after"]) == nil, "\(program)")
        }
    }

    @Test func `names, sizes, times and modes are read as they were planned`() async throws {
        let archive = try TestArchive([
            ZipEntry(path: "DICOM/Ünïcode 画像.dcm", size: 3, modifiedUnixSeconds: 1_700_000_001),
            ZipEntry(path: "old", size: 0, modifiedUnixSeconds: -1),
            ZipEntry(path: "far", size: 0, modifiedUnixSeconds: 4_000_000_000),
        ])
        try await archive.write(toFile: path)
        let script = """
            import sys, zipfile
            for i in zipfile.ZipFile(sys.argv[1]).infolist():
                print(i.filename, i.file_size, i.compress_type, '%04d-%02d-%02dT%02d:%02d:%02d' % i.date_time, oct(i.external_attr >> 16), i.extra.hex())
            """
        try script.write(toFile: folder.path + "/list.py", atomically: true, encoding: .utf8)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [folder.path + "/list.py", path]
        process.standardOutput = pipe
        process.environment = ["PYTHONIOENCODING": "utf-8"]
        try process.run()
        let lines = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        #expect(
            lines == [
                "DICOM/Ünïcode 画像.dcm 3 0 2023-11-14T22:13:20 0o100644 55540500" + "0101f15365",
                "old 0 0 1980-01-01T00:00:00 0o100644 5554050001ffffffff",
                "far 0 0 2096-10-02T07:06:40 0o100644 ",
            ])
    }
}
