internal import COpenSSL
internal import Foundation

/// A password as it is kept: scrypt's result with its salt and cost, written as a PHC string.
///
/// Source: RFC 7914; PHC string format, https://github.com/P-H-C/phc-string-format.
public struct PasswordHash: Hashable, Sendable {
    /// How much work one guess is.
    public struct Cost: Hashable, Sendable {
        /// The base-2 logarithm of N.
        public var logN: Int
        /// Memory is 128·N·r bytes.
        public var r: Int
        public var p: Int

        public init(logN: Int, r: Int, p: Int) { (self.logN, self.r, self.p) = (logN, r, p) }

        /// 32 MiB, and about a quarter of a second on a common core.
        ///
        /// Source: OWASP Password Storage Cheat Sheet, "scrypt".
        public static let standard = Cost(logN: 15, r: 8, p: 3)

        /// What a stored hash may ask for: a damaged or foreign one must not take all memory or all day.
        var isSane: Bool { (1...20).contains(logN) && (1...32).contains(r) && (1...16).contains(p) && r << logN <= 1 << 21 }
    }

    public let cost: Cost
    private let salt: [UInt8]
    private let key: [UInt8]

    /// Hashes a new password. Blocks for as long as the cost says.
    ///
    /// - Throws: ``CryptographyError``.
    public init(of password: String, cost: Cost) throws(CryptographyError) {
        self.cost = cost
        salt = try Randomness.bytes(16)
        key = try Self.derive(password, salt: salt, cost: cost)
    }

    /// One that no password is known to match, made without the work.
    ///
    /// - Throws: ``CryptographyError``.
    static func decoy(cost: Cost) throws(CryptographyError) -> PasswordHash {
        PasswordHash(cost: cost, salt: try Randomness.bytes(16), key: try Randomness.bytes(keyLength))
    }

    private init(cost: Cost, salt: [UInt8], key: [UInt8]) { (self.cost, self.salt, self.key) = (cost, salt, key) }

    /// Reads `$scrypt$ln=15,r=8,p=3$salt$hash`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        let settings = parts[2].split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        guard settings.count == 3, settings.map({ $0.first ?? "" }) == ["ln", "r", "p"] else { return nil }
        let numbers = settings.compactMap { Int($0.last ?? "") }
        guard numbers.count == 3, let salt = Base64.standard.decode(parts[3]), let key = Base64.standard.decode(parts[4]) else {
            return nil
        }
        cost = Cost(logN: numbers[0], r: numbers[1], p: numbers[2])
        guard cost.isSane, !salt.isEmpty, key.count == Self.keyLength else { return nil }
        (self.salt, self.key) = (salt, key)
    }

    /// The PHC string.
    public var text: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64.standard.encode(salt))$\(Base64.standard.encode(key))"
    }

    /// Whether a password is the one. Blocks for as long as the cost says.
    ///
    /// - Throws: ``CryptographyError``.
    public func matches(_ password: String) throws(CryptographyError) -> Bool {
        ConstantTime.areEqual(try Self.derive(password, salt: salt, cost: cost), key)
    }

    private static let keyLength = 32

    /// Source: `EVP_PBE_scrypt`.
    private static func derive(_ password: String, salt: [UInt8], cost: Cost) throws(CryptographyError) -> [UInt8] {
        // The same characters come composed from one keyboard and decomposed from another. Source: RFC 8265 §4.2.2.
        let password = Array(password.precomposedStringWithCanonicalMapping.utf8)
        var key = [UInt8](repeating: 0, count: keyLength)
        let isDone = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
                1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p), 1 << 30, &key, key.count)
        }
        guard isDone == 1 else { throw CryptographyError("EVP_PBE_scrypt") }
        return key
    }
}
