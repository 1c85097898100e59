internal import CGnuTLS
internal import Synchronization

/// The certificate and key that a listener shows, which may be replaced while it runs.
public final class TLSCredentials: Sendable {
    private let current: Mutex<TLSIdentity>

    /// - Parameters:
    ///   - certificatePEM: the certificate, then those that lead to its issuer.
    ///   - keyPEM: its private key, not encrypted.
    /// - Throws: ``ServerError`` when they cannot be read or do not belong together.
    public init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        current = Mutex(try TLSIdentity(certificatePEM: certificatePEM, keyPEM: keyPEM))
    }

    /// Shows another certificate from the next connection on.
    ///
    /// - Throws: ``ServerError``; the one before then stays.
    public func reload(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        let next = try TLSIdentity(certificatePEM: certificatePEM, keyPEM: keyPEM)
        current.withLock { $0 = next }
    }

    /// Whether the certificate vouches for itself, so that nobody can verify it who does not know it already.
    public var isSelfSigned: Bool { identity.isSelfSigned }

    var identity: TLSIdentity { current.withLock { $0 } }

    /// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only.
    static let priorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"
}

/// A certificate chain and its key, as GnuTLS wants them. A connection keeps the one that it began with.
///
/// Source: gnutls_pcert_list_import_x509_raw, gnutls_privkey_import_x509_raw.
final class TLSIdentity: Sendable {
    // Written in init only, freed in deinit only; GnuTLS reads them from many threads.
    nonisolated(unsafe) let chain: UnsafeMutablePointer<gnutls_pcert_st>
    let count: UInt32
    nonisolated(unsafe) let key: gnutls_privkey_t

    init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        let most: UInt32 = 16
        let room = UnsafeMutablePointer<gnutls_pcert_st>.allocate(capacity: Int(most))
        var read = most
        let code = Self.withDatum(certificatePEM) { gnutls_pcert_list_import_x509_raw(room, &read, $0, GNUTLS_X509_FMT_PEM, 0) }
        guard code == 0, read > 0 else {
            room.deallocate()
            throw ServerError("The TLS certificate cannot be read: \(Self.text(code))")
        }
        do {
            key = try Self.privateKey(keyPEM, of: room)
        } catch {
            for index in 0..<Int(read) { gnutls_pcert_deinit(room + index) }
            room.deallocate()
            throw error
        }
        (chain, count) = (room, read)
    }

    /// Source: gnutls_x509_crt_check_issuer.
    var isSelfSigned: Bool {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_pcert_export_x509(chain, &certificate) == 0 else { return false }
        defer { gnutls_x509_crt_deinit(certificate) }
        return gnutls_x509_crt_check_issuer(certificate, certificate) == 1
    }

    deinit {
        for index in 0..<Int(count) { gnutls_pcert_deinit(chain + index) }
        chain.deallocate()
        gnutls_privkey_deinit(key)
    }

    private static func privateKey(_ pem: [UInt8], of certificate: UnsafeMutablePointer<gnutls_pcert_st>) throws -> gnutls_privkey_t {
        var key: gnutls_privkey_t?
        gnutls_privkey_init(&key)
        guard let key else { throw ServerError("The TLS key cannot be read: no memory") }
        let code = withDatum(pem) { gnutls_privkey_import_x509_raw(key, $0, GNUTLS_X509_FMT_PEM, nil, 0) }
        guard code == 0 else {
            gnutls_privkey_deinit(key)
            throw ServerError("The TLS key cannot be read: \(text(code))")
        }
        guard fits(key, certificate) else {
            gnutls_privkey_deinit(key)
            throw ServerError("The TLS key is not the one of the certificate.")
        }
        return key
    }

    private static func fits(_ key: gnutls_privkey_t, _ certificate: UnsafeMutablePointer<gnutls_pcert_st>) -> Bool {
        var publicKey: gnutls_pubkey_t?
        gnutls_pubkey_init(&publicKey)
        defer { gnutls_pubkey_deinit(publicKey) }
        guard let publicKey, gnutls_pubkey_import_privkey(publicKey, key, 0, 0) == 0 else { return false }
        return keyID(publicKey) == keyID(certificate.pointee.pubkey)
    }

    private static func keyID(_ key: gnutls_pubkey_t) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        var size = bytes.count
        guard gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256.rawValue, &bytes, &size) == 0 else { return [] }
        return Array(bytes[..<size])
    }

    static func withDatum<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
        var copy = bytes
        return copy.withUnsafeMutableBufferPointer {
            var datum = gnutls_datum_t(data: $0.baseAddress, size: UInt32($0.count))
            return body(&datum)
        }
    }

    static func text(_ code: Int32) -> String { String(cString: gnutls_strerror(code)) }
}
