import Foundation
import Testing

@testable import Cryptography

@Suite struct `JSON web tokens` {
    private let key = JSONWebToken.Key(id: "k1", secret: Array(repeating: 7, count: 32))
    private let claims = JSONWebToken.Claims(
        subject: "ada", audience: "fileroom", generation: 3, issuedAtUnixSeconds: 1_000, expiresAtUnixSeconds: 1_900)

    private func verify(_ token: String, audience: String = "fileroom", now: Double = 1_000) -> JSONWebToken.Claims? {
        JSONWebToken.verify(token, with: key, audience: audience, nowUnixSeconds: now)
    }

    private func forged(header: String, payload: String? = nil, secret: [UInt8]? = nil) throws -> String {
        let payload = try payload ?? String(decoding: JSONEncoder().encode(claims), as: UTF8.self)
        let signed = [header, payload].map { Base64.url.encode(Array($0.utf8)) }.joined(separator: ".")
        return signed + "." + (secret.map { Base64.url.encode(HMACSHA256.code(for: Array(signed.utf8), key: $0)) } ?? "")
    }

    @Test func `a token says what was signed, until it expires`() throws {
        let token = try JSONWebToken.sign(claims, with: key)
        #expect(JSONWebToken.keyID(of: token) == "k1")
        #expect(verify(token) == claims)
        #expect(verify(token, now: 1_899.9) == claims)
        #expect(verify(token, now: 1_900) == nil)
        #expect(verify(token, audience: "other") == nil)
    }

    @Test func `a token signed with another key, or under another key's name, is refused`() throws {
        #expect(verify(try JSONWebToken.sign(claims, with: .init(id: "k1", secret: Array(repeating: 8, count: 32)))) == nil)
        #expect(verify(try JSONWebToken.sign(claims, with: .init(id: "k2", secret: Array(repeating: 7, count: 32)))) == nil)
    }

    @Test func `a token with any changed byte is refused`() throws {
        let token = Array(try JSONWebToken.sign(claims, with: key).utf8)
        for position in token.indices {
            var changed = token
            changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(verify(String(decoding: changed, as: UTF8.self)) == nil, "byte \(position)")
        }
    }

    @Test(arguments: ["none", "None", "HS384", "HS512", "RS256"])
    func `the algorithm is ours, whatever the token says`(_ algorithm: String) throws {
        let header = #"{"alg":"\#(algorithm)","kid":"k1","typ":"JWT"}"#
        #expect(verify(try forged(header: header)) == nil)
        #expect(verify(try forged(header: header, secret: Array(repeating: 7, count: 32))) == nil)
        #expect(verify(try forged(header: #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#, secret: Array(repeating: 7, count: 32))) == claims)
    }

    @Test(arguments: ["", ".", "..", "a.b.c", "e30.e30.", String(repeating: "a", count: 10_000)])
    func `what is no token is refused`(_ text: String) {
        #expect(verify(text) == nil)
        #expect(JSONWebToken.keyID(of: text) == nil)
    }
}
