import Catalogue
import Foundation
import HTTPServer
import SQLite
import Testing

@testable import Indexing
@testable import WebAPI

@Suite struct IndexRoutesTests {
    /// A source that takes long enough to be stopped on the way: one thread, many files.
    private static let slow = #"{"name": "slow", "type": "local", "path": "FILES", "max_workers": 1}"#

    private func withWorld(_ configured: String, _ body: (IndexWorld) async throws -> Void) async throws {
        let world = try IndexWorld(configured: configured)
        try await world.service.begin()
        do {
            try await body(world)
        } catch {
            await world.service.stop()
            world.remove()
            throw error
        }
        await world.service.stop()
        world.remove()
    }

    @Test func `a job is begun, runs to its end, and is told with its errors`() async throws {
        try await withWorld(#"{"name": "archive", "type": "local", "path": "FILES"}"#) { world in
            try world.putFiles(series: 3, of: 2)
            try Data("DICM".utf8).write(to: URL(filePath: world.files + "/S1/unreadable"))
            let started = try await world.call(.post, "/api/index/start", body: #"{"source": "archive", "workers": "auto"}"#)
            let job = try #require(try started.integer("job"))
            #expect(started.status == 202 && started.headers["Location"] == "/api/index/jobs/\(job)")
            _ = await world.service.board.end(of: Int64(job))
            let status = try await world.call(.get, "/api/index/status")
            #expect(try status.string("jobs.0.state") == "completed" && status.integer("series_count") == 3)
            let told = try await world.call(.get, "/api/index/jobs/\(job)")
            #expect(try told.integer("dicom_files") == 6 && told.string("ended_at") != nil)
            #expect(try await world.call(.get, "/api/index/jobs/99").status == 404)
            #expect(try await world.call(.get, "/api/index/jobs/x").status == 404)
        }
    }

    @Test func `a job is paused, resumed and cancelled`() async throws {
        try await withWorld(Self.slow) { world in
            try world.putManyNames(folders: 40, of: 75)
            let start = #"{"source": "slow"}"#
            let job = try #require(try await world.call(.post, "/api/index/start", body: start).integer("job"))
            #expect(try await world.call(.post, "/api/index/pause", body: #"{"job": \#(job)}"#).value("jobs") as? [Int] == [job])
            _ = try await world.status { $0.jobs.allSatisfy { $0.state == "paused" } }
            // Begun twice, it is the same job that is in the way.
            let again = try await world.call(.post, "/api/index/start", body: start)
            #expect(try again.status == 409 && again.string("code") == "JOB_RUNNING")
            #expect(try await world.call(.post, "/api/index/resume").status == 202)
            #expect(try await world.call(.post, "/api/index/cancel", body: #"{"job": \#(job)}"#).status == 202)
            #expect(await world.service.board.end(of: Int64(job))?.record.state == .cancelled)
            for wish in ["pause", "resume", "cancel"] {
                let answer = try await world.call(.post, "/api/index/\(wish)", body: #"{"job": \#(job)}"#)
                #expect(try answer.status == 409 && answer.string("code") == "NO_SUCH_JOB")
            }
        }
    }

    @Test func `a job whose server was killed goes on with the next one`() async throws {
        let world = try IndexWorld(configured: Self.slow)
        defer { world.remove() }
        try world.putManyNames(folders: 40, of: 75)
        let start = try await world.call(.post, "/api/index/start", body: #"{"source": "slow"}"#)
        let job = try #require(try start.integer("job"))
        await world.service.stop()
        // What `kill -9` leaves.
        try Connection(path: world.folder.catalogue).execute("UPDATE job SET state = 'running', message = '' WHERE state = 'paused'")
        let next = try IndexWorld(root: world.root, configured: Self.slow)
        try await next.service.begin()
        let status = try await next.status { $0.jobs.contains { $0.state == "completed" } }
        #expect(status.jobs.map(\.id) == [Int64(job)] && status.jobs[0].filesProcessed == 3_000 && status.seriesCount == 40)
        await next.service.stop()
    }

    @Test func `a job that a person paused stays paused over a restart, and can be resumed`() async throws {
        let world = try IndexWorld(configured: Self.slow)
        defer { world.remove() }
        try world.putManyNames(folders: 40, of: 75)
        let job = try #require(try await world.call(.post, "/api/index/start", body: #"{"source": "slow"}"#).integer("job"))
        try await world.call(.post, "/api/index/pause")
        _ = try await world.status { $0.jobs.allSatisfy { $0.state == "paused" } }
        await world.service.stop()
        let next = try IndexWorld(root: world.root, configured: Self.slow)
        try await next.service.begin()
        #expect(try await next.call(.get, "/api/index/jobs", [("state", "paused")]).integer("jobs.0.id") == job)
        #expect(try await next.call(.post, "/api/index/resume").value("jobs") as? [Int] == [job])
        #expect(await next.service.board.end(of: Int64(job))?.record.state == .completed)
        await next.service.stop()
    }

    @Test func `jobs page from the newest to the oldest, without a gap while more begin`() async throws {
        try await withWorld(#"{"name": "archive", "type": "local", "path": "FILES"}"#) { world in
            try world.putFiles(series: 1, of: 1)
            for _ in 0..<3 { try await world.index("archive") }
            let first = try await world.call(.get, "/api/index/jobs", [("limit", "2")])
            try await world.index("archive")
            let cursor = try #require(try first.string("cursor"))
            let second = try await world.call(.get, "/api/index/jobs", [("limit", "2"), ("after", cursor), ("source", "archive")])
            #expect(try [first.integer("jobs.0.id"), first.integer("jobs.1.id"), second.integer("jobs.0.id")] == [3, 2, 1])
            #expect(try second.string("cursor") == nil)
            #expect(try await world.call(.get, "/api/index/jobs", [("after", "x")]).status == 400)
        }
    }

    @Test func `errors are filtered, paged and grouped by their cause`() async throws {
        try await withWorld(#"{"name": "archive", "type": "local", "path": "FILES", "all_names": true}"#) { world in
            try world.putFiles(series: 1, of: 1)
            let end = try await world.index("archive")
            let connection = try Connection(path: world.folder.catalogue)
            for number in 1...5 {
                let code = number < 4 ? "ACCESS_DENIED" : "TIMEOUT"
                try connection.execute(
                    """
                    INSERT INTO job_error(job_id, time, error_type, error_code, message, suggestion, path, retry_count)
                    VALUES (\(end.record.id), \(number), 'file system', '\(code)', 'm', 's', 'A/\(number)', 0)
                    """)
            }
            let all = try await world.call(.get, "/api/index/errors", [("limit", "2")])
            #expect(try all.string("errors.0.path") == "A/5" && all.string("classes.0.error_code") == "ACCESS_DENIED")
            #expect(try all.integer("classes.0.count") == 3 && all.string("classes.0.example_path") == "A/1")
            let next = try await world.call(.get, "/api/index/errors", [("limit", "2"), ("after", try #require(try all.string("cursor")))])
            #expect(try next.string("errors.0.path") == "A/3")
            let some = try await world.call(.get, "/api/index/errors", [("error_code", "TIMEOUT"), ("path", "/4"), ("job", "1")])
            #expect(try some.count("errors") == 1 && some.integer("errors.0.job") == 1)
        }
    }

    @Test func `what a scan misses is held until it is confirmed`() async throws {
        try await withWorld(#"{"name": "archive", "type": "local", "path": "FILES"}"#) { world in
            try world.putFiles(series: 4, of: 2)
            try await world.index("archive")
            try FileManager.default.removeItem(atPath: world.files + "/S1")
            try FileManager.default.removeItem(atPath: world.files + "/S2")
            #expect(try await world.index("archive").record.heldMissing == 4)
            let confirmed = try await world.call(.post, "/api/index/confirm", body: #"{"source": "archive"}"#)
            #expect(try confirmed.integer("files_removed") == 4)
            let status = try await world.call(.get, "/api/index/status")
            #expect(try status.integer("series_count") == 2)
            #expect(!status.text.contains("are held") && !status.text.contains(#""held_missing":4"#))
            #expect(try await !world.call(.get, "/api/index/jobs").text.contains("are held"))
            let again = try await world.call(.post, "/api/index/confirm", body: #"{"source": "archive"}"#)
            #expect(try again.status == 409 && again.string("code") == "NOTHING_HELD")
        }
    }

    @Test(arguments: [
        (#"{"source": "archiv"}"#, 404, "UNKNOWN_SOURCE"), (#"{"source": "off"}"#, 409, "SOURCE_DISABLED"),
        (#"{"source": "/no/such/folder"}"#, 409, "FOLDER_MISSING"), (#"{"source": "archive", "method": "smb"}"#, 409, "WRONG_METHOD"),
        (#"{"source": "http://nas/x"}"#, 422, "INVALID_BODY"), (#"{"source": "archive", "workers": 0}"#, 422, "INVALID_BODY"),
        (#"{"workers": 1}"#, 422, "INVALID_BODY"), ("{", 400, "MALFORMED_JSON"),
    ])
    func `an order that cannot be carried out says why`(body: String, status: Int, code: String) async throws {
        let off = #"{"name": "off", "type": "local", "path": "/off", "enabled": false}"#
        try await withWorld(#"{"name": "archive", "type": "local", "path": "FILES"}, \#(off)"#) { world in
            let answer = try await world.call(.post, "/api/index/start", body: body)
            #expect(try answer.status == status && answer.string("code") == code, "\(answer.text)")
            #expect(try await world.call(.get, "/api/index/jobs").count("jobs") == 0)
        }
    }

    @Test func `a scan whose time has come begins once, and not while somebody paused it`() async throws {
        let clock = TestClock(at: "2026-11-21T01:59:00Z")
        let scheduled = #"{"name": "archive", "type": "local", "path": "FILES", "schedule": "0 2 * * *"}"#
        let world = try IndexWorld(configured: scheduled) { clock.now }
        defer { world.remove() }
        try world.putFiles(series: 1, of: 1)
        try await world.service.declarationsChanged()
        #expect(try await world.call(.get, "/api/sources/archive").string("next_run_at") == "2026-11-21T02:00:00.000Z")
        await world.service.runDue()
        #expect(await world.service.status.jobs.isEmpty)
        // Three nights were missed: one scan.
        clock.advance(bySeconds: 3 * 86_400)
        await world.service.runDue()
        await world.service.runDue()
        await world.service.board.allEnded()
        #expect(try await world.call(.get, "/api/index/jobs").count("jobs") == 1)
        #expect(try await world.call(.get, "/api/sources/archive").string("next_run_at") == "2026-11-24T02:00:00.000Z")
        try Connection(path: world.folder.catalogue).execute("UPDATE job SET state = 'paused', message = 'paused'")
        clock.advance(bySeconds: 86_400)
        await world.service.runDue()
        #expect(try await world.call(.get, "/api/index/jobs").count("jobs") == 1)
        await world.service.stop()
    }
}
