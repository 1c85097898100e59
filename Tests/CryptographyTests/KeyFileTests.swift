import Foundation
import Testing

@testable import Cryptography

@Suite struct `The key file` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "keyfile-\(UUID().uuidString)").path

    private func inFolder(_ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/secret.key")
    }

    @Test func `is made once, for its owner's eyes only, and read again`() throws {
        try inFolder { path in
            #expect(try KeyFile.read(path) == nil)
            let key = try KeyFile.create(path)
            #expect(try KeyFile.read(path)?.bytes == key.bytes)
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            #expect(throws: KeyFileError.self) { try KeyFile.create(path) }
            #expect(try KeyFile.read(path)?.bytes == key.bytes)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret.key"])
        }
    }

    @Test func `is refused when others may read it, or when it is cut off`() throws {
        try inFolder { path in
            _ = try KeyFile.create(path)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            #expect(throws: KeyFileError.self) { try KeyFile.read(path) }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(throws: KeyFileError.self) { try KeyFile.read(path) }
        }
    }
}
