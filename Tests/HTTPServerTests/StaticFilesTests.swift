import Foundation
import HTTPServer
import Testing

@Suite struct StaticFilesTests {
    private let folder: ScratchFolder
    private let script = String(repeating: "export const text = 'more of the same';\n", count: 100)

    init() throws {
        folder = try ScratchFolder()
        try write("index.html", "<script type=module src={{assets}}/js/app.js></script>")
        try write("js/app.js", script)
        try write("logo.svg", "<svg/>")
        try write(".hidden", "secret")
    }

    private func write(_ path: String, _ text: String) throws {
        let url = URL(fileURLWithPath: folder.path + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func app() throws -> (StaticFiles, Router) {
        let files = try StaticFiles(folder: folder.path)
        return (files, Router([], fallback: { $0.segments.first == "assets" ? try files.asset(for: $0) : try files.page(for: $0) }))
    }

    @Test(arguments: [Way.router, .plain])
    func `a file is kept for ever under an address that names its content`(_ way: Way) async throws {
        let (files, router) = try app()
        let answer = try await way.ask(router, "GET", files.base + "/js/app.js")
        #expect(answer.text == script)
        #expect(answer.headers["Content-Type"] == "text/javascript; charset=utf-8")
        #expect(answer.headers["Cache-Control"] == "public, max-age=31536000, immutable")
        let compressed = try await way.ask(router, "GET", files.base + "/js/app.js", ["Accept-Encoding": "gzip"])
        #expect(compressed.headers["Content-Encoding"] == "gzip" && compressed.body.count < 300)
        #expect(compressed.headers["ETag"] != answer.headers["ETag"])
        let tag = try #require(answer.headers["ETag"])
        #expect(try await way.ask(router, "GET", files.base + "/js/app.js", ["If-None-Match": tag]).status == 304)
    }

    @Test(arguments: [Way.router, .plain])
    func `every address of the application shows the page that knows the files`(_ way: Way) async throws {
        let (files, router) = try app()
        let answer = try await way.ask(router, "GET", "/catalogue")
        #expect(answer.text == "<script type=module src=\(files.base)/js/app.js></script>")
        #expect(answer.headers["Cache-Control"] == "no-cache")
    }

    @Test func `another content has another address`() async throws {
        let before = try StaticFiles(folder: folder.path)
        #expect(try StaticFiles(folder: folder.path).hash == before.hash)
        try write("logo.svg", "<svg></svg>")
        let (after, router) = try app()
        #expect(after.hash != before.hash)
        await #expect(throws: Problem.self) { try await Way.router.ask(router, "GET", before.base + "/logo.svg") }
    }

    @Test func `nothing outside the folder is reached`() async throws {
        try write("../outside.txt", "outside")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder.path + "file.txt", withDestinationPath: "../outside.txt")
        try manager.createSymbolicLink(atPath: folder.path + "etc", withDestinationPath: "/etc")
        try manager.createSymbolicLink(atPath: folder.path + "same.svg", withDestinationPath: "logo.svg")
        let (files, router) = try app()
        for path in ["file.txt", "etc/passwd", ".hidden", "index.html", "js", "", "js%2Fapp.js/", "%2Fetc%2Fpasswd"] {
            await #expect(throws: Problem.self, "\(path)") { try await Way.router.ask(router, "GET", files.base + "/" + path) }
        }
        #expect(try await Way.router.ask(router, "GET", files.base + "/same.svg").text == "<svg/>")
    }

    @Test func `a folder without a page is refused`() throws {
        #expect(throws: ServerError.self) { try StaticFiles(folder: folder.path + "js") }
        #expect(throws: ServerError.self) { try StaticFiles(folder: folder.path + "none") }
    }
}
