internal import Catalogue
internal import Configuration
internal import FileSource
internal import HTTPServer
internal import Indexing
internal import Ledger
internal import Sharing
internal import SourceAccess

extension Problem {
    /// The one table from what goes wrong with jobs, sources and the catalogue to what a client reads.
    ///
    /// - Throws: what it does not know, which is then a defect; `CancellationError` as it is.
    static func of(_ error: any Error) throws -> Problem {
        switch error {
        case let error as JobConflict: Problem(.conflict, code(of: error), error.description)
        case let error as SourceRefusal: of(error)
        case let error as SourceError: Problem(.conflict, error.code, "\(error.message). \(error.suggestion)")
        case let error as ConfigurationError: invalid(error)
        case let error as SourceAddressError:
            Problem(
                .unprocessableContent, "INVALID_BODY", "The body is not what is expected here.",
                errors: [.init(path: "$.source", message: error.description)])
        case let error as PasswordError: Problem(.conflict, "PASSWORD_NOT_FOUND", error.description)
        case let error as CatalogueError: try of(error)
        case let error as LedgerError: Problem(error)
        case let error as SharingError: of(error)
        case let error as CatalogueReaders.Overloaded: later("OVERLOADED", error.description, seconds: 1)
        case let error as JobBoardClosed: later("ENDING", error.description, seconds: 5)
        default: throw error
        }
    }

    private static func code(of conflict: JobConflict) -> String {
        switch conflict {
        case .running: "JOB_RUNNING"
        case .busy: "SOURCE_BUSY"
        case .noSuchJob: "NO_SUCH_JOB"
        case .nothingHeld: "NOTHING_HELD"
        }
    }

    private static func of(_ error: SharingError) -> Problem {
        let status: HTTPStatus =
            switch error.code {
            case .unknownObject, .shareEnded: .notFound
            case .patientConflict: .conflict
            case .nothingToShare: .unprocessableContent
            case .incomplete, .withheld, .sourceUnavailable, .tooManyDownloads, .sourceChanged, .downloadStopped: .serviceUnavailable
            }
        var problem = Problem(status, error.code.rawValue, "\(error.message). \(error.suggestion)")
        if let seconds = error.retryAfterSeconds { problem.headers["Retry-After"] = String(seconds) }
        return problem
    }

    private static func of(_ refusal: SourceRefusal) -> Problem {
        switch refusal.reason {
        case .unknown: Problem(.notFound, "UNKNOWN_SOURCE", refusal.description)
        case .disabled: Problem(.conflict, "SOURCE_DISABLED", refusal.description)
        case .missingFolder: Problem(.conflict, "FOLDER_MISSING", refusal.description)
        case .notMounted: Problem(.conflict, "NOT_MOUNTED", refusal.description)
        case .wrongMethod: Problem(.conflict, "WRONG_METHOD", refusal.description)
        case .noPassword: Problem(.conflict, "PASSWORD_NEEDED", refusal.description)
        }
    }

    private static func of(_ error: CatalogueError) throws -> Problem {
        let detail = "\(error.message). \(error.suggestion)"
        switch error.code {
        case .invalidRequest: return Problem(.badRequest, "BAD_QUERY", detail)
        case .locked: return Problem(.conflict, "SOURCE_BUSY", detail)
        case .diskFull: return Problem(.insufficientStorage, error.code.rawValue, detail)
        case .missing, .newer, .corrupt: return Problem(.serviceUnavailable, error.code.rawValue, detail)
        // Only whoever asked interrupts it.
        case .interrupted: throw CancellationError()
        case .failed: throw error
        }
    }

    /// A body that fits its schema and is wrong all the same.
    static func invalid(_ error: ConfigurationError) -> Problem {
        Problem(
            .unprocessableContent, "INVALID_BODY", "The body is not what is expected here.",
            errors: error.problems.map { .init(path: $0.path, message: $0.message) })
    }

    private static func later(_ code: String, _ detail: String, seconds: Int) -> Problem {
        Problem(.serviceUnavailable, code, detail, headers: ["Retry-After": String(seconds)])
    }

    static let noSuchThing = Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
}

/// A handler whose errors are problems.
func answering(_ body: @escaping @Sendable (Request, Caller) async throws -> Response) -> APIRoute.Handler {
    { request, caller in
        do {
            return try await body(request, caller)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw try Problem.of(error)
        }
    }
}
