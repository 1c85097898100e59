import DICOM
import Testing

@Suite struct `Encodings of a data set` {
    /// Checks what ``Builder/dataSet`` puts into each file.
    static func check(_ header: Header?, _ location: SourceLocation = #_sourceLocation) {
        #expect(header?[.sopInstanceUID] == "1.2.3.4.5", sourceLocation: location)
        #expect(header?[.modality] == "CT", sourceLocation: location)
        #expect(header?[.patientName] == "Doe^Jane", sourceLocation: location)
        #expect(header?[.patientID] == "ID7", sourceLocation: location)
        #expect(header?[.studyInstanceUID] == "1.2.3", sourceLocation: location)
        #expect(header?[.seriesInstanceUID] == "1.2.3.4", sourceLocation: location)
        #expect(header?.integer(.instanceNumber) == 42, sourceLocation: location)
        #expect(header?[.rows] == "512", sourceLocation: location)
        #expect(header?.integer(.columns) == 256, sourceLocation: location)
        #expect(header?[.studyDate] == nil, sourceLocation: location)
    }

    @Test(arguments: [
        (Builder.Encoding.explicitLittle, Builder.explicitLittle), (.explicitBig, Builder.explicitBig),
        (.implicitLittle, Builder.implicitLittle), (.explicitLittle, "1.2.840.10008.1.2.4.90"), (.implicitLittle, "1.2.840.113619.5.2"),
    ])
    func `a conforming file has no deviations`(encoding: Builder.Encoding, transferSyntax: String) {
        let header = Header.read(Builder.file(Builder.dataSet(encoding), transferSyntax)).header
        Self.check(header)
        #expect(header?[.transferSyntaxUID] == transferSyntax)
        #expect(header?.deviations == [])
    }

    @Test(arguments: [
        (Builder.Encoding.explicitLittle, Builder.implicitLittle), (.implicitLittle, Builder.explicitLittle),
        (.explicitBig, Builder.explicitLittle), (.explicitLittle, Builder.explicitBig), (.explicitLittle, Builder.deflated),
    ])
    func `a file that lies about its transfer syntax is read as it is`(encoding: Builder.Encoding, transferSyntax: String) {
        let header = Header.read(Builder.file(Builder.dataSet(encoding), transferSyntax)).header
        Self.check(header)
        #expect(header?.readingDeviations == .wrongTransferSyntax)
    }

    @Test(arguments: [Builder.Encoding.explicitLittle, .explicitBig, .implicitLittle])
    func `a data set without preamble and meta information is recognised`(encoding: Builder.Encoding) {
        let header = Header.read(Builder.dataSet(encoding)).header
        Self.check(header)
        #expect(header?[.transferSyntaxUID] == nil)
        #expect(header?.readingDeviations == [.noPrefix, .noMetaInformation])
    }

    @Test func `meta information without a preamble is recognised`() {
        let file = Builder.file(Builder.dataSet())
        for start in [128, 132] {
            let header = Header.read(Array(file[start...])).header
            Self.check(header)
            #expect(header?.readingDeviations == .noPrefix)
        }
    }

    @Test func `without a transfer syntax the encoding is guessed`() {
        for encoding in [Builder.Encoding.explicitLittle, .explicitBig, .implicitLittle] {
            let header = Header.read(Builder.meta(nil) + Builder.dataSet(encoding)).header
            Self.check(header)
            #expect(header?.readingDeviations == .noTransferSyntax)
        }
    }

    @Test func `a prefix with no meta information behind it is tolerated`() {
        let header = Header.read([UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + Builder.dataSet()).header
        Self.check(header)
        #expect(header?.readingDeviations == .noMetaInformation)
    }

    @Test func `a wrong group length of the meta information does not matter`() {
        var file = Builder.file(Builder.dataSet())
        file[140] = 0xFF
        file[141] = 0x7F
        Self.check(Header.read(file).header)
    }

    @Test func `UIDs that only the meta information has are taken from there`() {
        var data = Builder()
        data.element(0x0010, 0x0020, "LO", "ID7")
        data.element(0x0020, 0x000E, "UI", "1.2.3.4")
        let file = Builder.meta(Builder.explicitLittle, sopClass: "1.2.840.10008.5.1.4.1.1.4", sopInstance: "9.8.7") + data.bytes
        let header = Header.read(file).header
        #expect(header?[.sopInstanceUID] == "9.8.7")
        #expect(header?[.sopClassUID] == "1.2.840.10008.5.1.4.1.1.4")
        #expect(header?[.seriesInstanceUID] == "1.2.3.4")
        #expect(header?.readingDeviations == [.identifiedByMetaInformation, .noStudyInstanceUID])
    }

    @Test func `a file without an instance UID is still an instance, and says so`() {
        var data = Builder()
        data.element(0x0010, 0x0020, "LO", "ID7")
        let header = Header.read(Builder.meta(Builder.explicitLittle) + data.bytes).header
        #expect(header?[.sopInstanceUID] == nil)
        #expect(header?.deviations.contains("no SOPInstanceUID") == true)
    }

    @Test func `meta information that names another instance is noticed`() {
        let header = Header.read(Builder.meta(Builder.explicitLittle, sopInstance: "6.6.6") + Builder.dataSet()).header
        #expect(header?[.sopInstanceUID] == "1.2.3.4.5")
        #expect(header?.readingDeviations == .conflictingMetaInformation)
    }

    @Test func `a directory is recognised by its class or its records`() {
        var records = Builder()
        records.element(0x0004, 0x1130, "CS", "FILESET")
        records.element(0x0004, 0x1212, "US", [0, 0])
        let byClass = Builder.meta(Builder.explicitLittle, sopClass: "1.2.840.10008.1.3.10") + records.bytes
        #expect(Header.read(byClass) == .directory)
        #expect(Header.read(records.bytes) == .directory)
    }

    @Test func `what is not DICOM is told from few bytes, with a reason`() {
        #expect(Header.read([]) == .notDICOM(reason: "empty file"))
        #expect(Header.read([8, 0, 5]) == .notDICOM(reason: "too short to be DICOM"))
        for text in [
            "PK\u{3}\u{4} and then some zip", "%PDF-1.7 and then some", String(repeating: "\0", count: 4000), "plain text, nothing more",
        ] {
            let file = Array(text.utf8)
            let reading = Reading(file + [UInt8](repeating: 0x41, count: 100_000), firstRead: 1024)
            guard case .notDICOM(let reason) = reading.outcome else {
                Issue.record("taken for DICOM: \(text.prefix(20))")
                continue
            }
            #expect(!reason.isEmpty)
            #expect(reading.requests.isEmpty)
        }
        guard case .notDICOM = Header.read([UInt8](repeating: 0, count: 128) + Array("DICM".utf8)) else {
            Issue.record("a prefix alone is no instance")
            return
        }
    }
}
