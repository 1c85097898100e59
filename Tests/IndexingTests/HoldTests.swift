import Catalogue
import FileSource
import SQLite
import SourceAccess
import SyntheticFiles
import Testing

@testable import Indexing

/// What may go, and what must stay, when scans are held, cancelled, or see only a part.
@Suite struct HoldTests {
    private static func archive(folders: Int, files: Int) -> ScriptedSource { .archive(series: folders, files: files, concurrency: 1) }

    private static func empty(_ source: ScriptedSource, _ folders: ClosedRange<Int>, files: Int) {
        for folder in folders { for file in 1...files { source.remove("S\(folder)/IM\(file)") } }
    }

    @Test func `what a cancelled scan missed does not escape being held`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 6, files: 5)
        try await bench.index(source)
        // The folders stay, empty; only their files vanish.
        Self.empty(source, 1...3, files: 5)
        source.put("S4/NEW", SyntheticFile(instance: "9.9"))
        for folder in 1...3 { source.put("S\(folder)/readme.txt", bytes: [1]) }
        try await bench.indexPartly(source, operations: 8)
        #expect(try bench.query("SELECT count(*) FROM file WHERE missing_generation IS NOT NULL") != ["0"])
        let end = try await bench.index(source)
        #expect(end.missing.held == 15)
        #expect(end.missing.gone == 0)
        #expect(try bench.locations().count == 31)
        #expect(try await bench.index(source).missing.gone == 15)
        #expect(try bench.isSound())
    }

    @Test func `a copy that was there all along is no move`() async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: 1)
        for number in 1...10 {
            let file = SyntheticFile(series: "1.5", instance: "1.5.\(number)", number: number)
            source.put("A/IM\(number)", file)
            source.put("B/IM\(number)", file)
        }
        try await bench.index(source)
        for number in 1...10 { source.remove("A/IM\(number)") }
        #expect(try await bench.index(source).missing.held == 10)
        #expect(try bench.locations().count == 20)
    }

    @Test func `a copy in another source does not let an unmounted volume go`() async throws {
        let bench = try Bench()
        let first = Self.archive(folders: 2, files: 10)
        let second = Self.archive(folders: 2, files: 10)
        try await bench.index(first)
        try await bench.index(second, url: "smb://nas/copy")
        first.change { $0.isUnmounted = true }
        #expect(try await bench.index(first).missing.held == 20)
        #expect(try bench.locations().count == 40)
    }

    @Test func `files that moved within their source are not held`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 2, files: 10)
        try await bench.index(source)
        for number in 1...10 { source.move("S1/IM\(number)", to: "archive/IM\(number)") }
        let end = try await bench.index(source)
        #expect(end.missing.held == 0)
        #expect(end.missing.gone == 10)
        #expect(try bench.locations().count == 20)
        #expect(try bench.isSound())
    }

    @Test func `a held scan removes nothing, not even what an earlier one held`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 10, files: 10)
        try await bench.index(source)
        Self.empty(source, 1...2, files: 9)
        #expect(try await bench.index(source).missing.held == 18)
        source.change { $0.isUnmounted = true }
        let unmounted = try await bench.index(source)
        #expect(unmounted.missing.held == 100)
        #expect(unmounted.missing.gone == 0)
        #expect(try bench.locations().count == 100)
        source.change { $0.isUnmounted = false }
        // Listed again and missing again: what the folders' own listings say is new once more, since the one between said nothing of them.
        #expect(try await bench.index(source).missing.held == 18)
        #expect(try await bench.index(source).missing.gone == 18)
        #expect(try bench.locations().count == 82)
        #expect(try bench.isSound())
    }

    @Test func `what is held stays held while later scans are cancelled, and can be confirmed`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 5, files: 10)
        let first = try await bench.index(source)
        Self.empty(source, 3...3, files: 10)
        #expect(try await bench.index(source).missing.held == 10)
        try await bench.indexPartly(source, operations: 2)
        #expect(try bench.query("SELECT held_missing FROM source") == ["10"])
        Self.empty(source, 4...4, files: 10)
        try await bench.indexPartly(source, operations: 3)
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        #expect(try await catalogue.confirmMissing(source: first.record.sourceID) == 10)
        // Only what a scan that came to its end has missed.
        #expect(try bench.locations().count == 40)
    }

    @Test func `nothing is confirmed while a scan is under way`() async throws {
        let bench = try Bench()
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        let job = try await catalogue.begin(url: bench.url, name: nil, options: "{}", readAll: false, defaultIssuer: "", now: { 0 })
        await #expect(throws: CatalogueError.self) { try await catalogue.confirmMissing(source: job.sourceID) }
    }

    @Test func `a changed file is read again although the scan that saw the change was cancelled`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 1, files: 10)
        try await bench.index(source)
        for number in 1...10 {
            source.put(
                "S1/IM\(number)",
                SyntheticFile(
                    patientName: "Neu^Name", patientID: "P1", study: "1.1", series: "1.1.1", instance: "1.1.1.\(number)", number: number))
        }
        _ = source.takeOpened()
        // The root, the folder, and the first file.
        try await bench.indexPartly(source, operations: 4)
        let opened = source.takeOpened().count
        #expect(opened < 10)
        let end = try await bench.index(source)
        #expect(end.record.counters.filesOpened >= 10 - opened)
        #expect(try bench.query("SELECT patient_name FROM study") == ["Neu^Name"])
        #expect(try bench.query("SELECT count(*) FROM variant") == ["1"])
        #expect(try bench.isSound())
    }

    @Test func `a refused order does not disturb a listing under way`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 1, files: 12)
        try await bench.index(source)
        // Every page of three is followed by an order that is refused.
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        let board = JobBoard(folder: bench.folder, catalogue: catalogue, now: Bench.now)
        source.change { state in
            state.afterPage = { [bench] in
                await #expect(throws: CatalogueError.self) {
                    try await catalogue.begin(url: bench.url, name: nil, options: "{}", readAll: false, defaultIssuer: "", now: { 0 })
                }
            }
        }
        let job = try await board.start(
            bench.order(JobSettings(mostMissingPercent: 100)), on: OpenedSource(source: source, method: "smb", reason: "test"))
        let end = try #require(await board.end(of: job))
        #expect(end.missing == MissingOutcome())
        #expect(end.record.counters.enumeratedFiles == 12)
        #expect(try bench.locations().count == 12)
    }

    @Test func `a scan that is continued after it held does not agree with itself`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 2, files: 10)
        try await bench.index(source)
        source.change { $0.isUnmounted = true }
        let held = try await bench.index(source)
        #expect(held.missing.held == 20)
        // As `kill -9` between the decision and the end leaves it.
        try Connection(path: bench.folder.catalogue, access: .readWrite).execute(
            "UPDATE job SET state = 'running', finished_at = NULL WHERE id = \(held.record.id)")
        let continued = try await bench.index(source)
        #expect(continued.record.id == held.record.id)
        #expect(continued.missing.held == 20)
        #expect(try bench.locations().count == 20)
        #expect(try await bench.index(source).missing.gone == 20)
    }

    @Test func `what vanishes before an interrupted first listing is begun again is forgotten`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 1, files: 30)
        source.change { $0.failingFolders["S1"] = ScriptedSource.failure("HOST_DOWN", concernsSource: true) }
        #expect(try await bench.index(source).record.state == .failed)
        #expect(try bench.query("SELECT count(*) FROM file") == ["30"])
        source.change { $0.failingFolders = [:] }
        source.remove("S1/IM7")
        let end = try await bench.index(source)
        #expect(end.record.state == .completed)
        #expect(end.record.counters.errors == 0)
        #expect(end.record.counters.enumeratedFiles == 29)
        #expect(end.record.counters.filesProcessed == 29)
        #expect(try bench.query("SELECT count(*) FROM file") == ["29"])
        #expect(try bench.isSound())
    }

    @Test func `an interrupted scan is not continued with another name filter`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 2, files: 5)
        source.put("S1/scan.bak", SyntheticFile(patientID: "P1", study: "1.1", series: "1.1.1", instance: "8.1"))
        source.change { $0.operationsLeft = 4 }
        let first = try await bench.index(source)
        source.change { $0.operationsLeft = nil }
        let second = try await bench.index(source, JobSettings(filter: NameFilter(acceptsAllNames: true)))
        #expect(second.record.id != first.record.id)
        #expect(try bench.locations().count == 11)
    }

    @Test func `a conflict goes when both of its copies go`() async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: 1)
        for number in 1...40 { source.put("C/IM\(number)", SyntheticFile(series: "1.9", instance: "6.\(number)", number: number)) }
        source.put("A/IM1", SyntheticFile(series: "1.9", instance: "7.1", rows: 16))
        source.put("B/IM1", SyntheticFile(series: "1.9", instance: "7.1", rows: 32))
        try await bench.index(source)
        #expect(try bench.query("SELECT has_conflict FROM study") == ["1"])
        source.remove("A/IM1")
        source.remove("B/IM1")
        #expect(try await bench.index(source).missing.gone == 2)
        #expect(try bench.query("SELECT has_conflict FROM study") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `what a name filter leaves out is not gone`() async throws {
        let bench = try Bench()
        let source = Self.archive(folders: 2, files: 5)
        source.put("S1/scan.bak", SyntheticFile(patientID: "P1", study: "1.1", series: "1.1.1", instance: "8.1"))
        source.put("@eaDir/IM1", SyntheticFile(instance: "8.2"))
        try await bench.index(source, JobSettings(filter: NameFilter(acceptsAllNames: true)))
        #expect(try bench.locations().count == 12)
        let end = try await bench.index(source)
        #expect(end.missing == MissingOutcome())
        #expect(end.record.counters.dicomFiles == 11)
        #expect(try bench.locations().count == 12)
        source.remove("S1/scan.bak")
        #expect(try await bench.index(source).missing.gone == 1)
        #expect(try bench.isSound())
    }
}

/// One instance in several places.
@Suite struct CopiesTests {
    private static func file(_ number: Int, series: String = "1.5", rows: UInt16 = 16) -> SyntheticFile {
        SyntheticFile(series: series, instance: "7.\(number)", number: number, rows: rows)
    }

    @Test func `a series that is corrected in every copy moves as a whole`() async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: 1)
        for number in 1...6 { for folder in ["A", "B"] { source.put("\(folder)/IM\(number)", Self.file(number)) } }
        try await bench.index(source)
        for number in 1...6 {
            for folder in ["A", "B"] { source.put("\(folder)/IM\(number)", Self.file(number, series: "1.6", rows: 32)) }
        }
        try await bench.index(source)
        #expect(try bench.query("SELECT series_instance_uid FROM series") == ["1.6"])
        #expect(try bench.query("SELECT DISTINCT rows FROM instance") == ["32"])
        #expect(try bench.query("SELECT count(*) FROM instance WHERE has_conflict <> 0") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `an instance whose copies are in two series stays in the one that is left`() async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: 1)
        for number in 1...40 { source.put("C/IM\(number)", SyntheticFile(series: "1.9", instance: "6.\(number)", number: number)) }
        source.put("A/IM1", Self.file(1, series: "1.5", rows: 16))
        source.put("B/IM1", Self.file(1, series: "1.6", rows: 32))
        try await bench.index(source)
        #expect(try bench.query("SELECT has_conflict FROM instance WHERE sop_instance_uid = '7.1'") == ["1"])
        source.remove("A/IM1")
        #expect(try await bench.index(source).missing.gone == 1)
        let series = "SELECT s.series_instance_uid FROM instance i JOIN series s ON s.id = i.series_id WHERE i.sop_instance_uid = '7.1'"
        #expect(try bench.query(series) == ["1.6"])
        #expect(try bench.isSound())
        // What the row says of the image came from the copy that is gone: the next scan reads the other.
        try await bench.index(source)
        #expect(try bench.query("SELECT rows FROM instance WHERE sop_instance_uid = '7.1'") == ["32"])
        #expect(try bench.query("SELECT count(*) FROM instance WHERE has_conflict <> 0") == ["0"])
        #expect(try bench.isSound())
    }
}
