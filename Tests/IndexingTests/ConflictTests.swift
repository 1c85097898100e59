import Catalogue
import SyntheticFiles
import Testing

@testable import Indexing

@Suite struct ConflictTests {
    @Test func `two patients in one study are kept and flagged, and the flag goes when the files are mended`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        for number in 1...10 { source.put("A/IM\(number)", SyntheticFile(instance: "1.\(number)", number: number)) }
        source.put("B/IM1", SyntheticFile(patientName: "Beispiel^Bert", patientID: "P2", series: "1.2.3.2", instance: "1.99"))
        try await bench.index(source)
        #expect(try bench.query("SELECT has_conflict FROM study") == ["2"])
        #expect(
            try bench.query("SELECT attribute || ':' || kept || ':' || found FROM conflict ORDER BY attribute")
                == ["PatientID:P1:P2", "PatientName:Muster^Maria:Beispiel^Bert"])
        source.put("B/IM1", SyntheticFile(series: "1.2.3.2", instance: "1.99"))
        try await bench.index(source)
        #expect(try bench.query("SELECT has_conflict FROM study") == ["0"])
        #expect(try bench.query("SELECT count(*) FROM conflict") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `a whole study that is corrected shows the new name and no conflict`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        for number in 1...5 { source.put("A/IM\(number)", SyntheticFile(instance: "1.\(number)", number: number)) }
        try await bench.index(source)
        for number in 1...5 {
            source.put(
                "A/IM\(number)", SyntheticFile(patientName: "Beispiel^Bert", patientID: "P2", instance: "1.\(number)", number: number))
        }
        try await bench.index(source)
        #expect(try bench.query("SELECT patient_name FROM study") == ["Beispiel^Bert"])
        #expect(try bench.query("SELECT patient_id FROM patient") == ["P2"])
        #expect(try bench.query("SELECT count(*) FROM conflict") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `one SOP instance UID with different content is flagged`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        source.put("A/IM1", SyntheticFile(instance: "1.1"))
        source.put("B/IM1", SyntheticFile(instance: "1.1", rows: 99))
        source.put("C/IM1", SyntheticFile(instance: "1.2"))
        source.put("D/IM1", SyntheticFile(instance: "1.2"))
        try await bench.index(source)
        #expect(try bench.query("SELECT sop_instance_uid FROM instance WHERE has_conflict <> 0") == ["1.1"])
        #expect(try bench.query("SELECT has_conflict FROM study") == ["1"])
        #expect(try bench.isSound())
    }

    @Test func `a person name with trailing empty components is the same name`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        source.put("A/IM1", SyntheticFile(patientName: "Muster^Maria", instance: "1.1"))
        source.put("A/IM2", SyntheticFile(patientName: "Muster^Maria^^^", instance: "1.2"))
        try await bench.index(source)
        #expect(try bench.query("SELECT has_conflict FROM study") == ["0"])
    }

    @Test func `files without a series UID are grouped by what else tells series apart`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        source.put("A/IM1", SyntheticFile(series: "", seriesDescription: "T1", instance: "1.1"))
        source.put("A/IM2", SyntheticFile(series: "", seriesDescription: "T1", instance: "1.2"))
        source.put("A/IM3", SyntheticFile(series: "", seriesDescription: "T2", instance: "1.3"))
        try await bench.index(source)
        #expect(try bench.query("SELECT count(*) FROM series") == ["2"])
        #expect(try bench.query("SELECT count(*) FROM study") == ["1"])
    }

    @Test func `files without a patient ID are not taken for one patient`() async throws {
        let bench = try Bench()
        let source = ScriptedSource()
        source.put("A/IM1", SyntheticFile(patientID: "", study: "1", series: "1.1", instance: "1.1.1"))
        source.put("B/IM1", SyntheticFile(patientID: "", study: "2", series: "2.1", instance: "2.1.1"))
        try await bench.index(source)
        #expect(try bench.query("SELECT count(*) FROM patient") == ["2"])
        #expect(try bench.query("SELECT has_conflict FROM study") == ["0", "0"])
    }
}
