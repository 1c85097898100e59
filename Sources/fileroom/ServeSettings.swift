import CommandLineInterface
import Configuration
import Foundation

/// How the server is to listen: the configuration with the command line's wishes on top.
struct ServeSettings: Sendable {
    /// How it proves who it is.
    enum TLS: Sendable, Hashable {
        case none
        /// PEM files, absolute.
        case files(certificate: String, key: String)
        case selfSigned
    }
    let server: ServerConfiguration
    let listen: ListenAddress
    let tls: TLS

    /// - Throws: ``Failure`` when other machines would reach it and nothing is encrypted.
    init(_ options: ServeOptions, _ server: ServerConfiguration, workingFolder: String) throws {
        self.server = server
        listen = options.listen ?? server.listen
        if let certificate = options.tlsCertificate, let key = options.tlsKey {
            tls = .files(certificate: Context.absolute(certificate, workingFolder), key: Context.absolute(key, workingFolder))
        } else if options.isSelfSigned {
            tls = .selfSigned
        } else if let certificate = server.tlsCertificate, let key = server.tlsKey {
            tls = .files(certificate: certificate, key: key)
        } else {
            tls = server.isSelfSigned ? .selfSigned : .none
        }
        if tls == .none, !listen.isLoopback, !server.allowsPlainHTTP {
            throw Failure(
                "Without TLS, passwords and patients' names would pass \(listen) in clear. Give --tls-cert and --tls-key; or --self-signed for a"
                    + " try-out; or set \"allow_plain_http\" in the configuration where a proxy in front of it encrypts.", .usage)
        }
    }

    /// The address to open, once the port is known.
    func address(port: Int) -> String {
        if let url = server.publicURL { return url }
        let scheme = tls == .none ? "http" : "https"
        // Where it listens everywhere, this machine's name is what others call it by.
        let isEverywhere = listen.host == "0.0.0.0" || listen.host == "::"
        let host = isEverywhere ? ProcessInfo.processInfo.hostName : listen.host
        return "\(scheme)://\(ListenAddress(host: host, port: port))"
    }
}
