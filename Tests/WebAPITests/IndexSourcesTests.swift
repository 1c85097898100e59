import Configuration
import Foundation
import Ledger
import SQLite
import Testing

@testable import Indexing
@testable import WebAPI

@Suite struct IndexSourcesTests {
    private static let configured = #"{"name": "archive", "type": "local", "path": "FILES"}"#
    private static let share =
        #"{"name": "nas / zwei", "host": "nas.example", "share": "dicom", "username": "reader", "password": "geheim"}"#

    private func withWorld(_ body: (IndexWorld) async throws -> Void) async throws {
        let world = try IndexWorld(configured: Self.configured)
        defer { world.remove() }
        try await body(world)
        await world.service.stop()
    }

    @Test func `a source is declared, changed, found by its jobs, and removed`() async throws {
        try await withWorld { world in
            let local = #"{"name": "mehr", "type": "local", "path": "\#(world.root)/more", "schedule": "*/5 * * * *", "watch": true}"#
            let made = try await world.call(.post, "/api/sources", body: local)
            #expect(try made.status == 201 && made.string("origin") == "ledger" && made.value("watch") as? Bool == true)
            #expect(try made.string("next_run_at") != nil && made.headers["Location"] == "/api/sources/mehr")
            let changed = try await world.call(.patch, "/api/sources/mehr", body: #"{"schedule": null, "max_workers": 3}"#)
            #expect(try changed.string("next_run_at") == nil && changed.integer("max_workers") == 3)
            #expect(try await world.call(.get, "/api/sources").count("sources") == 2)
            #expect(try await world.call(.delete, "/api/sources/mehr").status == 204)
            #expect(try await world.call(.get, "/api/sources/mehr").status == 404)
        }
    }

    @Test func `a password goes in, is used, and never comes out`() async throws {
        try await withWorld { world in
            let share = Self.share.replacing(" / ", with: " ")
            let made = try await world.call(.post, "/api/sources", body: share)
            #expect(try made.status == 201 && made.value("has_password") as? Bool == true && !made.text.contains("geheim"))
            #expect(made.headers["Location"] == "/api/sources/nas%20zwei")
            let declared = try await world.service.declarations.declaredSources().source("nas zwei")
            #expect(declared?.configuration.password == .value(Secret("geheim")))
            let moved = try await world.call(.patch, "/api/sources/nas%20zwei", body: #"{"host": "evil.example"}"#)
            #expect(try moved.status == 422 && moved.string("errors.0.path") == "$.password")
            let without = try await world.call(.patch, "/api/sources/nas%20zwei", body: #"{"password": null}"#)
            #expect(try without.value("has_password") as? Bool == false)
        }
    }

    @Test func `a stored password that cannot be opened is set again, and no other source is the worse for it`() async throws {
        try await withWorld { world in
            let share = Self.share.replacing(" / ", with: " ")
            #expect(try await world.call(.post, "/api/sources", body: share).status == 201)
            let connection = try Connection(path: world.folder.path + "/ledger.sqlite3")
            try connection.execute("UPDATE source SET password = zeroblob(60) WHERE name = 'nas zwei'")
            let sources = try await world.call(.get, "/api/sources")
            #expect(try sources.status == 200 && sources.count("sources") == 2)
            #expect(try await world.call(.get, "/api/sources/nas%20zwei").value("has_password") as? Bool == false)
            let mended = try await world.call(.patch, "/api/sources/nas%20zwei", body: #"{"password": "neu"}"#)
            #expect(try mended.value("has_password") as? Bool == true)
        }
    }

    @Test func `config.json's sources are shown and cannot be changed here`() async throws {
        try await withWorld { world in
            #expect(try await world.call(.get, "/api/sources/archive").string("origin") == "config")
            for answer in [
                try await world.call(.patch, "/api/sources/archive", body: #"{"watch": true}"#),
                try await world.call(.delete, "/api/sources/archive"),
            ] {
                #expect(try answer.status == 409 && answer.string("code") == "SOURCE_IS_CONFIGURED")
            }
        }
    }

    @Test func `names and places are taken once`() async throws {
        try await withWorld { world in
            for body in [
                #"{"name": "ARCHIVE", "type": "local", "path": "/elsewhere"}"#,
                #"{"name": "x", "type": "local", "path": "\#(world.files)"}"#,
            ] {
                let answer = try await world.call(.post, "/api/sources", body: body)
                #expect(try answer.status == 409 && answer.string("code") == "SOURCE_EXISTS")
            }
            #expect(try await world.call(.post, "/api/sources", body: Self.share).status == 422)
            #expect(try await world.call(.patch, "/api/sources/none", body: "{}").status == 404)
        }
    }

    @Test func `a removed source may take with it what only it holds`() async throws {
        try await withWorld { world in
            try world.putFiles(series: 3, of: 2)
            try await world.index("archive")
            let more = world.root + "/more"
            try FileManager.default.copyItem(atPath: world.files, toPath: more)
            try FileManager.default.removeItem(atPath: more + "/S1")
            try world.putFiles(series: 1, of: 2, from: 9)
            try FileManager.default.moveItem(atPath: world.files + "/S9", toPath: more + "/S9")
            try await world.call(.post, "/api/sources", body: #"{"name": "more", "type": "local", "path": "\#(more)"}"#)
            try await world.index("more")
            #expect(try await world.call(.get, "/api/index/status").integer("series_count") == 4)
            #expect(try await world.call(.delete, "/api/sources/more", [("forget", "true")]).status == 204)
            #expect(try await world.call(.get, "/api/index/status").integer("series_count") == 3)
            let found = try await world.call(.get, "/api/search", [("level", "study")])
            #expect(try found.count("results") == 3 && found.string("results.0.source") == "archive")
            #expect(try found.integer("results.0.file_count") == 2)
            #expect(try await world.call(.get, "/api/search", [("q", "1.9")]).count("results") == 0)
            #expect(try await world.call(.get, "/api/index/jobs").count("jobs") == 1)
            let kept = try await world.ledger.auditRows(limit: 10).map(\.entry).filter { $0.action != "source.create" }
            #expect(kept == [AuditEntry("source.remove", object: "more", detail: "forget=true", by: kept[0].origin)])
        }
    }

    @Test func `a source that was indexed without being declared is listed, and forgotten on demand`() async throws {
        try await withWorld { world in
            let place = world.root + "/undeclared"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try await world.index(place)
            #expect(try await world.call(.get, "/api/sources/undeclared").string("origin") == "catalogue")
            #expect(try await world.call(.delete, "/api/sources/undeclared").string("code") == "SOURCE_NOT_DECLARED")
            #expect(try await world.call(.delete, "/api/sources/undeclared", [("forget", "true")]).status == 204)
            #expect(try await world.call(.get, "/api/sources").count("sources") == 1)
            #expect(try await world.ledger.auditRows(limit: 10).map(\.entry.action) == ["source.remove"])
        }
    }

    @Test func `a folder is tried, declared or not`() async throws {
        try await withWorld { world in
            try world.putFiles(series: 1, of: 3)
            #expect(try await world.call(.post, "/api/sources/archive/test").integer("sampled_files") == 3)
            #expect(try await world.call(.post, "/api/sources/archive/suggest").string("0.code") == "none")
            #expect(try await world.call(.get, "/api/sources/archive/metrics").string("code") == "NO_METRICS")
            let body = #"{"name": "new", "type": "local", "path": "\#(world.root)/none"}"#
            #expect(try await world.call(.post, "/api/sources/test", body: body).string("code") == "FOLDER_MISSING")
        }
    }

    @Test func `a clinician sees names and may change nothing`() async throws {
        try await withWorld { world in
            let list = try await world.call(.get, "/api/sources", role: .clinician)
            #expect(list.text == #"{"sources":[{"id":"archive","name":"archive"}]}"#)
            #expect(try await world.call(.post, "/api/sources", body: Self.share, role: .clinician).status == 403)
            #expect(try await world.call(.get, "/api/sources", role: .uploader).status == 403)
        }
    }
}
