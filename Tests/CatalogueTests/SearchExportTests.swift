import Foundation
import Testing

@testable import Catalogue

@Suite struct SearchExportTests {
    private static let keys = [
        "SeriesKey", "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyDescription", "SeriesDescription", "SeriesNumber",
        "Modality", "files", "file_count",
    ]

    private func exported(_ fixture: SearchFixture, _ format: ExportFormat) throws -> String {
        var bytes: [UInt8] = []
        try fixture.reader().export(format) { bytes.append(contentsOf: $0) }
        return try #require(String(validating: bytes, as: UTF8.self))
    }

    private func fixture() throws -> SearchFixture {
        let fixture = try SearchFixture()
        try fixture.add(
            .init(
                name: "Müller^Jürgen=山田", description: "say \"hi\"\\\n\u{7}😀",
                series: [.init(description: "=cmd|' /C calc'!A1", instances: 2)]))
        try fixture.add(.init(name: nil, date: nil, series: [.init(modality: nil, description: "a,b;c|d", number: nil, source: 2)]))
        return fixture
    }

    @Test func `JSON has exactly the keys, and survives any text`() throws {
        let text = try exported(fixture(), .json)
        let list = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(list.count == 2)
        for series in list { #expect(Set(series.keys) == Set(Self.keys)) }
        for line in text.split(separator: "\n") where line.hasPrefix("{") {
            let places = Self.keys.map { line.range(of: "\"\($0)\": ")?.lowerBound }
            #expect(places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted())
        }
        #expect(list[0]["PatientName"] as? String == "Müller^Jürgen=山田")
        #expect(list[0]["StudyDescription"] as? String == "say \"hi\"\\\n\u{7}😀")
        #expect(list[0]["SeriesDescription"] as? String == "=cmd|' /C calc'!A1")
        #expect(list[0]["files"] as? [String] == ["smb://nas.example/archive/IM 1.dcm", "smb://nas.example/archive/IM 2.dcm"])
        #expect(list[0]["file_count"] as? Int == 2)
        #expect(list[0]["SeriesNumber"] as? Int == 1)
        #expect(list[1]["PatientName"] is NSNull && list[1]["SeriesNumber"] is NSNull && list[1]["Modality"] is NSNull)
        #expect(list[1]["files"] as? [String] == ["/srv/local/in/2024/IM 3.dcm"])
        #expect(list[1]["SeriesKey"] as? String == "1.2.3.2.2000")
    }

    @Test func `CSV quotes, and no cell is a formula`() throws {
        let text = try exported(fixture(), .csv)
        #expect(
            text.hasPrefix(
                Self.keys.joined(separator: ",") + "\r\n\"1.2.3.1.1000\",\"Müller^Jürgen=山田\",\"P1\",,\"20240101\",\"say \"\"hi\"\"\\\n"))
        #expect(
            text.contains(
                ",\"'=cmd|' /C calc'!A1\",1,\"CT\",\"smb://nas.example/archive/IM 1.dcm|smb://nas.example/archive/IM 2.dcm\",2\r\n"))
        #expect(text.hasSuffix("\"1.2.3.2.2000\",,\"P1\",,,,\"a,b;c|d\",,,\"/srv/local/in/2024/IM 3.dcm\",1\r\n"))
    }

    @Test func `an empty catalogue is an empty list`() throws {
        let fixture = try SearchFixture()
        #expect(try exported(fixture, .json) == "[\n]\n")
        #expect(try exported(fixture, .csv) == Self.keys.joined(separator: ",") + "\r\n")
    }

    @Test func `every location of an instance is listed, and names that are not UTF-8 can be read`() throws {
        let fixture = try fixture()
        let statement = try fixture.connection.prepare(
            "INSERT INTO file(folder_id, name, size, modified, changed, state, instance_id, found_generation) VALUES (2, ?, 1, 0, 0, 1, 1, 1)"
        )
        statement.bind(blob: Array("M".utf8) + [0xfc] + Array("ller ü".utf8) + [0xe5, 0xb1], at: 1)
        try statement.run()
        let list = try #require(JSONSerialization.jsonObject(with: Data(exported(fixture, .json).utf8)) as? [[String: Any]])
        #expect(
            list[0]["files"] as? [String] == [
                "smb://nas.example/archive/IM 1.dcm", "/srv/local/in/2024/M\\xFCller ü\\xE5\\xB1", "smb://nas.example/archive/IM 2.dcm",
            ])
    }

    @Test func `a failing writer ends the export with its error`() throws {
        struct Full: Error {}
        let fixture = try fixture()
        #expect(throws: Full.self) { try fixture.reader().export(.json) { _ in throw Full() } }
    }

    @Test func `an interrupted call says so, and the next one is as if nothing had been`() throws {
        let fixture = try SearchFixture()
        for _ in 0..<400 { try fixture.add(.init(series: [.init(instances: 5)])) }
        let reader = try fixture.reader()
        let error = #expect(throws: CatalogueError.self) { try reader.export(.json) { _ in reader.interruption() } }
        #expect(error?.code == .interrupted)
        #expect(try reader.counts() == CatalogueCounts(patients: 1, studies: 400, series: 400, instances: 2_000, files: 2_000))
    }

    @Test func `an export is one state of the catalogue, whatever is written meanwhile`() throws {
        let fixture = try SearchFixture()
        for _ in 0..<400 { try fixture.add(.init(series: [.init(instances: 5)])) }
        var bytes: [UInt8] = []
        var pieces = 0
        try fixture.reader().export(.json) { piece in
            pieces += 1
            if pieces == 1 { for id in fixture.studies.keys.sorted().suffix(100) { try fixture.remove(id) } }
            bytes.append(contentsOf: piece)
        }
        #expect(pieces > 1)
        #expect((try JSONSerialization.jsonObject(with: Data(bytes)) as? [Any])?.count == 400)
    }
}
