internal import Foundation

/// Signed tokens: JWT with HMAC-SHA-256 and nothing else. The algorithm is never taken from the token.
///
/// Source: RFC 7519, RFC 7515, RFC 8725.
public enum JSONWebToken {
    /// A key to sign with. Old ones stay valid for as long as tokens that they signed.
    public struct Key: Sendable {
        public let id: String
        let secret: [UInt8]

        public init(id: String, secret: [UInt8]) { (self.id, self.secret) = (id, secret) }
    }

    /// What a token says.
    public struct Claims: Codable, Hashable, Sendable {
        /// Whose it is.
        public var subject: String
        /// Whom it is for.
        public var audience: String
        /// Which of the subject's generations of credentials: tokens of an older one are void.
        public var generation: Int64
        public var issuedAtUnixSeconds: Int64
        public var expiresAtUnixSeconds: Int64

        public init(subject: String, audience: String, generation: Int64, issuedAtUnixSeconds: Int64, expiresAtUnixSeconds: Int64) {
            (self.subject, self.audience, self.generation) = (subject, audience, generation)
            (self.issuedAtUnixSeconds, self.expiresAtUnixSeconds) = (issuedAtUnixSeconds, expiresAtUnixSeconds)
        }

        private enum CodingKeys: String, CodingKey {
            case subject = "sub"
            case audience = "aud"
            case generation = "gen"
            case issuedAtUnixSeconds = "iat"
            case expiresAtUnixSeconds = "exp"
        }
    }

    private struct Header: Codable, Equatable {
        var alg = "HS256"
        var kid: String
        var typ = "JWT"
    }

    private static let longest = 4096

    public static func sign(_ claims: Claims, with key: Key) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let parts = [try encoder.encode(Header(kid: key.id)), try encoder.encode(claims)].map { Base64.url.encode(Array($0)) }
        let signed = parts.joined(separator: ".")
        return signed + "." + Base64.url.encode(HMACSHA256.code(for: Array(signed.utf8), key: key.secret))
    }

    /// The key that a token says it was signed with; nothing is checked.
    public static func keyID(of token: String) -> String? { parse(token)?.header.kid }

    /// Reads a token; nil when anything is wrong with it: form, algorithm, signature, audience, expiry.
    ///
    /// - Parameter key: the one with the token's ``keyID(of:)``.
    public static func verify(_ token: String, with key: Key, audience: String, nowUnixSeconds now: Double) -> Claims? {
        guard let parsed = parse(token), parsed.header == Header(kid: key.id),
            ConstantTime.areEqual(HMACSHA256.code(for: parsed.signed, key: key.secret), parsed.signature),
            // What does not decode was not made by us, whatever its signature.
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(parsed.payload)),
            claims.audience == audience, now < Double(claims.expiresAtUnixSeconds)
        else { return nil }
        return claims
    }

    private static func parse(_ token: String) -> (header: Header, payload: [UInt8], signed: [UInt8], signature: [UInt8])? {
        guard token.utf8.count <= longest else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64.url.decode(parts[0]), let payload = Base64.url.decode(parts[1]),
            let signature = Base64.url.decode(parts[2]),
            // A header of another form is not ours.
            let decoded = try? JSONDecoder().decode(Header.self, from: Data(header))
        else { return nil }
        return (decoded, payload, Array("\(parts[0]).\(parts[1])".utf8), signature)
    }
}
