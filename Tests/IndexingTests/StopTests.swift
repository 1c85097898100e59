import Catalogue
import SourceAccess
import Testing

@testable import Indexing

/// The process is asked to end.
@Suite struct StopTests {
    @Test func `after a stop no job is begun, and nothing is left of the attempt`() async throws {
        let bench = try Bench()
        let board = try bench.board()
        await board.ask(.stop, of: nil)
        let source = ScriptedSource.archive(series: 1, files: 1)
        await #expect(throws: JobBoardClosed.self) {
            try await board.start(bench.order(), on: OpenedSource(source: source, method: "smb", reason: "test"))
        }
        await board.close()
        #expect(try bench.query("SELECT count(*) FROM source") == ["0"])
    }

    @Test func `a job that is begun while the stop is asked for ends as paused, however the two meet`() async throws {
        let bench = try Bench()
        for number in 1...20 {
            let board = try bench.board()
            let source = ScriptedSource.archive(series: 1, files: 1) { try await Task.sleep(for: .seconds(600)) }
            let opened = OpenedSource(source: source, method: "smb", reason: "test")
            async let started = board.start(bench.order(url: "smb://nas/share\(number)"), on: opened)
            if number.isMultiple(of: 2) { await Task.yield() }
            await board.ask(.stop, of: nil)
            do {
                let end = try #require(await board.end(of: try await started))
                #expect(end.record.state == .paused)
            } catch is JobBoardClosed {}
            await board.close()
        }
    }
}
