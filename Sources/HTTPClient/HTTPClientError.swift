internal import CCurl
internal import Glibc

/// Why a request came to no answer.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// Nobody listens at the Unix socket.
        public static let nobodyListens = Code(rawValue: "NOBODY_LISTENS")
        /// The server cannot be reached.
        public static let unreachable = Code(rawValue: "UNREACHABLE")
        /// The server's certificate, or its TLS, is not to be trusted.
        public static let notTrusted = Code(rawValue: "NOT_TRUSTED")
        /// The connection ended before the whole answer was there.
        public static let cut = Code(rawValue: "CUT")
        /// The connection ended before the server asked for the body; see ``ClientRequest/awaitsLeave``.
        public static let notBegun = Code(rawValue: "NOT_BEGUN")
        public static let timedOut = Code(rawValue: "TIMED_OUT")
        public static let cancelled = Code(rawValue: "CANCELLED")
        /// The answer is larger than is taken.
        public static let tooLarge = Code(rawValue: "TOO_LARGE")
        /// What came was not wanted: the receiver threw.
        public static let refusedByReceiver = Code(rawValue: "REFUSED_BY_RECEIVER")
        /// The URL or a file that was given cannot be used.
        public static let unusable = Code(rawValue: "UNUSABLE")
        public static let failed = Code(rawValue: "FAILED")
    }

    public let code: Code
    /// For people: what happened and, where that is known, what to do.
    public let message: String
    /// What the receiver threw.
    public let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        (self.code, self.message, self.underlying) = (code, message, underlying)
    }

    public var description: String { message }
}

extension HTTPClientError {
    /// What libcurl says, in words.
    ///
    /// - Parameters:
    ///   - detail: libcurl's own text for this transfer; may be empty.
    ///   - systemError: `errno` of the connection; 0 for none.
    ///   - isKeptBack: the body waited for the server to ask for it, which it did not.
    ///
    /// Source: `libcurl-errors(3)`.
    init(_ result: CURLcode, detail: String, systemError: Int32, isKeptBack: Bool = false, at target: HTTPTarget, after timeout: Duration?)
    {
        let server = target.name
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        switch result {
        case CURLE_COULDNT_CONNECT where target.isSocket && [ENOENT, ENOTDIR, ECONNREFUSED].contains(systemError):
            self.init(.nobodyListens, "No process listens on \(server).")
        case CURLE_COULDNT_CONNECT where target.isSocket:
            self.init(.unreachable, "\(server) cannot be asked: \(String(cString: strerror(systemError))).")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
            self.init(.unreachable, "\(server) cannot be reached: \(reason). Check the address, and that the server runs.")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR:
            self.init(.notTrusted, "\(server) is not trusted: \(reason).")
        case CURLE_SSL_CACERT_BADFILE:
            self.init(.unusable, "The file of trusted certificates cannot be used: \(reason).")
        case CURLE_OPERATION_TIMEDOUT:
            let limit = timeout.map { " within \($0)" } ?? " in time"
            self.init(.timedOut, "\(server) did not answer\(limit).")
        case CURLE_GOT_NOTHING where isKeptBack, CURLE_RECV_ERROR where isKeptBack, CURLE_SEND_ERROR where isKeptBack:
            self.init(.notBegun, "\(server) ended the connection before it took the request.")
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM:
            self.init(.cut, "\(server) ended the connection before its answer was complete.")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            self.init(.unusable, "\(server) is not an address that can be asked: \(reason).")
        default:
            self.init(.failed, "\(server) could not be asked: \(reason).")
        }
    }
}

extension HTTPTarget {
    /// As errors call it.
    var name: String {
        switch place {
        case .socket(let folder, let name): "\(folder)/\(name)"
        case .url(let url, _): url
        }
    }

    var isSocket: Bool {
        if case .socket = place { return true }
        return false
    }
}
