import CommandLineInterface
import Configuration
import Foundation
import Glibc
import HTTPServer
import Indexing

/// The certificate that the server shows: from files, which may be replaced while it runs, or its own.
struct Certificate: Sendable {
    let credentials: TLSCredentials
    private let files: (certificate: String, key: String)?

    /// Blocks.
    ///
    /// - Returns: nil without TLS.
    /// - Throws: ``Failure`` naming the file that cannot be used.
    init?(_ settings: ServeSettings, folder: DataFolder, now: Date) throws {
        switch settings.tls {
        case .none: return nil
        case .files(let certificate, let key):
            files = (certificate, key)
            credentials = try Self.explaining((certificate, key)) {
                try TLSCredentials(certificatePEM: Self.content(certificate), keyPEM: Self.content(key))
            }
        case .selfSigned:
            files = nil
            credentials = try SelfSigned(folder: folder, names: Self.names(settings)).credentials(now: now)
        }
    }

    /// Reads the files again; connections from then on see what they hold. Blocks.
    ///
    /// - Throws: ``Failure``; what was shown before then stays.
    func reload() throws {
        guard let files else { return }
        try Self.explaining(files) {
            try credentials.reload(certificatePEM: Self.content(files.certificate), keyPEM: Self.content(files.key))
        }
    }

    private static func explaining<Value>(_ files: (certificate: String, key: String), _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ServerError {
            throw Failure("\(error.description) (\(files.certificate), \(files.key))", .usage)
        }
    }

    private static func content(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            let reason = access(path, R_OK) == 0 ? "it is no file" : String(cString: strerror(errno))
            throw Failure("\(path) cannot be read: \(reason).", .usage)
        }
    }

    private static func names(_ settings: ServeSettings) -> [String] {
        let host = settings.listen.host
        let isEverywhere = host == "0.0.0.0" || host == "::"
        let publicHost = settings.server.publicURL.flatMap { URL(string: $0)?.host }
        return (isEverywhere ? [] : [host]) + [publicHost].compactMap { $0 }
    }
}

/// The server's own certificate, kept in the data folder so that a browser that has accepted it need not do so at every start.
private struct SelfSigned {
    let folder: DataFolder
    let names: [String]

    /// Browsers take 825 days at most; a new one is made a month before the end.
    private static let days = 397
    private static let renewedBefore = 30

    /// What is kept: PEM texts, and what the certificate is for.
    private struct Kept: Codable {
        var certificate: String
        var key: String
        var names: [String]
        /// Seconds since 1970 UTC.
        var endsAt: Int
    }

    private var file: URL { URL(fileURLWithPath: folder.path + "/self-signed.json") }

    func credentials(now: Date) throws -> TLSCredentials {
        let time = Int(now.timeIntervalSince1970)
        // One that cannot be read, or is not for these names, is as good as none.
        if let kept = try? JSONDecoder().decode(Kept.self, from: Data(contentsOf: file)), kept.names == names,
            kept.endsAt > time + Self.renewedBefore * 86_400,
            let credentials = try? TLSCredentials(certificatePEM: Array(kept.certificate.utf8), keyPEM: Array(kept.key.utf8))
        {
            return credentials
        }
        let made = try SelfSignedCertificate.make(names: names, notBefore: time - 3_600, days: Self.days)
        let kept = Kept(
            certificate: String(decoding: made.certificatePEM, as: UTF8.self), key: String(decoding: made.keyPEM, as: UTF8.self),
            names: names,
            endsAt: time - 3_600 + Self.days * 86_400)
        // The process's mask makes it its owner's alone.
        try JSONEncoder().encode(kept).write(to: file, options: .atomic)
        return try TLSCredentials(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
    }
}
