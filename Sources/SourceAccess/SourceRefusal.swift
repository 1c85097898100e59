internal import Configuration
internal import Foundation

/// Why a source is not indexed, examined or read for a download, before anything was tried.
public struct SourceRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// It is switched off.
        case disabled
        /// Nothing of that name is declared, and it is no place either.
        case unknown
        /// The folder is not there.
        case missingFolder
        /// The share is not mounted here.
        case notMounted
        /// The method does not fit the source.
        case wrongMethod
        /// A user is named, and no password is to be found.
        case noPassword
    }
    public let reason: Reason
    /// What is wrong and what to do.
    public let description: String

    public init(_ reason: Reason, _ description: String) { (self.reason, self.description) = (reason, description) }

    static func notMounted(_ share: SMBAddress) -> SourceRefusal {
        SourceRefusal(
            .notMounted,
            "\(share.canonicalURL) is not mounted on this machine. Mount it, give its `mount_path` in the configuration, or use --method smb."
        )
    }

    static func refuseMissing(folder path: String) throws(SourceRefusal) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw SourceRefusal(.missingFolder, "There is no folder \(path). Is it mounted?")
        }
    }
}

extension SourceRefusal {
    /// Nobody declares a source of this name.
    public static func unknown(_ name: String, among declared: [ConfiguredSource]) -> SourceRefusal {
        let hint = nearestName(to: name, among: declared.map(\.configuration.name)).map { " Did you mean \"\($0)\"?" } ?? ""
        return SourceRefusal(.unknown, "There is no source named \(name).\(hint)")
    }
}
