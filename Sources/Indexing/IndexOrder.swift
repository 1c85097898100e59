internal import Foundation

/// What is to be indexed and how: as a person asked for it, kept with the job so that it can be continued, and sent to the process that owns the
/// data folder.
public struct IndexOrder: Codable, Sendable {
    /// A configured source's name, an `smb://` URL or an absolute folder.
    public var source: String
    /// The source's name in the catalogue; nil leaves that to the configuration.
    public var name: String?
    /// `auto` or a number.
    public var workers: String?
    /// `auto`, `smb` or `local`.
    public var method: String?
    /// Whether unchanged files are read again as well.
    public var full = false
    /// Whether every file is looked into, whatever its name.
    public var allNames = false
    public var username: String?
    /// An absolute path.
    public var passwordFile: String?
    /// The configuration file, an absolute path; nil for none.
    public var configuration: String?
    /// Only on its way to the process that uses it; never kept.
    public var password: String?

    /// For the job's row, as JSON: without the password.
    public func kept() throws -> String {
        var order = self
        order.password = nil
        return String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    }

    public init(source: String) {
        self.source = source
    }

    /// - Throws: `DecodingError` when it is no order.
    public init(json: String) throws {
        self = try JSONDecoder().decode(IndexOrder.self, from: Data(json.utf8))
    }
}
