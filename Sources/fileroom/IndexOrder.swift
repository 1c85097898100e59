import Configuration
import Foundation

/// What is to be indexed and how: from the command line, kept with the job so that `resume` can continue it, and sent to the process that owns
/// the data folder.
struct IndexOrder: Codable, Sendable {
    /// A configured source's name, an `smb://` URL or an absolute folder.
    var source: String
    var name: String?
    var workers: String?
    var method: String?
    var full = false
    var allNames = false
    var username: String?
    /// An absolute path.
    var passwordFile: String?
    /// The configuration file, an absolute path; nil for none.
    var configuration: String?
    /// Only on its way to the process that uses it; never kept.
    var password: String?

    /// For the job's row: without the password.
    func kept() throws -> String {
        var order = self
        order.password = nil
        return String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    }

    init(source: String) {
        self.source = source
    }

    init(json: String) throws {
        self = try JSONDecoder().decode(IndexOrder.self, from: Data(json.utf8))
    }
}
