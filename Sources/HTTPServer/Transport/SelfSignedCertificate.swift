internal import CGnuTLS
internal import Glibc
internal import NetworkAddress

/// A certificate that nobody vouches for, to try the server with: the browser warns, and no HSTS is sent.
///
/// Source: gnutls_x509_crt_sign2; RFC 5280 §4.
public struct SelfSignedCertificate: Sendable {
    public let certificatePEM: [UInt8]
    /// The private key, ECDSA on P-256, not encrypted: to be stored with mode 0600.
    public let keyPEM: [UInt8]

    /// - Parameters:
    ///   - names: host names and addresses that it is for, besides this machine's host name, `localhost`, `127.0.0.1` and `::1`.
    ///   - notBefore: in seconds since 1970 UTC.
    ///   - days: how long it is valid; browsers accept 825 at most.
    /// - Throws: ``ServerError`` when GnuTLS fails.
    public static func make(names: [String] = [], notBefore: Int, days: Int = 397) throws -> SelfSignedCertificate {
        var key: gnutls_x509_privkey_t?
        var certificate: gnutls_x509_crt_t?
        try check(gnutls_x509_privkey_init(&key))
        defer { gnutls_x509_privkey_deinit(key) }
        try check(gnutls_x509_crt_init(&certificate))
        defer { gnutls_x509_crt_deinit(certificate) }
        guard let key, let certificate else { throw ServerError("No certificate could be made: no memory.") }
        // GNUTLS_CURVE_TO_BITS: the curve's number with the highest bit set.
        let curve = UInt32(1) << 31 | GNUTLS_ECC_CURVE_SECP256R1.rawValue
        try check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, curve, 0))
        let all = uniqued(["localhost", "127.0.0.1", "::1"] + hostName() + names)
        try fill(certificate, key, all, notBefore: notBefore, days: days)
        try check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0))
        return SelfSignedCertificate(
            certificatePEM: try export { gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, $0) },
            keyPEM: try export { gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, nil, GNUTLS_PKCS_PLAIN.rawValue, $0) })
    }

    private static func fill(
        _ certificate: gnutls_x509_crt_t, _ key: gnutls_x509_privkey_t, _ names: [String], notBefore: Int, days: Int
    ) throws {
        try check(gnutls_x509_crt_set_version(certificate, 3))
        try check(gnutls_x509_crt_set_key(certificate, key))
        // A browser that has seen another certificate of the same issuer and number refuses this one.
        var serial = [UInt8](repeating: 0, count: 16)
        try check(gnutls_rnd(GNUTLS_RND_NONCE, &serial, serial.count))
        serial[0] = serial[0] & 0x7F | 0x40
        try check(gnutls_x509_crt_set_serial(certificate, serial, serial.count))
        try check(gnutls_x509_crt_set_activation_time(certificate, notBefore))
        try check(gnutls_x509_crt_set_expiration_time(certificate, notBefore + days * 86_400))
        try check(gnutls_x509_crt_set_dn(certificate, "CN=Fileroom (self-signed)", nil))
        for name in names {
            if let address = IPAddress(name) {
                try check(
                    gnutls_x509_crt_set_subject_alt_name(
                        certificate, GNUTLS_SAN_IPADDRESS, address.bytes, UInt32(address.bytes.count), UInt32(GNUTLS_FSAN_APPEND)))
            } else {
                let bytes = Array(name.utf8)
                try check(
                    gnutls_x509_crt_set_subject_alt_name(
                        certificate, GNUTLS_SAN_DNSNAME, bytes, UInt32(bytes.count), UInt32(GNUTLS_FSAN_APPEND)))
            }
        }
        try check(gnutls_x509_crt_set_basic_constraints(certificate, 0, -1))
        try check(gnutls_x509_crt_set_key_usage(certificate, UInt32(GNUTLS_KEY_DIGITAL_SIGNATURE)))
        try check(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0))
    }

    private static func hostName() -> [String] {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return [] }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty || !name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? [] : [name]
    }

    private static func uniqued(_ names: [String]) -> [String] {
        var seen = Set<String>()
        return names.filter { seen.insert($0).inserted }
    }

    private static func export(_ body: (UnsafeMutablePointer<gnutls_datum_t>) -> Int32) throws -> [UInt8] {
        var datum = gnutls_datum_t()
        try check(body(&datum))
        defer { gnutls_memset(datum.data, 0, Int(datum.size)); free(datum.data) }
        return Array(UnsafeBufferPointer(start: datum.data, count: Int(datum.size)))
    }

    private static func check(_ code: Int32) throws {
        guard code >= 0 else { throw ServerError("No certificate could be made: \(TLSIdentity.text(code))") }
    }
}
