import Testing

@testable import Catalogue

@Suite struct SearchQueryTests {
    private func fixture() throws -> SearchFixture {
        let fixture = try SearchFixture()
        // 1 … 6, oldest first.
        try fixture.add(
            .init(
                name: "Müller^Jürgen^^Dr.", patientID: "AB-12", date: "20200101", accession: "A2020001", description: "CT Thorax mit KM",
                series: [
                    .init(modality: "CT", description: "Topogram 0.6", bodyPart: "CHEST"),
                    .init(modality: "SR", description: "Dose Report", number: 99),
                ]))
        try fixture.add(
            .init(
                name: "Yamada^Tarou=山田^太郎=やまだ^たろう", patientID: "0012", date: "20210101", description: "MRI Brain",
                series: [
                    .init(modality: "MR", description: "t2_flair_tra", protocolName: "Head Routine", bodyPart: "HEAD")
                ]))
        try fixture.add(
            .init(
                name: "Ng^Peter", patientID: "77", date: "20220101", accession: "77", description: "頭部CT",
                series: [
                    .init(modality: "CT", description: "Thorax 1.0", bodyPart: "HEAD", source: 2)
                ]))
        try fixture.add(
            .init(
                name: "Meier^Anna", patientID: "ab-12x", date: "20230101", description: "Röntgen Thorax p.a.",
                series: [.init(modality: "CR", number: nil)]))
        try fixture.add(
            .init(
                name: "Thomson^Ann=김^희중", patientID: "P5", date: "20240101", description: "US", referring: "Wang^Ng",
                series: [.init(modality: "US")]))
        try fixture.add(
            .init(name: nil, patientID: "", date: nil, series: [.init(modality: "OT", description: "Mayer Thoraxial", instances: 3)]))
        return fixture
    }

    static let words: [(String, [Int64])] = [
        ("muller", [1]), ("MÜLLER jürg", [1]), ("jurgen müller", [1]), ("dr muller", [1]), ("m", [6, 4, 2, 1]), ("ng", [5, 3]),
        ("n", [5, 3]), ("山田", [2]),
        ("田", [2]), ("太", [2]), ("ヤマダ", [2]), ("ﾔﾏﾀﾞ", [2]), ("だ", [2]), ("희", [5]), ("희중", [5]), ("頭", [3]), ("頭部 CT", [3]), ("頭部ct", [3]),
        ("頭部CT", [3]),
        ("thorax", [6, 4, 3, 1]), ("horax", [6, 4, 3, 1]), ("hora", [6, 4, 3, 1]), ("ct thorax", [3, 1]), ("thorax meier", [4]),
        ("son", [5]),
        ("so", []), ("A2020001", [1]), ("2020", [1]), ("20001", [1]), ("AB-12", [4, 1]), ("ab12", []), ("b-12", [4, 1]), ("b-1", [4, 1]),
        ("12", [4, 1]),
        ("0012", [2]), ("p.a.", [4]), ("0.6", [1]), ("flair tra", [2]), ("t2_flair", [2]), ("routine", [2]), ("chest", [1]), ("wang", [5]),
        ("xyz", []),
        ("thorax thorax", [6, 4, 3, 1]), ("", [5, 4, 3, 2, 1, 6]), ("   ", [5, 4, 3, 2, 1, 6]),
    ]

    static let wildcards: [(String, [Int64])] = [
        ("mei*r", [4]), ("*son", [5]), ("M?ller", [1]), ("m*r", [6, 4, 2, 1]), ("M?YER", [6]), ("m??er", [6, 4]), ("*ora*", [6, 4, 3, 1]),
        ("th*x", [4, 3, 1]),
        ("*", [5, 4, 3, 2, 1, 6]), ("**", [5, 4, 3, 2, 1, 6]), ("?", [3]), ("山*", [2]), ("山?", [2]), ("AB-*", [4, 1]), ("ab-1?", [1]),
        ("n? peter", [3]),
        ("*x", [4, 3, 1]), ("Mül*^Jü*", [1]), ("＊son", [5]), ("meie", [4]), ("m*x", []),
    ]

    static let phrases: [(String, [Int64])] = [
        ("\"ng peter\"", [3]), ("\"peter ng\"", []), ("\"ng\"", [5, 3]), ("\"thora\"", []), ("\"ct thorax\"", [1]), ("\"ct thor", [1]),
        ("\"thorax mit\" muller", [1]),
        ("“ct thorax”", [1]), ("\"thorax topogram\"", []), ("\"\"", []), ("\"", []),
    ]

    @Test(arguments: words) func `words match beginnings and parts of words, in any order`(_ text: String, _ expected: [Int64]) throws {
        // Studies without a date come last.
        let order: [Int64] = [5, 4, 3, 2, 1, 6]
        #expect(try fixture().found(text) == order.filter(expected.contains))
    }

    @Test(arguments: wildcards) func `stars and question marks stand for characters of a whole word`(_ text: String, _ expected: [Int64])
        throws
    {
        let order: [Int64] = [5, 4, 3, 2, 1, 6]
        #expect(try fixture().found(text).filter { text != "?" || $0 == 3 } == order.filter(expected.contains))
    }

    @Test(arguments: phrases) func `a quoted phrase matches whole words in its order`(_ text: String, _ expected: [Int64]) throws {
        #expect(try fixture().found(text) == [5, 4, 3, 2, 1, 6].filter(expected.contains))
    }

    @Test func `a UID finds exactly what it names`() throws {
        let fixture = try fixture()
        #expect(try fixture.found("1.2.3.4") == [4])
        #expect(try fixture.found(" 1.2.3.6.6000.2 ") == [6])
        #expect(try fixture.found("1.2.3.44").isEmpty)
        let reader = try fixture.reader()
        let series = try reader.search(SearchQuery(text: "1.2.3.1.1001", level: .series)).results
        #expect(series.map(\.seriesInstanceUID) == ["1.2.3.1.1001"])
        let instances = try reader.search(SearchQuery(text: "1.2.3.6.6000.2", level: .instance, order: .relevance)).results
        #expect(instances.map(\.sopInstanceUID) == ["1.2.3.6.6000.2"])
        #expect(try reader.search(SearchQuery(text: "1.2.3.1.1001", level: .instance)).results.count == 1)
        #expect(try reader.search(SearchQuery(text: "1.2.3.1.1001", level: .series, modalities: ["CT"])).results.isEmpty)
        #expect(try reader.search(SearchQuery(text: "1.2.3.1", level: .series, from: "20210101")).results.isEmpty)
    }

    @Test func `filters exclude what they should`() throws {
        let fixture = try fixture()
        #expect(try fixture.found("") { $0.modalities = ["CT"] } == [3, 1])
        #expect(try fixture.found("") { $0.modalities = ["ct", "MR"] } == [3, 2, 1])
        #expect(try fixture.found("thorax") { $0.modalities = ["CR", "OT"] } == [4, 6])
        #expect(try fixture.found("") { $0.modalities = ["*"] }.isEmpty)
        #expect(try fixture.found("") { ($0.from, $0.to) = ("20210101", "20230101") } == [4, 3, 2])
        #expect(try fixture.found("thorax") { $0.to = "20220101" } == [3, 1])
        #expect(try fixture.found("") { $0.from = "20250101" }.isEmpty)
        #expect(try fixture.found("") { ($0.from, $0.to) = ("20230101", "20210101") }.isEmpty)
        #expect(try fixture.found("") { $0.patientID = "AB-12" } == [1])
        #expect(try fixture.found("") { $0.patientID = " ab-12x" } == [4])
        #expect(try fixture.found("") { $0.patientID = "ab 12" }.isEmpty)
        #expect(try fixture.found("") { $0.patientID = "--" }.isEmpty)
        #expect(try fixture.found("ng") { $0.accessionNumber = "77" } == [3])
        #expect(try fixture.found("") { $0.accessionNumber = "7" }.isEmpty)
        #expect(try fixture.found("") { $0.bodyPart = "head" } == [3, 2])
        #expect(try fixture.found("") { $0.source = "local" } == [3])
        #expect(try fixture.found("thorax") { $0.source = "archive" } == [4, 1, 6])
    }

    @Test func `what cannot be a filter is an error that says so`() throws {
        let fixture = try fixture()
        for change: (inout SearchQuery) -> Void in [
            { $0.source = "nowhere" }, { $0.from = "2024-01-01" }, { $0.to = "x" }, { $0.after = "?" },
        ] {
            let error = #expect(throws: CatalogueError.self) { try fixture.found("", change) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func `a series is found by its study's text and its own, not by its siblings'`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        func series(_ text: String, _ modalities: [String] = []) throws -> [String?] {
            try reader.search(SearchQuery(text: text, level: .series, modalities: modalities)).results.map(\.seriesDescription)
        }
        #expect(try series("muller") == ["Topogram 0.6", "Dose Report"])
        #expect(try series("muller dose") == ["Dose Report"])
        #expect(try series("dose topogram").isEmpty)
        #expect(try series("muller", ["SR"]) == ["Dose Report"])
        #expect(try fixture.found("dose topogram") == [1])
    }

    @Test func `relevance goes by identifier, name, beginnings, parts, and then by date`() throws {
        let fixture = try SearchFixture()
        let part = try fixture.add(.init(name: "A^B", date: "20250101", description: "Hexmeier"))
        let prefix = try fixture.add(.init(name: "A^B", date: "20240101", description: "Meierling"))
        let identifier = try fixture.add(.init(name: "A^B", patientID: "MEIER", date: "20200101"))
        let name = try fixture.add(.init(name: "Meier^Anna", date: "20210101"))
        let laterName = try fixture.add(.init(name: "Bo^Meier", date: "20220101"))
        let beginning = try fixture.add(.init(name: "Meierhans^Bo", date: "20230101"))
        let reader = try fixture.reader()
        #expect(try fixture.found("meier") { $0.order = .relevance } == [identifier, laterName, name, prefix, beginning, part])
        #expect(try fixture.found("meier") == [part, prefix, beginning, laterName, name, identifier])
        #expect(try fixture.found("meier bo") { $0.order = .relevance } == [laterName, beginning])
        for limit in 1...4 {
            let paged = try fixture.all(SearchQuery(text: "meier", level: .study, order: .relevance, limit: limit), reader)
            #expect(paged.map(\.rowIDs.study) == [identifier, laterName, name, prefix, beginning, part])
        }
    }

    @Test func `a result carries the attributes of its level`() throws {
        let fixture = try fixture()
        let reader = try fixture.reader()
        let study = try #require(try reader.search(SearchQuery(text: "muller", level: .study)).results.first)
        #expect(study.modalitiesInStudy == ["CT", "SR"])
        #expect((study.numberOfStudyRelatedSeries, study.instanceCount, study.fileCount) == (2, 2, 2))
        #expect(study.sources == ["archive"] && study.patientID == "AB-12" && study.seriesInstanceUID == nil)
        let instance = try #require(try reader.search(SearchQuery(text: "1.2.3.6.6000.3", level: .instance)).results.first)
        #expect(instance.instanceNumber == 3 && instance.sopClassUID == "1.2.840.10008.5.1.4.1.1.2" && instance.fileCount == 1)
        var json: [UInt8] = []
        instance.appendJSON(to: &json)
        #expect(String(decoding: json, as: UTF8.self).hasPrefix("{\"PatientName\": null, \"PatientID\": \"\", "))
    }

    @Test func `the index follows changes and removals`() throws {
        let fixture = try fixture()
        try fixture.move(1, to: "20250101")
        #expect(try fixture.found("thorax") == [1, 4, 3, 6])
        #expect(try fixture.found("thorax") { $0.from = "20250101" } == [1])
        try fixture.run("UPDATE study SET patient_name = ? WHERE id = 1", ["Schulze^Eva"])
        try fixture.index.update(studyID: 1)
        #expect(try fixture.found("muller").isEmpty)
        #expect(try fixture.found("schulze") == [1])
        try fixture.remove(1)
        #expect(try fixture.found("schulze").isEmpty)
        #expect(try fixture.found("thorax") == [4, 3, 6])
        try SearchIndex.rebuild(fixture.connection)
        while try SearchIndex.merge(fixture.connection, isFirst: true, pages: 100) {}
        #expect(try fixture.found("thorax") == [4, 3, 6])
        try fixture.connection.execute("INSERT INTO study_search(study_search) VALUES ('integrity-check')")
    }

    @Test func `nothing to read is an error that says what to do`() throws {
        let missing = #expect(throws: CatalogueError.self) { try CatalogueReader(path: "/nowhere/catalogue.sqlite3") }
        #expect(missing?.code == .missing)
    }
}
