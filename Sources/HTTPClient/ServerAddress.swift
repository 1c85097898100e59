internal import CCurl
internal import Glibc

extension HTTPTarget {
    /// Whether the target is one that may be asked.
    ///
    /// - Throws: ``HTTPClientError`` for a URL that is none, has a path or a user, or would send keys and names in clear over a network.
    func check() throws(HTTPClientError) {
        guard case .url(let url, let authority) = place else { return }
        func unusable(_ reason: String) -> HTTPClientError {
            HTTPClientError(.unusable, "The server's address \(url) \(reason): it is like https://fileroom.example:8443.")
        }
        guard let parts = URLParts(url) else { throw unusable("is no URL") }
        guard parts.scheme == "https" || parts.scheme == "http" else { throw unusable("is neither https nor http") }
        guard parts.path == "/", parts.hasNoExtras else { throw unusable("has more than a host and a port") }
        guard parts.scheme == "https" || parts.isLoopback else {
            throw HTTPClientError(.unusable, "\(url) would send patients' names and your key in clear: use https.")
        }
        if let authority, access(authority, R_OK) != 0 {
            throw HTTPClientError(
                .unusable, "The file of trusted certificates \(authority) cannot be read: \(String(cString: strerror(errno))).")
        }
    }

    /// Whether a URL names this machine.
    static func isLoopback(url: String) -> Bool { URLParts(url)?.isLoopback ?? false }
}

/// The parts of a URL that matter here, as libcurl itself will read them.
///
/// Source: `curl_url_get`.
private struct URLParts {
    var scheme: String
    var host: String
    var path: String
    /// Whether there is no user, no query and no fragment.
    var hasNoExtras: Bool

    init?(_ text: String) {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
        func part(_ which: CURLUPart) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, which, &value, 0) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST) else { return nil }
        (self.scheme, self.host, path) = (scheme, host, part(CURLUPART_PATH) ?? "/")
        hasNoExtras = [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT].allSatisfy { part($0) == nil }
    }

    var isLoopback: Bool {
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return UInt32(bigEndian: address.s_addr) >> 24 == 127 }
        return host.lowercased() == "localhost" || host == "[::1]" || host == "::1"
    }
}
