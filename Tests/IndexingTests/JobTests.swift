import Catalogue
import FileSource
import Foundation
import SourceAccess
import Synchronization
import SyntheticFiles
import Testing

@testable import Indexing

/// Lets batches through one at a time.
private actor Gate {
    private var open = 0
    private var isOpenForAll = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var arrived: [CheckedContinuation<Void, Never>] = []
    private var arrivals = 0

    func pass() async {
        arrivals += 1
        for one in arrived { one.resume() }
        arrived = []
        if isOpenForAll { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func openForAll() {
        isOpenForAll = true
        for one in waiting { one.resume() }
        waiting = []
    }

    func someoneArrived() async {
        if arrivals > 0 { return }
        await withCheckedContinuation { arrived.append($0) }
    }
}

@Suite struct JobTests {
    @Test func `the first file of every folder is read before the second of any`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 12, files: 9, concurrency: 1)
        try await bench.index(source)
        let opened = source.takeOpened()
        #expect(Set(opened.prefix(12).map { $0.prefix { $0 != "/" } }).count == 12)
        #expect(opened.count == 108)
    }

    @Test func `a flat dump is read spread out`() async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: 1)
        for number in 0..<256 {
            source.put("IM\(String(number + 1000))", SyntheticFile(series: "1.\(number / 16)", instance: "1.1.\(number)", number: number))
        }
        try await bench.index(source)
        let firstSixteen = source.takeOpened().prefix(16).compactMap { Int($0.dropFirst(2)) }.map { ($0 - 1000) / 16 }
        #expect(Set(firstSixteen).count == 16)
    }

    @Test(arguments: [1, 3]) func `a job that reads does not go back to listing`(concurrency: Int) async throws {
        let bench = try Bench()
        let source = ScriptedSource(concurrency: concurrency)
        for folder in ["A", "A/B", "A/B/C", "A/B/C/D", "A/B/E", "F", "F/G"] {
            for file in 0..<3 { source.put("\(folder)/\(file)", SyntheticFile(instance: "1.\(folder.count).\(file)")) }
        }
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        let job = try await catalogue.begin(url: bench.url, name: nil, options: "{}", readAll: false, defaultIssuer: "", now: Bench.now)
        let stages = Mutex<[JobStage]>([])
        var shift = Shift(job: job.id, source: source, catalogue: catalogue, filter: NameFilter(), now: Bench.now)
        try await shift.work { stage in stages.withLock { $0.append(stage) } }
        #expect(stages.withLock { $0 } == [.reading])
        #expect(source.takeOpened().count == 21)
    }

    @Test func `a pause stops the work until it is resumed, and nothing is lost or read twice`() async throws {
        let bench = try Bench()
        let gate = Gate()
        let source = ScriptedSource.archive(series: 5, files: 20) { await gate.pass() }
        let board = try bench.board()
        let job = try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        await gate.someoneArrived()
        #expect(await board.ask(.pause, of: job) == [job])
        await gate.openForAll()
        while await board.status.jobs.first?.state != "paused" { await Task.yield() }
        let before = source.state.withLock { $0.opened.count }
        #expect(await board.ask(.resume, of: nil) == [job])
        let end = try #require(await board.end(of: job))
        #expect(end.record.state == .completed)
        #expect(before < 100)
        #expect(source.takeOpened().count == 100)
        #expect(end.record.counters.filesProcessed == 100)
        #expect(try bench.isSound())
    }

    @Test func `resuming at the very moment of the pause never leaves a job asleep`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 20, files: 20, concurrency: 1) { await Task.yield() }
        let catalogue = try CatalogueWriter(path: bench.folder.catalogue)
        let board = JobBoard(folder: bench.folder, catalogue: catalogue) { 0 }
        let job = try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        var pauses = 0
        while await board.openJobs == [job] {
            await board.ask(.pause, of: job)
            while await catalogue.record(of: job)?.state == .running { await Task.yield() }
            pauses += 1
            await board.ask(.resume, of: job)
            while await catalogue.record(of: job)?.state == .paused { await Task.yield() }
        }
        #expect(pauses > 3)
        let end = try #require(await board.end(of: job))
        #expect(end.record.state == .completed)
        #expect(end.record.counters.filesProcessed == 400)
        #expect(try bench.isSound())
    }

    @Test func `a cancelled job ends, and the next one begins anew without reading again what is known`() async throws {
        let bench = try Bench()
        let gate = Gate()
        let source = ScriptedSource.archive(series: 5, files: 20) { await gate.pass() }
        let board = try bench.board()
        let job = try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        await gate.someoneArrived()
        await board.ask(.cancel, of: job)
        await gate.openForAll()
        #expect(await board.end(of: job)?.record.state == .cancelled)
        let next = try await bench.index(source)
        #expect(next.record.id != job)
        #expect(next.record.counters.filesProcessed == 100)
        #expect(next.record.counters.dicomFiles == 100)
        #expect(try bench.locations().count == 100)
    }

    @Test func `two jobs on one source are refused, jobs on two sources run side by side`() async throws {
        let bench = try Bench()
        let gate = Gate()
        let board = try bench.board()
        let first = ScriptedSource.archive(series: 3, files: 5) { await gate.pass() }
        let second = ScriptedSource.archive(series: 4, files: 5) { await gate.pass() }
        let opened = OpenedSource(source: first, method: "smb", reason: "test")
        let one = try await board.start(bench.order(), on: opened)
        await #expect(throws: CatalogueError.self) { try await board.start(bench.order(), on: opened) }
        var order = bench.order()
        order.url = "smb://nas/other"
        let two = try await board.start(order, on: OpenedSource(source: second, method: "smb", reason: "test"))
        await gate.openForAll()
        await board.allEnded()
        #expect(await board.end(of: one)?.record.counters.dicomFiles == 15)
        #expect(await board.end(of: two)?.record.counters.dicomFiles == 20)
        // The second source's first three series are the first's: one instance, two locations.
        #expect(try bench.query("SELECT count(*) FROM series") == ["4"])
        #expect(try bench.query("SELECT count(*) FROM instance") == ["20"])
        #expect(try bench.query("SELECT count(*) FROM file") == ["35"])
        #expect(try bench.query("SELECT count(*) FROM conflict") == ["0"])
        #expect(try bench.isSound())
    }

    @Test func `a job that was stopped is continued by the next process`() async throws {
        let bench = try Bench()
        let gate = Gate()
        let source = ScriptedSource.archive(series: 5, files: 20) { await gate.pass() }
        let board = try bench.board()
        let job = try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        await gate.someoneArrived()
        await board.ask(.stop, of: nil)
        await gate.openForAll()
        #expect(await board.end(of: job)?.record.state == .paused)
        let read = source.takeOpened().count
        let next = try await bench.index(source)
        #expect(next.record.id == job)
        #expect(read + source.takeOpened().count == 100)
        #expect(next.record.counters.filesProcessed == 100)
    }

    @Test func `the status file is valid JSON with every field while a job runs`() async throws {
        let bench = try Bench()
        let path = bench.folder.status
        let seen = Gate()
        // Nothing is read before a reader has understood the file.
        let source = ScriptedSource.archive(series: 20, files: 20) { await seen.pass() }
        let reader = Task {
            var statuses: [IndexStatus] = []
            while !Task.isCancelled {
                if let data = FileManager.default.contents(atPath: path) {
                    statuses.append(try IndexStatus(json: data))
                    await seen.openForAll()
                }
                await Task.yield()
            }
            return statuses
        }
        // A broken status ends the reader, and the job is to end nevertheless.
        let watchdog = Task {
            _ = await reader.result
            await seen.openForAll()
        }
        try await bench.index(source, JobSettings(chunkSize: 1))
        reader.cancel()
        let statuses = try await reader.value
        await watchdog.value
        #expect(statuses.first?.running == true)
        #expect(statuses.first?.filesProcessed == 0)
        let data = try #require(FileManager.default.contents(atPath: path))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for key in [
            "enumerated_files", "files_processed", "series_count", "errors", "running", "last_updated", "estimated_completion", "pid",
        ] {
            #expect(json[key] != nil, "\(key)")
        }
        #expect(json["running"] as? Bool == false)
        #expect(json["series_count"] as? Int == 20)
        let job = try #require((json["jobs"] as? [[String: Any]])?.first)
        for key in [
            "id", "source", "state", "method", "method_reason", "files_per_second", "bytes_read", "folders_listed", "folders_left",
            "started_at", "last_errors",
        ] {
            #expect(job[key] != nil, "\(key)")
        }
    }

    @Test func `when all jobs have ended the status file says so, however many end at once`() async throws {
        for round in 0..<30 {
            let bench = try Bench()
            let board = JobBoard(folder: bench.folder, catalogue: try CatalogueWriter(path: bench.folder.catalogue)) { 0 }
            for number in 0..<8 {
                var order = bench.order(JobSettings(chunkSize: 1))
                order.url = "smb://nas/share\(number)"
                let source = ScriptedSource.archive(series: 1 + number % 3, files: 2)
                _ = try await board.start(order, on: OpenedSource(source: source, method: "smb", reason: "test"))
            }
            await board.close()
            let written = try #require(FileManager.default.contents(atPath: bench.folder.status))
            let status = await board.status
            #expect(!status.running)
            #expect(status.seriesCount == 3 && status.filesProcessed == 30 && status.jobs.allSatisfy { $0.foldersLeft == 0 })
            #expect(String(decoding: written, as: UTF8.self) == String(decoding: try status.json(), as: UTF8.self), "round \(round)")
        }
    }

    @Test func `a job that is continued while its last run is still letting go is not taken for ended`() async throws {
        let bench = try Bench()
        let (reading, closing) = (Gate(), Gate())
        let board = try bench.board()
        let broken = ScriptedSource(beforeClosing: { await closing.pass() })
        broken.change { $0.operationsLeft = 0 }
        let job = try await board.start(bench.order(), on: OpenedSource(source: broken, method: "smb", reason: "test"))
        await closing.someoneArrived()
        let source = ScriptedSource.archive(series: 2, files: 3) { await reading.pass() }
        let again = try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        #expect(again == job)
        await reading.someoneArrived()
        await closing.openForAll()
        // Time enough for the first run to say that it ended.
        while broken.state.withLock({ !$0.isClosed }) { await Task.yield() }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(await board.openJobs == [job])
        await reading.openForAll()
        await board.close()
        #expect(await board.end(of: job)?.record.state == .completed)
        #expect(await board.status.jobs.map(\.state) == ["completed"])
    }

    @Test func `a data folder has one owner`() throws {
        let bench = try Bench()
        let first = try DataFolderLock.take(bench.folder)
        let isOwner = first != nil
        let second = try DataFolderLock.take(bench.folder)
        let isSecondOwner = second != nil
        #expect(isOwner)
        #expect(!isSecondOwner)
        // Both live up to here.
        _ = consume first
        _ = consume second
    }
}

@Suite struct FullScanTests {
    @Test func `a full scan reads unchanged files again, also after an interruption`() async throws {
        let bench = try Bench()
        let source = ScriptedSource.archive(series: 4, files: 5)
        try await bench.index(source)
        _ = source.takeOpened()
        source.change { $0.operationsLeft = 14 }
        let end = try await bench.index(source, JobSettings(readAll: true))
        #expect(end.record.state == .failed)
        source.change { $0.operationsLeft = nil }
        let again = try await bench.index(source)
        #expect(again.record.id == end.record.id)
        #expect(Set(source.takeOpened()).count == 20)
        #expect(again.record.counters.filesProcessed == 20)
        #expect(try bench.isSound())
    }
}
