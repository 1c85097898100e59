import Testing

@testable import Cryptography

private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.filter { $0 != " " })
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}

@Suite struct `The primitives` {
    @Test func `SHA-256 and HMAC give the published results`() {
        // FIPS 180-4, example "abc"; RFC 4231, test case 2.
        #expect(SHA256.hash(Array("abc".utf8)) == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(SHA256.hash([]) == bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(
            HMACSHA256.code(for: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
                == bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    }

    @Test func `what is compared is the same or is not, whatever its length`() {
        #expect(ConstantTime.areEqual("", ""))
        #expect(ConstantTime.areEqual("token", "token"))
        #expect(!ConstantTime.areEqual("token", "tokeN"))
        #expect(!ConstantTime.areEqual("token", "tok"))
    }

    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `base64 gives the published results without padding`(_ plain: String, _ encoded: String) {
        #expect(Base64.url.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.url.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "Zm+v", "ü"])
    func `base64 for URLs takes one text for one value only`(_ text: String) {
        #expect(Base64.url.decode(text) == nil)
    }

    @Test func `every byte survives both alphabets`() {
        let all = (0...255).map { UInt8($0) }
        #expect(Base64.url.decode(Base64.url.encode(all)) == all)
        #expect(Base64.standard.decode(Base64.standard.encode(all)) == all)
    }

    @Test func `what is sealed opens with its key and context only, and in no changed form`() throws {
        let key = try SealingKey.random()
        let sealed = try key.seal(Array("hunter2".utf8), context: "source:nas")
        #expect(key.open(sealed, context: "source:nas") == Array("hunter2".utf8))
        #expect(key.open(sealed, context: "source:other") == nil)
        #expect(try SealingKey.random().open(sealed, context: "source:nas") == nil)
        for position in sealed.indices {
            var changed = sealed
            changed[position] ^= 1
            #expect(key.open(changed, context: "source:nas") == nil)
            #expect(key.open(Array(sealed[..<position]), context: "source:nas") == nil)
        }
        #expect(try key.seal([], context: "") != key.seal([], context: ""))
        #expect(key.open(try key.seal([], context: ""), context: "") == [])
    }

    @Test func `a key shows itself to nobody who prints it`() throws {
        let key = try SealingKey.random()
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "(key)")
        #expect(!dumped.contains("UInt8") && !dumped.contains("elements"))
    }
}
