import Configuration
import Foundation
import HTTPServer
import Indexing
import Ledger
import WebAPI

/// What the data folder is owned for.
enum OwnerRole: Sendable {
    /// A command that ends with its work.
    case command
    /// `fileroom serve`, with what SIGHUP does.
    case server(ServerRole)
}
