internal import COpenSSL

/// SHA-256 of bytes that come in pieces. Source: FIPS 180-4.
public struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    /// Source: `EVP_DigestInit_ex`.
    public init() {
        // Fails only where memory has run out, and then Swift has ended the process before.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("EVP_DigestInit_ex failed")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Source: `EVP_DigestUpdate`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "EVP_DigestUpdate failed")
    }

    /// The digest's 32 bytes; to be asked for once.
    ///
    /// Source: `EVP_DigestFinal_ex`.
    public consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "EVP_DigestFinal_ex failed")
        return digest
    }
}
