internal import COpenSSL

/// A 256-bit key that seals secrets with AES-256-GCM, and from which keys for other purposes are derived.
///
/// Source: NIST SP 800-38D.
public struct SealingKey: Sendable, CustomStringConvertible, CustomReflectable {
    public static let byteCount = 32
    private static let nonceCount = 12
    private static let tagCount = 16
    /// The first byte of what is sealed, should the form ever change.
    private static let version: UInt8 = 1

    let bytes: [UInt8]
    private let sealing: [UInt8]

    /// - Parameter bytes: exactly 32; nil otherwise.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
        sealing = HMACSHA256.code(for: Array("fileroom sealing".utf8), key: bytes)
    }

    /// - Throws: ``CryptographyError``.
    public static func random() throws(CryptographyError) -> SealingKey {
        let bytes = try Randomness.bytes(byteCount)
        guard let key = SealingKey(bytes) else { preconditionFailure("a key of \(bytes.count) bytes") }
        return key
    }

    /// A key for one purpose, from which this one cannot be found.
    public func derived(for purpose: String) -> [UInt8] { HMACSHA256.code(for: Array(purpose.utf8), key: bytes) }

    /// Encrypts.
    ///
    /// - Parameter context: says what it is and whose; must be the same for opening, so that nothing sealed can be put in another's place.
    /// - Throws: ``CryptographyError``.
    ///
    /// Source: `EVP_EncryptUpdate`.
    public func seal(_ plain: [UInt8], context: String) throws(CryptographyError) -> [UInt8] {
        let nonce = try Randomness.bytes(Self.nonceCount)
        let context = Array(context.utf8)
        var sealed = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: Self.tagCount)
        var count: Int32 = 0
        let cipher = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipher) }
        guard EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, sealing, nonce) == 1,
            EVP_EncryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1,
            EVP_EncryptUpdate(cipher, &sealed, &count, plain, Int32(plain.count)) == 1,
            EVP_EncryptFinal_ex(cipher, nil, &count) == 1,
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagCount), &tag) == 1
        else { throw CryptographyError("EVP_EncryptUpdate") }
        return [Self.version] + nonce + sealed + tag
    }

    /// Decrypts; nil when it was sealed with another key or for another context, or was changed.
    ///
    /// Source: `EVP_DecryptFinal_ex`.
    public func open(_ sealed: [UInt8], context: String) -> [UInt8]? {
        guard sealed.first == Self.version, sealed.count >= 1 + Self.nonceCount + Self.tagCount else { return nil }
        let nonce = Array(sealed[1..<1 + Self.nonceCount])
        let hidden = Array(sealed[(1 + Self.nonceCount)..<(sealed.count - Self.tagCount)])
        var tag = Array(sealed.suffix(Self.tagCount))
        let context = Array(context.utf8)
        var plain = [UInt8](repeating: 0, count: hidden.count)
        var count: Int32 = 0
        let cipher = EVP_CIPHER_CTX_new()
        defer {
            EVP_CIPHER_CTX_free(cipher)
            ERR_clear_error()
        }
        guard EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, sealing, nonce) == 1,
            EVP_DecryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1,
            EVP_DecryptUpdate(cipher, &plain, &count, hidden, Int32(hidden.count)) == 1,
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagCount), &tag) == 1,
            EVP_DecryptFinal_ex(cipher, nil, &count) == 1
        else { return nil }
        return plain
    }

    public var description: String { "(key)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
