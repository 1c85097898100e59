import Testing

@testable import Indexing
@testable import WebAPI

@Suite struct IndexMetricsTests {
    @Test func `figures tell jobs, errors, sizes and requests by route`() async throws {
        let world = try IndexWorld(configured: #"{"name": "archive \"1\"", "type": "local", "path": "FILES"}"#)
        defer { world.remove() }
        try world.putFiles(series: 2, of: 2)
        let job = try await world.service.start(IndexOrder(source: #"archive "1""#))
        _ = await world.service.board.end(of: job)
        for (route, status) in [("/a/{id}", 200), ("/a/{id}", 200), (nil, 404)] {
            world.metrics.count(
                RequestRecord(id: "1", method: "GET", route: route, status: status, seconds: 0.002, address: "::1", actor: nil, code: nil))
        }
        let lines = Set(try await world.call(.get, "/metrics").text.split(separator: "\n").map(String.init))
        for line in [
            #"fileroom_jobs{state="completed"} 1"#, #"fileroom_index_files_processed{source="archive \"1\""} 4"#,
            #"fileroom_catalogue_rows{kind="series"} 2"#, #"fileroom_http_requests_total{route="/a/{id}",method="GET",status="200"} 2"#,
            #"fileroom_http_requests_total{route="other",method="GET",status="404"} 1"#,
            #"fileroom_http_request_duration_seconds_bucket{route="/a/{id}",method="GET",le="0.001"} 0"#,
            #"fileroom_http_request_duration_seconds_bucket{route="/a/{id}",method="GET",le="0.0025"} 2"#,
            #"fileroom_http_request_duration_seconds_bucket{route="/a/{id}",method="GET",le="+Inf"} 2"#,
            #"fileroom_http_request_duration_seconds_count{route="/a/{id}",method="GET"} 2"#, "fileroom_event_streams 0",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(lines.contains { $0.hasPrefix(#"fileroom_database_bytes{file="catalogue.sqlite3"} "#) })
        #expect(try await world.call(.get, "/metrics", role: .clinician).status == 403)
        await world.service.stop()
    }

    @Test func `figures do not wait for exports`() async throws {
        let world = try IndexWorld()
        defer { world.remove() }
        try await withThrowingTaskGroup(of: Void.self) { group async throws -> Void in
            let (begun, begins) = AsyncStream<Void>.makeStream()
            // More than are served at a time, to clients that take nothing.
            for _ in 0..<4 {
                group.addTask {
                    try await world.service.readers.stream { _ in
                        begins.yield()
                        try await Task.sleep(for: .seconds(3_600))
                    } _: { reader, write in
                        try withUnsafeBytes(of: 0) { try write($0) }
                    }
                }
            }
            var underWay = begun.makeAsyncIterator()
            for _ in 0..<2 { await underWay.next() }
            #expect(try await world.call(.get, "/metrics").status == 200)
            group.cancelAll()
        }
        await world.service.stop()
    }

    @Test func `a server that is ending is not ready`() async throws {
        let world = try IndexWorld()
        defer { world.remove() }
        #expect(try await world.call(.get, "/healthz", role: nil).text == #"{"status":"ok"}"#)
        #expect(try await world.call(.get, "/readyz", role: nil).status == 200)
        await world.service.stop()
        let answer = try await world.call(.get, "/readyz", role: nil)
        #expect(try answer.status == 503 && answer.string("checks.catalogue") == "the server is ending")
    }
}
