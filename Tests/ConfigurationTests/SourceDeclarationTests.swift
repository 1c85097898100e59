import Configuration
import Testing

@Suite struct SourceDeclarationTests {
    private static let share = #"{"name":"nas","host":"nas.example","share":"dicom","username":"reader""#

    private func declaration(_ json: String) throws -> SourceDeclaration { try SourceDeclaration(json: Array(json.utf8)) }

    private func problems(_ body: () throws -> SourceDeclaration) -> [String] {
        do {
            _ = try body()
            return []
        } catch {
            return (error as? ConfigurationError)?.problems.map(\.path) ?? ["\(error)"]
        }
    }

    @Test func `the password is kept apart from what is stored`() throws {
        let read = try declaration(Self.share + #","password":"geheim","schedule":"0 2 * * *"}"#)
        #expect(read.password == .set(Secret("geheim")) && read.source.password == nil)
        #expect(String(decoding: read.json, as: UTF8.self) == Self.share + #","schedule":"0 2 * * *"}"#)
        #expect(try SourceDeclaration(json: read.json).source == read.source)
    }

    @Test func `a patch replaces what it names and removes what it sets to null`() throws {
        let before = try declaration(Self.share + #","max_workers":4,"schedule":"0 2 * * *"}"#)
        let after = try before.patched(with: Array(#"{"max_workers":8,"schedule":null}"#.utf8), hasPassword: true)
        #expect(after.source.tuning.workers == .fixed(8) && after.source.schedule == nil && after.password == .unchanged)
        #expect(after.source.username == "reader")
    }

    @Test(arguments: [#"{"host":"elsewhere.example"}"#, #"{"username":"other"}"#, #"{"port":4450}"#, #"{"domain":"X"}"#])
    func `a stored password is not sent to another server or for another user`(patch: String) throws {
        let before = try declaration(Self.share + "}")
        #expect(problems { try before.patched(with: Array(patch.utf8), hasPassword: true) } == ["$.password"])
        #expect(problems { try before.patched(with: Array(patch.utf8), hasPassword: false) } == [])
        let given = patch.dropLast() + #","password":"new"}"#
        #expect(try before.patched(with: Array(given.utf8), hasPassword: true).password == .set(Secret("new")))
    }

    @Test func `null removes the password`() throws {
        let patched = try declaration(Self.share + "}").patched(with: Array(#"{"password":null}"#.utf8), hasPassword: true)
        #expect(patched.password == .removed)
    }

    @Test(arguments: [
        (share + #","password_file":"/etc/shadow"}"#, "$.password_file"), (share + #","password_env":"HOME"}"#, "$.password_env"),
        (share + #","schedule":"often"}"#, "$.schedule"), (share + #","hots":"x"}"#, "$.hots"),
        (#"{"name":"a","type":"local","path":"relative"}"#, "$.path"), (#"{"host":"h","share":"s"}"#, "$.name"), ("[]", "$"), ("{", "$"),
    ])
    func `what is wrong is told with its path`(json: String, path: String) {
        #expect(problems { try declaration(json) } == [path])
    }
}
