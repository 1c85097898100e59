import Catalogue
import CommandLineInterface
import Foundation
import Indexing

/// `fileroom errors`.
enum ErrorCommand {
    static func run(_ options: JobOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let server = try context.remote()
        let job = try await JobCommands.jobNumber(options.job, context, server)
        let list = ErrorList(writesJSON: options.general.writesJSON)
        try list.begin()
        if let server { try await show(list, job, server) } else { try show(list, job, context.folder.catalogue) }
        try list.end()
        return .done
    }

    private static func show(_ list: ErrorList, _ job: Int64?, _ catalogue: String) throws {
        let reader = try JobReader(path: catalogue)
        let ids = try job.map { [$0] } ?? reader.jobs(onlyLast: true).map(\.id)
        if let job, try reader.job(job) == nil { throw Failure("There is no job \(job).", .noSuchSource) }
        for id in ids { try reader.errors(of: id) { try list.add(ErrorReport($0)) } }
    }

    private static func show(_ list: ErrorList, _ job: Int64?, _ server: any APIClient) async throws {
        struct Page: Decodable {
            var errors: [ErrorReport]
            var cursor: String?
        }
        if let job { let _: IndexStatus.Job = try await server.get("api", "index", "jobs", String(job)) }
        var cursor: String?
        repeat {
            let page: Page = try await server.get(
                "api", "index", "errors", query: [("job", job.map(String.init)), ("limit", "1000"), ("after", cursor)])
            for error in page.errors { try list.add(error) }
            cursor = page.cursor
        } while cursor != nil
    }
}

/// Writes errors as they come.
private final class ErrorList {
    private let writesJSON: Bool
    private var isEmpty = true
    private let encoder = IndexStatus.makeEncoder()

    init(writesJSON: Bool) { self.writesJSON = writesJSON }

    func begin() throws {
        if writesJSON { try Terminal.write(Array("[".utf8)) }
    }

    func add(_ error: ErrorReport) throws {
        if writesJSON {
            try Terminal.write(Array((isEmpty ? "\n" : ",\n").utf8) + Array(try encoder.encode(error)))
        } else {
            try Terminal.print(Self.text(error))
        }
        isEmpty = false
    }

    func end() throws {
        if writesJSON {
            try Terminal.print("\n]")
        } else if isEmpty {
            try Terminal.print("No errors.")
        }
    }

    private static func text(_ error: ErrorReport) -> String {
        let retries = error.retryCount == 0 ? "" : ", tried again \(Quantity.count(error.retryCount, "time", "times"))"
        let path = error.path.isEmpty ? "/" : error.path
        return """
            \(DisplayText.neutralized(path))
                \(DisplayText.neutralized(error.message)) (\(error.errorType), \(error.errorCode)\(retries))
                \(error.suggestion)
            """
    }
}
