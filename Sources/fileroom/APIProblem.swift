import CommandLineInterface
import Foundation

/// An error as the API tells it. Source: RFC 9457.
struct APIProblem: Sendable {
    var status: Int
    var code: String
    var detail: String

    /// Whether the process that was asked takes no more orders, and has done nothing.
    var isEnding: Bool { code == "ENDING" || code == "STOPPING" }

    /// - Returns: nil for a status that is none.
    init?(status: Int, body: Data) {
        guard status >= 400 || status < 200 || (300..<400).contains(status) else { return nil }
        struct Body: Decodable {
            struct FieldError: Decodable {
                var path: String
                var message: String
            }
            var code: String
            var detail: String
            var errors: [FieldError]?
        }
        self.status = status
        if let body = try? JSONDecoder().decode(Body.self, from: body) {
            // What exactly is wrong says more than that something is.
            let errors = (body.errors ?? []).map { "\($0.path.hasPrefix("$.") ? String($0.path.dropFirst(2)) : $0.path) \($0.message)" }
            (code, detail) = (body.code, errors.isEmpty ? body.detail : errors.joined(separator: "; ") + ".")
        } else {
            // Something between us and the server, or no server of ours.
            (code, detail) = ("STATUS_\(status)", "The server answered with the status \(status). Is it a Fileroom server?")
        }
    }
}

extension Failure {
    /// What a problem of the API means here.
    init(_ problem: APIProblem) {
        let exitCode: ExitCode =
            switch (problem.status, problem.code) {
            case (_, "NO_SUCH_JOB"), (_, "FOLDER_MISSING"), (_, "NOT_MOUNTED"), (_, "SOURCE_DISABLED"), (404, _): .noSuchSource
            case (_, "WRONG_METHOD"), (_, "PASSWORD_NEEDED"), (_, "PASSWORD_NOT_FOUND"): .usage
            case (401, _), (403, _): .refused
            case (400, _), (413, _), (415, _), (422, _): .usage
            case (502, _), (504, _): .unreachable
            default: .failure
            }
        self.init(problem.detail, exitCode)
    }
}
