internal import COpenSSL

/// SHA-256. Source: FIPS 180-4.
public enum SHA256 {
    public static let byteCount = 32

    /// The digest's 32 bytes.
    ///
    /// Source: `SHA256`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        // Fails only where memory has run out, and then Swift has ended the process before.
        let isDone = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1
        precondition(isDone, "EVP_Digest failed")
        return digest
    }
}

/// HMAC with SHA-256. Source: RFC 2104.
public enum HMACSHA256 {
    /// The code's 32 bytes.
    ///
    /// Source: `HMAC`.
    public static func code(for bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256.byteCount)
        let isDone = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &code, nil) != nil
        precondition(isDone, "HMAC failed")
        return code
    }
}

/// Comparing what must not be guessed byte by byte.
public enum ConstantTime {
    /// Whether both are the same, in a time that tells nothing but their lengths.
    ///
    /// Source: `CRYPTO_memcmp`.
    public static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }

    public static func areEqual(_ one: String, _ other: String) -> Bool { areEqual(Array(one.utf8), Array(other.utf8)) }
}

/// Random bytes that nobody can foretell.
public enum Randomness {
    /// - Throws: ``CryptographyError`` when the system gives no randomness: then nothing may go on that needs it.
    ///
    /// Source: `RAND_priv_bytes`.
    public static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_priv_bytes(&bytes, Int32(count)) == 1 else { throw CryptographyError("RAND_priv_bytes") }
        return bytes
    }
}
