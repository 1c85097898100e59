import Catalogue
import FileSource
import SyntheticFiles
import Testing

@testable import Indexing

@Suite struct IncrementalTests {
    @Test func `a scan finds every instance and a second one opens nothing`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 4, files: 10)
        source.put("readme.txt", bytes: Array("hello".utf8))
        let first = try await bench.index(source)
        #expect(first.record.state == .completed)
        #expect(first.record.counters.enumeratedFiles == 41)
        #expect(first.record.counters.filesProcessed == 41)
        #expect(first.record.counters.dicomFiles == 40)
        #expect(first.record.counters.notDICOM == 1)
        #expect(source.takeOpened().count == 40)
        let second = try await bench.index(source)
        #expect(source.takeOpened().isEmpty)
        #expect(second.record.counters.filesOpened == 0)
        #expect(second.record.counters.dicomFiles == 40)
        #expect(second.record.counters.filesProcessed == 41)
        #expect(try bench.isSound())
    }

    @Test func `added, changed, moved and deleted files are told apart`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 3, files: 10)
        try await bench.index(source)
        let moved = try bench.query("SELECT id FROM instance WHERE sop_instance_uid = '1.1.1.2'")
        _ = source.takeOpened()
        source.put("S1/NEW", SyntheticFile(patientID: "P1", study: "1.1", series: "1.1.1", instance: "1.1.1.99"))
        source.put("S2/IM1", SyntheticFile(patientID: "P2", study: "1.2", series: "1.2.1", instance: "1.2.1.1", rows: 99))
        source.move("S1/IM2", to: "S3/MOVED")
        source.remove("S2/IM5")
        let end = try await bench.index(source)
        #expect(Set(source.takeOpened()) == ["S1/NEW", "S2/IM1", "S3/MOVED"])
        #expect(end.missing.gone == 2)
        #expect(end.missing.held == 0)
        #expect(try bench.query("SELECT id FROM instance WHERE sop_instance_uid = '1.1.1.2'") == moved)
        #expect(try bench.query("SELECT rows FROM instance WHERE sop_instance_uid = '1.2.1.1'") == ["99"])
        #expect(try bench.query("SELECT 1 FROM instance WHERE sop_instance_uid = '1.2.1.5'").isEmpty)
        #expect(try bench.locations().contains("S3/MOVED"))
        #expect(try bench.locations().count == 30)
        #expect(try bench.isSound())
    }

    @Test func `an unmounted volume empties nothing until a second scan agrees`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 2, files: 5)
        try await bench.index(source)
        source.change { $0.isUnmounted = true }
        let empty = try await bench.index(source)
        #expect(empty.missing.held == 10)
        #expect(try bench.locations().count == 10)
        source.change { $0.isUnmounted = false }
        let back = try await bench.index(source)
        #expect(back.record.counters.filesOpened == 0)
        #expect(back.record.heldMissing == nil)
        #expect(try bench.locations().count == 10)
        source.change { $0.isUnmounted = true }
        #expect(try await bench.index(source).missing.held == 10)
        #expect(try await bench.index(source).missing.gone == 10)
        #expect(try bench.locations().isEmpty)
        #expect(try bench.query("SELECT count(*) FROM patient") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `a mass disappearance is held, and goes when a person confirms it`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 5, files: 10)
        try await bench.index(source)
        for file in 1...10 { source.remove("S3/IM\(file)") }
        let end = try await bench.index(source)
        #expect(end.missing.held == 10)
        #expect(try bench.locations().count == 50)
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        #expect(try await catalogue.confirmMissing(source: end.record.sourceID) == 10)
        #expect(try bench.locations().count == 40)
        #expect(try bench.query("SELECT count(*) FROM study") == ["4"])
    }

    @Test func `a few files that vanish are gone at once`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 5, files: 10)
        try await bench.index(source)
        for file in 1...5 { source.remove("S3/IM\(file)") }
        #expect(try await bench.index(source).missing.gone == 5)
        #expect(try bench.locations().count == 45)
        #expect(try bench.isSound())
    }

    @Test func `a folder that cannot be listed keeps what it held`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 5, files: 10)
        try await bench.index(source)
        source.remove("S2/IM1")
        source.change { $0.failingFolders["S2"] = ScriptedSource.failure("ACCESS_DENIED") }
        let end = try await bench.index(source)
        #expect(end.record.state == .completed)
        #expect(end.record.counters.errors == 1)
        #expect(end.missing == MissingOutcome())
        #expect(try bench.locations().count == 50)
        #expect(try bench.query("SELECT path FROM job_error WHERE job_id = \(end.record.id)") == ["S2"])
    }

    @Test func `an empty root listing that ends with an error says nothing about what was there`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 2, files: 5)
        try await bench.index(source)
        source.change { state in
            state.isUnmounted = true
            state.failingFolders[""] = ScriptedSource.failure("IO")
        }
        for _ in 1...3 {
            #expect(try await bench.index(source).missing == MissingOutcome())
            #expect(try bench.locations().count == 10)
        }
    }

    @Test func `a share that disappears in the middle loses nothing and is continued`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 6, files: 20)
        source.change { $0.operationsLeft = 40 }
        let end = try await bench.index(source)
        #expect(end.record.state == .failed)
        #expect((end.error as? SourceError)?.code == "HOST_DOWN")
        source.change { $0.operationsLeft = nil }
        let again = try await bench.index(source)
        #expect(again.record.id == end.record.id)
        #expect(again.record.state == .completed)
        #expect(again.record.counters.filesProcessed == 120)
        #expect(again.record.counters.enumeratedFiles == 120)
        #expect(again.record.counters.dicomFiles == 120)
        #expect(try bench.locations().count == 120)
        #expect(try bench.isSound())
    }

    @Test func `a file that cannot be read now keeps what was known and is tried again`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 1, files: 5)
        try await bench.index(source)
        source.put("S1/IM3", SyntheticFile(patientID: "P1", study: "1.1", series: "1.1.1", instance: "1.1.1.3", rows: 77))
        source.change { $0.failingFiles["S1/IM3"] = ScriptedSource.failure("LOCKED") }
        let end = try await bench.index(source)
        #expect(end.record.counters.errors == 1)
        #expect(try bench.locations().count == 5)
        source.change { $0.failingFiles = [:] }
        _ = source.takeOpened()
        try await bench.index(source)
        #expect(source.takeOpened() == ["S1/IM3"])
        #expect(try bench.query("SELECT rows FROM instance WHERE sop_instance_uid = '1.1.1.3'") == ["77"])
    }

    @Test func `a file that is replaced by something else takes its instance away`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 1, files: 5)
        try await bench.index(source)
        source.put("S1/IM3", bytes: Array("now a text".utf8))
        try await bench.index(source)
        #expect(try bench.locations().count == 4)
        #expect(try bench.isSound())
    }
}
