import Testing

@testable import Catalogue

@Suite struct SearchHostileTextTests {
    static let texts: [String] = [
        "\"", "\"\"\"", "a\"b", "'; DROP TABLE study; --", "meier AND", "NOT meier", "meier OR thorax", "NEAR(meier thorax)", "meier*", "*",
        "***", "(", ")", "((meier",
        "tokens:meier", "{tokens}:meier", "-meier", "+meier", "^meier", "meier^", "=meier", "@meier", "!ab", "#ct", "%chest", "~1", "$2024",
        "_", "=", "^", "\0", "mei\0er",
        "\u{feff}meier", "😀", "👨‍👩‍👧", "meier 😀", "\u{301}", "\u{301}\u{301}\u{301}", "\u{fffd}", "\u{202e}meier", "%", "_%", "\\", "\n\t\r",
        "\u{3000}", "?", "??", "?*?",
        "*a*", "[a-z]", "a{2}", ".", "..", "1.", "1.2", ".1.2", "1..2", String(repeating: "1.", count: 5_000),
        String(repeating: "a", count: 10_000),
        String(repeating: "a ", count: 5_000), String(repeating: "*a", count: 5_000) + "b", String(repeating: "?", count: 10_000),
        String(repeating: "\"a\" ", count: 2_500),
        String(repeating: "山", count: 3_400), String(repeating: "\u{301}", count: 10_000), String(repeating: "-", count: 10_000), "﷽",
        "𝔐𝔢𝔦𝔢𝔯", "ǅ", "ß", "İ", "ﬃ", "㈱", "½",
    ]

    @Test(arguments: texts) func `any text is a search that ends without an error, at every level and in every order`(_ text: String) throws
    {
        let fixture = try SearchFixture()
        try fixture.add(.init(name: "Meier^Anna", description: "CT Thorax", series: [.init(description: "a b c")]))
        // Hostile text in the files is found, or at least harms nothing.
        try fixture.add(
            .init(
                name: text, patientID: text, accession: text, description: text, studyID: text,
                series: [.init(modality: text, description: text, bodyPart: text)]))
        let reader = try fixture.reader()
        for level in SearchLevel.allCases {
            for order in SearchOrder.allCases {
                _ = try reader.search(SearchQuery(text: text, level: level, order: order))
                _ = try reader.search(SearchQuery(text: "meier " + text, level: level, modalities: [text], bodyPart: text, order: order))
                _ = try reader.search(SearchQuery(level: level, patientID: text, accessionNumber: text, order: order))
            }
        }
        #expect(try fixture.found("anna thorax") == [1])
        try fixture.remove(2)
        #expect(try fixture.found("") == [1])
        try fixture.connection.execute("INSERT INTO study_search(study_search) VALUES ('integrity-check')")
    }

    @Test func `operators of the full-text engine are words`() throws {
        let fixture = try SearchFixture()
        let both = try fixture.add(.init(name: "Meier^Anna", description: "near and or not"))
        try fixture.add(.init(name: "Meier^Bert"))
        #expect(try fixture.found("meier AND") == [both])
        #expect(try fixture.found("NOT meier") == [both])
        #expect(try fixture.found("meier OR anna") == [both])
        #expect(try fixture.found("NEAR(meier)").isEmpty)
        #expect(try fixture.found("meier near") == [both])
    }

    @Test func `marks of the index's own tokens find nothing of their own`() throws {
        let fixture = try SearchFixture()
        try fixture.add(.init(name: "Meier^Anna", series: [.init(modality: "CT", bodyPart: "CHEST")]))
        #expect(try fixture.found("#ct") == [1])
        #expect(try fixture.found("=meie") == [1])
        #expect(try fixture.found("~1").isEmpty)
        #expect(try fixture.found("$202").isEmpty)
    }
}
