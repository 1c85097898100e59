import Foundation
import Testing

@testable import Configuration

/// Reads a configuration's text as if it stood in `/etc/fileroom`.
func configuration(_ text: String) throws -> FileroomConfiguration {
    try FileroomConfiguration(json: Array(text.utf8), folder: "/etc/fileroom")
}

/// What a configuration's text is refused for, one line a problem.
func problems(_ text: String) -> [String] {
    do throws(ConfigurationError) {
        _ = try FileroomConfiguration(json: Array(text.utf8), folder: "/etc/fileroom")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// A configuration of one SMB source with these keys besides the required ones.
private func source(_ keys: String) -> String {
    #"{"sources": [{"name": "nas", "host": "nas.example", "share": "dicom"\#(keys.isEmpty ? "" : ", " + keys)}]}"#
}

@Suite struct `A configuration` {
    @Test func `gives every value that it names`() throws {
        let text = """
            {"data": "var", "//": "a remark", "sources": [{
              "name": "archive", "enabled": false, "type": "smb", "host": "NAS.example", "port": 1445, "share": "Radiology", "path": "/2026/north/",
              "username": "reader", "password_env": "NAS_PASSWORD", "domain": "HOSPITAL", "mount_path": "/mnt/radiology", "timeout": 7.5,
              "retry_attempts": 5, "retry_delay": 0.25, "connection_pool_size": 12, "enumeration_method": "smb", "max_workers": 6, "chunk_size": 100,
              "performance_mode": "gentle", "encryption": "required", "signing": "off", "bytes_per_second": 5e6, "default_issuer": "HOSP",
              "name_filter": [".DCM", "img", ""], "all_names": true, "mass_disappearance_percent": 25
            }]}
            """
        let read = try configuration(text)
        #expect(read.dataFolder == "/etc/fileroom/var")
        let source = try #require(read.sources.first)
        #expect(source.name == "archive")
        #expect(!source.isEnabled)
        #expect(source.address.canonicalURL == "smb://nas.example:1445/radiology/2026/north")
        #expect(source.username == "reader")
        #expect(source.domain == "HOSPITAL")
        #expect(source.password == .environment("NAS_PASSWORD"))
        #expect(source.mountPath == "/mnt/radiology")
        #expect(source.timeout == .seconds(7.5))
        #expect(source.retryAttempts == 5)
        #expect(source.retryDelay == .milliseconds(250))
        #expect(source.enumerationMethod == .smb)
        #expect(source.chunkSize == 100)
        #expect(source.performanceMode == .gentle)
        #expect(source.tuning.connectionPoolSize == 12)
        #expect(source.tuning.workers == .fixed(6))
        #expect(source.tuning.bytesPerSecond == 5_000_000)
        #expect(source.encryption == .required)
        #expect(source.signing == .off)
        #expect(source.defaultIssuer == "HOSP")
        #expect(source.nameFilter == NameFilter(extensions: ["dcm", "img"], includesNamesWithoutExtension: true, includesAllNames: true))
        #expect(source.massDisappearancePercent == 25)
    }

    @Test func `fills in defaults for what it leaves out`() throws {
        let source = try #require(try configuration(source("")).sources.first)
        let expected = SourceConfiguration(name: "nas", address: .smb(try SMBAddress(host: "nas.example", share: "dicom")))
        #expect(source == expected)
        #expect(source.encryption == .ifOffered)
        #expect(source.chunkSize == 50)
        #expect(source.nameFilter.extensions == ["dcm", "dicom", "ima"])
    }

    @Test func `may be empty, and null means absent`() throws {
        #expect(try configuration("{}") == FileroomConfiguration())
        #expect(try configuration(source(#""port": null, "max_workers": null"#)).sources.count == 1)
    }

    @Test func `reads a local source relative to its own folder`() throws {
        let read = try configuration(#"{"sources": [{"name": "disk", "type": "local", "path": "../dicom/./a"}]}"#)
        #expect(read.sources.first?.address == .folder("/etc/dicom/a"))
    }

    @Test func `reports every mistake at once, in the order of the text`() {
        let text = """
            {
              "dta": "x",
              "sources": [
                {"name": "a", "host": "h", "share": "s", "retry_attempts": "three", "port": 0},
                {"name": "a", "type": "smbb", "host": "h2", "share": "s", "encyption": "off"},
                7
              ]
            }
            """
        #expect(
            problems(text) == [
                #"2:3: dta: is not a known key; did you mean "data"?"#,
                #"4:64: sources[0].retry_attempts: must be a whole number from 0 to 20, found the text "three""#,
                #"4:81: sources[0].port: must be a whole number from 1 to 65535, found 0"#,
                #"5:14: sources[1].name: must differ from the name of sources[0]"#,
                #"5:27: sources[1].type: must be one of "smb", "local", found the text "smbb"; did you mean "smb"?"#,
                #"5:63: sources[1].encyption: is not a known key; did you mean "encryption"?"#,
                #"6:5: sources[2]: must be an object, found 7"#,
            ])
    }

    @Test(arguments: [
        (#""timeout": 0"#, "timeout: must be a number of seconds from 1 to 300, found 0"),
        (#""timeout": "10""#, #"timeout: must be a number of seconds from 1 to 300, found the text "10""#),
        (#""retry_attempts": 2.5"#, "retry_attempts: must be a whole number from 0 to 20, found 2.5"),
        (#""retry_attempts": 1e400"#, "retry_attempts: must be a whole number from 0 to 20, found 1e400"),
        (#""max_workers": "many""#, #"max_workers: must be a whole number from 1 to 256 or "auto", found the text "many""#),
        (
            #""max_workers": 9, "connection_pool_size": 8"#,
            "max_workers: must not be greater than connection_pool_size, which is 8; found 9"
        ),
        (#""enabled": "yes""#, #"enabled: must be true or false, found the text "yes""#),
        (#""performance_mode": "Fast""#, #"must be one of "gentle", "balanced", "fast", found the text "Fast"; did you mean "fast"?"#),
        (#""bytes_per_second": 100"#, "bytes_per_second: must be 0 (no limit) or at least 65536, found 100"),
        (#""name_filter": [".dcm", 3]"#, "name_filter[1]: must be a text in double quotes, found 3"),
        (#""name_filter": ["*.dcm"]"#, "name_filter: must list extensions such as"),
        (#""name_filter": []"#, "name_filter: must list at least one extension"),
        (#""mass_disappearance_percent": 0"#, "mass_disappearance_percent: must be a whole number from 1 to 100, found 0"),
        (#""path": "a/../b""#, #"path: the path must not contain "..""#),
        (#""mount_path": "mnt""#, "mount_path: must be an absolute path"),
        (#""domain": """#, "domain: must not be empty"),
        (#""domain": "a\u0007""#, "domain: must not contain control characters"),
        (#""username": "u", "password": "x", "password_file": "y""#, "password_file: must not stand beside password"),
        (#""password_env": "X""#, "password_env: needs a username"),
        (#""port": 445, "port": 446"#, "port: is given twice"),
        (#""retryAttempts": 3"#, #"retryAttempts: is not a known key; did you mean "retry_attempts"?"#),
    ])
    func `says where a value is wrong and what is allowed`(keys: String, expected: String) {
        let found = problems(source(keys))
        #expect(found.count == 1)
        #expect(found.first?.contains(expected) == true, "\(found)")
    }

    @Test(arguments: [
        (#"{"sources": {}}"#, "sources: must be a list of objects, found an object"),
        (#"[1]"#, "must be an object, found a list"),
        (#"{"sources": [{"host": "h", "share": "s"}]}"#, "sources[0].name: is missing"),
        (#"{"sources": [{"name": "a", "share": "s"}]}"#, "sources[0].host: is missing"),
        (#"{"sources": [{"name": "a", "host": "h"}]}"#, "sources[0].share: is missing"),
        (#"{"sources": [{"name": "a", "host": "fe80::1%eth0", "share": "s"}]}"#, "sources[0].host: an IPv6 address"),
        (#"{"sources": [{"name": "a", "host": "h", "share": "a/b"}]}"#, "sources[0].share: the share must be one name"),
        (#"{"sources": [{"name": "a/b", "host": "h", "share": "s"}]}"#, "sources[0].name: must have"),
        (#"{"sources": [{"name": "a", "type": "local"}]}"#, "sources[0].path: is missing"),
        (#"{"sources": [{"name": "a", "type": "local", "path": "smb://h/s"}]}"#, "sources[0].path: must be the path of a folder"),
        (
            #"{"sources": [{"name": "a", "type": "local", "path": "/x", "host": "h"}]}"#,
            #"sources[0].host: means nothing for a source of type "local""#
        ),
        (
            #"{"sources": [{"name": "a", "host": "H", "share": "s", "path": "p"}, {"name": "b", "host": "h", "share": "S", "path": "/p/"}]}"#,
            "sources[1].path: is the same place as sources[0]: smb://h/s/p"
        ),
    ])
    func `is refused as a whole for`(text: String, expected: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.contains(expected) == true, "\(found)")
    }

    @Test func `never repeats a password in an error`() {
        let found = problems(source(#""username": "u", "password": 83194, "passwort": "geheim", "password_fil": "hunter2""#)).joined()
        #expect(!found.contains("83194") && !found.contains("geheim") && !found.contains("hunter2"), "\(found)")
    }

    @Test func `names its file and place in the error's text`() {
        let error = #expect(throws: ConfigurationError.self) { try configuration("{\n  \"data\": 3\n}") }
        #expect(error?.description == "config.json:2:11: data: must be a text in double quotes, found 3")
    }

    @Test func `that cannot be opened says why`() {
        let error = #expect(throws: ConfigurationError.self) { try FileroomConfiguration(file: "/nonexistent/config.json") }
        #expect(error?.description == "/nonexistent/config.json: cannot be opened: No such file or directory")
        let folder = #expect(throws: ConfigurationError.self) { try FileroomConfiguration(file: "/") }
        #expect(folder?.description == "/: is not a file")
    }

    @Test func `with a password that others can read is taken with a warning`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("config.json", source(#""username": "u", "password": "p""#), permissions: 0o644)
        let read = try FileroomConfiguration(file: file)
        #expect(read.warnings.map(\.path) == ["sources[0].password"])
        #expect(read.warnings.first?.message.contains("chmod 600 \(file)") == true)
        chmod(file, 0o600)
        #expect(try FileroomConfiguration(file: file).warnings.isEmpty)
    }

    @Test func `of this repository is valid`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "config.json").path
        #expect(throws: Never.self) { try FileroomConfiguration(file: file) }
    }

    @Test func `has every key documented`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let documentation = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        // An unknown key unlike any other is answered with the list of those that are known.
        let found = problems(#"{"zzzzzzzzzz": 1, "sources": [{"name": "a", "host": "h", "share": "s", "zzzzzzzzzz": 1}]}"#)
        #expect(found.count == 2)
        for problem in found {
            let list = try #require(problem.components(separatedBy: "allowed are ").last)
            for key in list.components(separatedBy: ", ") {
                #expect(documentation.contains("`\(key)`"), "\(key) is missing in docs/configuration.md")
            }
        }
    }
}

@Suite struct `A SOURCE argument` {
    private let read: FileroomConfiguration

    init() throws {
        read = try configuration(
            """
            {"sources": [{"name": "Archive", "host": "nas", "share": "dicom", "username": "reader", "password": "p", "domain": "D", "timeout": 3},
                         {"name": "disk", "type": "local", "path": "/srv/dicom"}]}
            """)
    }

    @Test(arguments: ["Archive", "archive", "smb://nas/dicom", "smb://NAS:445/Dicom/", "smb://reader@nas/dicom"])
    func `that means a configured source brings its settings`(argument: String) throws {
        let source = try read.source(for: argument, workingDirectory: "/")
        #expect(source.name == "Archive")
        #expect(source.timeout == .seconds(3))
        #expect(source.username == "reader")
        #expect(source.password != nil)
    }

    @Test func `with another user does not take the configured user's password`() throws {
        let source = try read.source(for: "smb://other@nas/dicom", workingDirectory: "/")
        #expect(source.username == "other")
        #expect(source.password == nil)
    }

    @Test func `that is not configured is named by its URL`() throws {
        let source = try read.source(for: "smb://u@nas/dicom/sub", workingDirectory: "/")
        #expect(source.name == "smb://nas/dicom/sub")
        #expect(source.username == "u")
        #expect(try read.source(for: "dicom", workingDirectory: "/srv").name == "disk")
        #expect(try read.source(for: "dicom", workingDirectory: "/home").address == .folder("/home/dicom"))
    }

    @Test func `that is mistyped has a nearest name`() {
        #expect(read.nearestSourceName(to: "achive") == "Archive")
        #expect(read.nearestSourceName(to: "elsewhere") == nil)
    }
}

@Suite struct `A performance mode` {
    @Test func `is a row of values that explicit keys override`() throws {
        #expect(Tuning(mode: .balanced) == PerformanceMode.balanced.row)
        #expect(PerformanceMode.balanced.row.automaticWorkers == 2...32)
        #expect(PerformanceMode.balanced.row.initialWorkers == 8)
        #expect(Tuning(mode: .gentle).bytesPerSecond == 10_000_000)
        #expect(Tuning(mode: .gentle, bytesPerSecond: 0).bytesPerSecond == nil)
        #expect(Tuning(mode: .fast, bytesPerSecond: 1_000_000).bytesPerSecond == 1_000_000)
    }

    @Test func `grows its pool to hold the workers that were asked for`() {
        #expect(Tuning(mode: .gentle, workers: .fixed(20)).connectionPoolSize == 20)
        #expect(Tuning(mode: .fast, workers: .fixed(20)).connectionPoolSize == PerformanceMode.fast.row.connectionPoolSize)
    }

    @Test func `never takes more workers than the pool that was asked for`() {
        let tuning = Tuning(mode: .fast, connectionPoolSize: 5)
        #expect(tuning.automaticWorkers == 5...5)
        #expect(tuning.initialWorkers == 5)
        #expect(Tuning(mode: .balanced, connectionPoolSize: 1).automaticWorkers == 1...1)
    }

    @Test func `leaves connections free in every row`() {
        for mode in PerformanceMode.allCases { #expect(mode.row.connectionPoolSize > mode.row.automaticWorkers.upperBound) }
    }
}
