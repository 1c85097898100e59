import Catalogue
import Backup
import CommandLineInterface
import Configuration
import FileSource
import HTTPClient
import Indexing
import SourceAccess

/// What went wrong, in words for a person, and how the program ends.
struct Failure: Error {
    let text: String
    let exitCode: ExitCode

    init(_ text: String, _ exitCode: ExitCode = .failure) {
        (self.text, self.exitCode) = (text, exitCode)
    }

    /// The one table from errors to exit codes.
    init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as SourceError: self.init(error.description, Self.exitCode(of: error.type))
        case let error as CatalogueError: self.init(error.description, error.code == .invalidRequest ? .usage : .failure)
        case let error as ConfigurationError: self.init(error.description, .usage)
        case let error as SourceAddressError: self.init(error.description, .usage)
        case let error as SourceRefusal: self.init(error.description, Self.exitCode(of: error.reason))
        case let error as UsageError: self.init(error.description, .usage)
        case let error as PasswordError: self.init(error.description, .usage)
        case let error as DataFolderError: self.init(error.description)
        case let error as BackupError: self.init(error.description)
        case let error as HTTPClientError: self.init(asking: error)
        default: self.init(String(describing: error))
        }
    }

    /// Why a job failed, whichever process ran it.
    init(_ job: IndexStatus.Job) {
        self.init(job.message, job.errorType.flatMap(SourceError.Class.init).map(Self.exitCode) ?? .failure)
    }

    /// Why a server could not be asked.
    private init(asking error: HTTPClientError) {
        switch error.code {
        case .unreachable, .timedOut, .cut: self.init(error.message, .unreachable)
        case .notTrusted:
            self.init("\(error.message) If that is right, name the certificate that its own is signed with: --server-ca FILE.", .refused)
        case .unusable: self.init(error.message, .usage)
        default: self.init(error.message)
        }
    }

    private static func exitCode(of reason: SourceRefusal.Reason) -> ExitCode {
        switch reason {
        case .wrongMethod, .noPassword: .usage
        case .disabled, .unknown, .missingFolder, .notMounted: .noSuchSource
        }
    }

    private static func exitCode(of type: SourceError.Class) -> ExitCode {
        switch type {
        case .authentication: .refused
        case .network: .unreachable
        case .fileSystem: .noSuchSource
        case .dicom, .system: .failure
        }
    }
}
