import Catalogue
import Configuration
import Cryptography
import Foundation
import Glibc
import HTTPServer
import Ledger
import SyntheticFiles
import Testing

@testable import Indexing
@testable import WebAPI

/// A data folder with its ledger, a folder of DICOM files, and the API over both: what a server has, without sockets and people.
final class IndexWorld: Sendable {
    let root: String
    let folder: DataFolder
    let ledger: Ledger
    let service: IndexService
    let register: SourceRegister
    let metrics = Metrics()
    let routes: [APIRoute]
    private let router: Router

    var files: String { root + "/files" }

    /// - Parameters:
    ///   - root: of a world that ended; nil for a new one.
    ///   - clock: the ledger's.
    ///   - configured: the elements of config.json's `sources`; `FILES` stands for the folder of files.
    init(
        root: String? = nil, configured: String = "", now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 },
        clock: @escaping @Sendable () -> Double = wallClock
    ) throws {
        self.root = try root ?? Self.makeFolder()
        folder = DataFolder(path: self.root + "/data")
        try folder.create()
        let json = #"{"sources": [\#(configured.replacing("FILES", with: self.root + "/files"))]}"#
        let configuration = try FileroomConfiguration(json: Array(json.utf8), folder: self.root)
        ledger = try Ledger(folder: folder.path, cost: .init(logN: 4, r: 8, p: 1), now: clock)
        register = SourceRegister(configuration, file: nil, ledger: ledger)
        service = try IndexService(folder: folder, declarations: register, timeZone: .gmt, now: now)
        metrics.add(service)
        routes =
            IndexRoutes(service: service).routes + SourceRoutes(service: service, register: register).routes
            + SearchRoutes(readers: service.readers).routes
            + HealthRoutes(checks: [("catalogue", { [service] in await service.problem })], metrics: metrics).routes
        router = Router(routes.map { route in Router.Route(route.method, route.pattern) { try await Self.answer($0, route) } })
    }

    private static func makeFolder() throws -> String {
        let path = NSTemporaryDirectory() + "fileroom-api-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path + "/files", withIntermediateDirectories: true)
        return path
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }

    /// Puts files into the folder: `series` series of `count` files, each series a study of its own.
    func putFiles(series: Int, of count: Int, from first: Int = 1) throws {
        for one in first..<(first + series) {
            let place = "\(files)/S\(one)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            for number in 1...count {
                let file = SyntheticFile(
                    patientName: "Muster^Zoë \(one)", patientID: "P\(one)", study: "1.\(one)", series: "1.\(one).1",
                    instance: "1.\(one).1.\(number)", number: number)
                try Data(file.bytes).write(to: URL(filePath: "\(place)/IM\(number)"))
            }
        }
    }

    /// Puts a file into a study whose other files name another patient.
    func putFile(of study: String, patientName: String, patientID: String) throws {
        let file = SyntheticFile(
            patientName: patientName, patientID: patientID, study: study, series: "\(study).1", instance: "\(study).1.99", number: 99)
        try Data(file.bytes).write(to: URL(filePath: "\(files)/other"))
    }

    /// Puts what takes a while to index into the folder: so many names for each of so many files, one in each folder.
    func putManyNames(folders: Int, of count: Int) throws {
        try putFiles(series: folders, of: 1)
        for one in 1...folders {
            for number in 2...count { link("\(files)/S\(one)/IM1", "\(files)/S\(one)/IM\(number)") }
        }
    }

    // MARK: Calls

    /// An answer with its body taken in.
    struct Answer {
        var status: Int
        var headers: HeaderFields
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        /// A value in the body, such as `jobs.0.state`.
        func value(_ path: String) throws -> Any? {
            var value: Any? = try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)
            for key in path.split(separator: ".") {
                if let index = Int(key), let list = value as? [Any] {
                    value = list.indices.contains(index) ? list[index] : nil
                } else {
                    value = (value as? [String: Any])?[String(key)]
                }
            }
            return value is NSNull ? nil : value
        }
        func string(_ path: String) throws -> String? { try value(path) as? String }
        func integer(_ path: String) throws -> Int? { try value(path) as? Int }
        func count(_ path: String) throws -> Int? { try (value(path) as? [Any])?.count }
    }

    /// Calls a route as somebody in a role. Fails the test when the answer is not what the route says of itself.
    @discardableResult
    func call(
        _ method: HTTPMethod, _ path: String, _ query: [(String, String)] = [], body: String? = nil, role: Role? = .admin
    ) async throws -> Answer {
        let segments = path.split(separator: "/").map { $0.removingPercentEncoding ?? "" }
        var request = Request(
            method: method, rawPath: path, segments: segments, query: QueryParameters(query.map { (name: $0.0, value: $0.1) }),
            headers: body == nil ? [:] : ["Content-Type": "application/json"], body: RequestBody(Array((body ?? "").utf8)), peer: .local,
            isSecure: true, authority: "localhost", id: "test")
        request[RoleOfTest.self] = role
        let response: Response
        do {
            response = try await router.respond(to: request)
        } catch let problem as Problem {
            response = problem.response(requestID: "test")
        }
        let answer = Answer(status: response.status.rawValue, headers: response.headers, body: try await Collector.collect(response.body))
        try check(answer, of: routes.first { $0.method == method && $0.pattern == router.pattern(of: request) })
        return answer
    }

    struct RoleOfTest: RequestKey { typealias Value = Role }

    /// What the access layer does to every request, but for signing in.
    private static func answer(_ request: Request, _ route: APIRoute) async throws -> Response {
        let identity = request[RoleOfTest.self].map { Caller.Identity(name: "tester", role: $0, means: .session) }
        let caller = Caller(identity: identity, address: "127.0.0.1", userAgent: "", requestID: request.id)
        guard route.access.allows(caller) else { throw Problem(.forbidden, "ROLE_NOT_ALLOWED", "No.") }
        try Input.checkQuery(request.query, of: route.operation)
        var request = request
        if let schema = route.operation.body { request[CheckedBody.self] = try await Input.readBody(of: request, as: schema) }
        return try await route.handler(request, caller)
    }

    private func check(_ answer: Answer, of route: APIRoute?) throws {
        guard let route, ![400, 403, 415, 422, 503].contains(answer.status) else { return }
        let documented = route.operation.answers.filter { $0.status.rawValue == answer.status }
        #expect(!documented.isEmpty, "\(route.operation.id) answers \(answer.status), which it does not say: \(answer.text)")
        guard answer.headers["Content-Type"] == "application/json" else { return }
        let schema = try #require(documented.first { $0.contentType == "application/json" }?.schema)
        let problems = schema.problems(with: try JSONReader.read(answer.body), path: "$")
        #expect(problems.isEmpty, "\(route.operation.id): \(problems) in \(answer.text.prefix(2_000))")
    }

    /// The body of a stream that does not end by itself.
    func stream(_ path: String, headers: HeaderFields = [:], role: Role, to writer: any ResponseBodyWriter) async throws {
        var request = Request(
            method: .get, rawPath: path, segments: path.split(separator: "/").map(String.init), query: QueryParameters(), headers: headers,
            body: RequestBody(), peer: .local, isSecure: true, authority: "localhost", id: "test")
        request[RoleOfTest.self] = role
        guard case .stream(_, let body) = try await router.respond(to: request).body else { return }
        try await body(writer)
    }

    // MARK: Jobs

    /// Waits until the status is as wanted.
    func status(until isWanted: @Sendable (IndexStatus) -> Bool) async throws -> IndexStatus {
        let listener = await service.listen(after: nil)
        while await listener.next() != nil {
            let status = await service.status
            if isWanted(status) { return status }
            // All have ended: what is waited for will not come.
            if !status.running, !status.jobs.isEmpty { break }
        }
        throw NeverCame()
    }

    struct NeverCame: Error {
    }

    /// Runs a job through the API to its end.
    @discardableResult
    func index(_ source: String) async throws -> JobEnd {
        let job = try #require(try await call(.post, "/api/index/start", body: #"{"source": "\#(source)"}"#).integer("job"))
        return try #require(await service.board.end(of: Int64(job)))
    }
}

/// Takes a body in as a client does.
actor Collector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ bytes: [UInt8]) { self.bytes += bytes }

    static func collect(_ body: ResponseBody) async throws -> [UInt8] {
        switch body {
        case .none, .file: return []
        case .bytes(let bytes): return bytes
        case .stream(_, let produce):
            let collector = Collector()
            try await produce(collector)
            return await collector.bytes
        }
    }
}
