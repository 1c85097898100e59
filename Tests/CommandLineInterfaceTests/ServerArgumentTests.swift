import Configuration
import Testing

@testable import CommandLineInterface

/// What a refused command line says, after the command's name.
private func refusal(_ line: String) -> String? {
    do throws(UsageError) {
        _ = try command(line)
        return nil
    } catch {
        return error.message
    }
}

@Suite struct `The command line of the server` {
    @Test func `reads every option of serve`() throws {
        var options = ServeOptions()
        #expect(try command("serve") == .serve(options))
        (options.general.data, options.general.configurationFile) = ("/d", "c.json")
        options.listen = ListenAddress(host: "0.0.0.0", port: 443)
        (options.tlsCertificate, options.tlsKey) = ("c.pem", "k.pem")
        #expect(try command("serve --data /d --config c.json --listen 0.0.0.0:443 --tls-cert c.pem --tls-key k.pem") == .serve(options))
        (options.tlsCertificate, options.tlsKey, options.isSelfSigned) = (nil, nil, true)
        #expect(try command("serve --data /d --config c.json --listen 0.0.0.0:443 --self-signed") == .serve(options))
    }

    @Test func `reads what is to be done with users`() throws {
        var options = UserOptions(.add)
        (options.name, options.role, options.passwordFile) = ("anna", .clinician, "p")
        #expect(try command("user add anna --role clinician --password-file p") == .user(options))
        #expect(try command("user list") == .user(UserOptions(.list)))
        for (word, action) in [("disable", UserOptions.Action.disable), ("enable", .enable), ("passwd", .changePassword)] {
            var options = UserOptions(action)
            options.name = "anna"
            #expect(try command("user \(word) anna") == .user(options))
        }
        var role = UserOptions(.changeRole)
        (role.name, role.role) = ("anna", .admin)
        #expect(try command("user role anna --role admin") == .user(role))
    }

    @Test(arguments: [("12h", KeyOptions.Expiry.after(hours: 12)), ("90d", .after(hours: 2_160)), ("2027-02-28", .on("2027-02-28"))])
    func `reads what is to be done with keys`(text: String, expiry: KeyOptions.Expiry) throws {
        var options = KeyOptions(.create)
        (options.name, options.role, options.expiry) = ("pacs", .uploader, expiry)
        #expect(try command("key create pacs --role uploader --expires \(text)") == .key(options))
        var revoke = KeyOptions(.revoke)
        revoke.id = 7
        #expect(try command("key revoke 7") == .key(revoke))
        #expect(try command("key list") == .key(KeyOptions(.list)))
    }

    @Test func `reads backup, restore and audit`() throws {
        var options = BackupOptions()
        options.folder = "/b"
        #expect(try command("backup /b") == .backup(options))
        #expect(try command("restore /b") == .restore(options))
        var export = AuditOptions()
        export.output = "a.jsonl"
        #expect(try command("audit export --output a.jsonl") == .auditExport(export))
        #expect(try command("audit verify") == .auditVerify(AuditOptions()))
    }

    @Test(arguments: [
        "index nas", "status", "pause", "resume", "cancel", "errors", "search x", "export", "confirm", "source test nas",
        "source suggest nas",
        "source metrics nas", "user list", "key list", "audit verify", "audit export",
    ])
    func `points commands at a server`(line: String) throws {
        #expect(try command("\(line) --server https://f:8443 --server-ca ca.pem --key-file k") != command(line))
    }

    @Test(arguments: [
        ("serve --tls-cert c.pem", "--tls-cert and --tls-key go together"),
        ("serve --tls-cert c --tls-key k --self-signed", "--self-signed and --tls-cert exclude each other"),
        ("user add anna", "--role is missing: admin|clinician|uploader"),
        ("user add", "NAME is missing"),
        ("user add anna --role admn", #"--role must be one of admin, clinician, uploader (did you mean admin?), found "admn""#),
        (
            "user add anna --role admin --password geheim",
            "a password is not taken from the arguments, where others can see it; use --password-file"
        ),
        ("key create", "--role is missing: admin|clinician|uploader"),
        ("key revoke pacs", "ID must be a number as `fileroom key list` shows it"),
        ("backup", "DEST is missing"),
        ("backup /b --server https://f", "unknown option --server; allowed are --data, --config, --json, --help"),
    ])
    func `says what is wrong`(line: String, expected: String) { #expect(refusal(line) == expected) }

    @Test(arguments: ["0d", "d", "90", "90w", "2027-02-29", "2027-2-1", "20270201", "-1d"])
    func `refuses an expiry that is none`(text: String) { #expect(refusal("key create --role admin --expires=\(text)") != nil) }

    @Test(arguments: ["8443", "localhost", "host.example:1", "127.0.0.1:65536", "127.0.0.1:x"])
    func `refuses an address to listen on that is none`(text: String) { #expect(refusal("serve --listen \(text)") != nil) }
}
