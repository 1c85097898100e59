import Foundation
import Testing

@testable import Configuration

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "fileroom-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // a leftover does no harm

    /// Writes a file and returns its path.
    func file(_ name: String, _ text: String, permissions: mode_t = 0o600) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        chmod(file, permissions)
        return file
    }
}

@Suite struct `A password` {
    private let folder: TemporaryFolder
    private var source: SourceConfiguration

    init() throws {
        folder = try TemporaryFolder()
        source = SourceConfiguration(name: "nas", address: .smb(try SMBAddress(host: "nas", share: "dicom", username: "reader")))
    }

    @Test mutating func `comes from the command line's file, then the environment, then the configuration`() throws {
        let file = try folder.file("first", "from file\n")
        let environment = ["FILEROOM_SMB_PASSWORD": "from environment", "NAS": "from named variable"]
        source.password = .value(Secret("from configuration"))
        #expect(try source.password(commandLineFile: file, environment: environment)?.secret.reveal() == "from file")
        #expect(try source.password(commandLineFile: nil, environment: environment)?.secret.reveal() == "from environment")
        #expect(try source.password(commandLineFile: nil, environment: [:])?.secret.reveal() == "from configuration")
        source.password = .environment("NAS")
        #expect(try source.password(commandLineFile: nil, environment: ["NAS": "x"])?.secret.reveal() == "x")
        source.password = .file(file)
        let resolved = try source.password(commandLineFile: nil, environment: [:])
        #expect(resolved?.secret.reveal() == "from file")
        #expect(resolved?.origin == file)
        #expect(resolved?.warning == nil)
        source.password = nil
        #expect(try source.password(commandLineFile: nil, environment: [:]) == nil)
    }

    @Test(arguments: [("pässwört", "pässwört"), ("p w\r\n", "p w"), (" spaces \n\n", " spaces ")])
    func `is the first line of its file`(content: String, expected: String) throws {
        let file = try folder.file("password", content)
        #expect(try source.password(commandLineFile: file, environment: [:])?.secret.reveal() == expected)
    }

    @Test(arguments: [
        ("", "is empty"), ("\n", "is empty"), ("one\ntwo\n", "must hold one line"), (String(repeating: "x", count: 5000), "is larger than"),
    ])
    func `file that holds no password is refused`(content: String, expected: String) throws {
        let file = try folder.file("password", content)
        let error = #expect(throws: PasswordError.self) { try source.password(commandLineFile: file, environment: [:]) }
        #expect(error?.description.contains(expected) == true)
    }

    @Test func `file that others can read is taken with a warning`() throws {
        let file = try folder.file("password", "p", permissions: 0o640)
        #expect(try source.password(commandLineFile: file, environment: [:])?.warning?.contains("chmod 600") == true)
    }

    @Test mutating func `that is promised and missing is an error, not another account's password`() throws {
        source.password = .environment("NAS")
        #expect(throws: PasswordError.self) { try source.password(commandLineFile: nil, environment: [:]) }
        let missing = #expect(throws: PasswordError.self) {
            try source.password(commandLineFile: folder.path + "/none", environment: ["FILEROOM_SMB_PASSWORD": "x"])
        }
        #expect(missing?.description.contains("No such file") == true)
    }

    @Test func `is not shown by anything that prints it`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(PasswordOrigin.value(secret), to: &dumped)
        let shown =
            "\(secret) \(String(reflecting: secret)) \(String(describing: PasswordOrigin.value(secret))) \(Optional(secret) as Any) \(dumped)"
        #expect(!shown.contains("hunter2"))
    }
}
