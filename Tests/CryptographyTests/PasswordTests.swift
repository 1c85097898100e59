import Testing

@testable import Cryptography

private let cheap = PasswordHash.Cost(logN: 4, r: 8, p: 1)

@Suite struct Passwords {
    @Test func `scrypt gives the published result`() throws {
        // RFC 7914 §12, third vector; the first 32 bytes do not depend on how many are asked for.
        let key: [UInt8] = [
            0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48, 0x46, 0x1c, 0x06, 0xcd, 0x81, 0xfd, 0x38, 0xeb,
            0xfd, 0xa8, 0xfb, 0xba, 0x90, 0x4f, 0x8e, 0x3e, 0xa9, 0xb5, 0x43, 0xf6, 0x54, 0x5d, 0xa1, 0xf2,
        ]
        let salt = Base64.standard.encode(Array("SodiumChloride".utf8))
        let hash = try #require(PasswordHash("$scrypt$ln=14,r=8,p=1$\(salt)$\(Base64.standard.encode(key))"))
        #expect(try hash.matches("pleaseletmein"))
        #expect(try !hash.matches("pleaseletmeout"))
    }

    @Test(arguments: ["", "correct horse", "pass\u{0}word", "пароль", String(repeating: "x", count: 1_000)])
    func `a hash matches its password and no other, also once written down`(_ password: String) throws {
        let hash = try PasswordHash(of: password, cost: cheap)
        let read = try #require(PasswordHash(hash.text))
        #expect(read == hash)
        #expect(try read.matches(password))
        #expect(try !read.matches(password + " "))
        #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try PasswordHash(of: password, cost: cheap) != hash)
    }

    @Test func `composed and decomposed letters are the same password`() throws {
        #expect(try PasswordHash(of: "M\u{FC}ller", cost: cheap).matches("Mu\u{308}ller"))
    }

    @Test(arguments: [
        "", "hunter2", "$scrypt$ln=4,r=8,p=1$AA", "$bcrypt$ln=4,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=40,r=8,p=1$AAAA$" + String(repeating: "A", count: 43),
        "$scrypt$ln=20,r=32,p=1$AAAA$" + String(repeating: "A", count: 43),
        "$scrypt$r=8,ln=4,p=1$AAAA$" + String(repeating: "A", count: 43),
        "$scrypt$ln=4,r=8,p=1$AAAA$AAAA",
    ])
    func `a text that is no hash of ours, or asks for too much, is refused`(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func `where there is no user nothing matches, not even what the decoy was made of`() async throws {
        let threads = try PasswordThreads(cost: cheap)
        #expect(try await !threads.matches("", nil))
        #expect(try await threads.matches("right", threads.hash("right")))
    }

    @Test func `a flood of passwords is refused once the queue is full, and what was taken is done`() async throws {
        let threads = try PasswordThreads(cost: PasswordHash.Cost(logN: 12, r: 8, p: 1), threads: 1, queueLimit: 2)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    // Busy is the only error that can come.
                    (try? await threads.hash("x")) != nil
                }
            }
            return await group.reduce(into: [true: 0, false: 0]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes[true, default: 0] >= 3)
        #expect(outcomes[true, default: 0] + outcomes[false, default: 0] == 50)
        #expect(try await threads.matches("y", threads.hash("y")))
    }
}
