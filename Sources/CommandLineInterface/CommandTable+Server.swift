import Configuration

// The commands of the server, of people, and of what must not be lost.
extension CommandTable {
    static let serverCommands: [CommandDefinition] = [serve] + shares + users + keys + audit + [backup, restore]

    private static let serve = CommandDefinition(
        "serve", "Serves the catalogue over HTTPS: the pages, the API, and jobs on schedule",
        details: [
            "Without a configuration it listens on 127.0.0.1:8443. Where no user is known yet, it prints a link with which the first admin is set up,"
                + " once. Log lines are JSON on standard error.",
            "It listens beyond this machine only with TLS, unless \"allow_plain_http\" in the configuration says otherwise. SIGHUP reads the"
                + " certificate and the configured sources again; SIGTERM and Ctrl-C pause the jobs, finish what is being answered, and end it. The"
                + " next start continues the jobs.",
        ],
        options: [
            data(), configuration(),
            OptionDefinition("listen", "HOST:PORT", "Where; 127.0.0.1:8443 unless configured") { (target, value) throws(ValueError) in
                guard let address = ListenAddress(value) else {
                    throw ValueError("an IP address or localhost, and a port, such as 127.0.0.1:8443 or [::]:443")
                }
                target.listen = address
            },
            OptionDefinition("tls-cert", "FILE", "The certificate with its chain, PEM") { (target, value) throws(ValueError) in
                target.tlsCertificate = try text(value)
            },
            OptionDefinition("tls-key", "FILE", "The certificate's key, PEM") { (target, value) throws(ValueError) in
                target.tlsKey = try text(value)
            },
            OptionDefinition("self-signed", "Makes a certificate, for a try-out") { $0.isSelfSigned = true },
        ],
        examples: [
            Example(line: "fileroom serve --self-signed", explanation: "a try-out on this machine"),
            Example(
                line: "fileroom serve --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem", explanation: "for a department"),
        ],
        initial: ServeOptions(),
        check: { options in
            if (options.tlsCertificate == nil) != (options.tlsKey == nil) { return "--tls-cert and --tls-key go together" }
            if options.isSelfSigned, options.tlsCertificate != nil { return "--self-signed and --tls-cert exclude each other" }
            return nil
        }, command: Command.serve)

    // MARK: user

    private static let users: [CommandDefinition] = [
        user(
            .add, "user add", "Adds a user",
            details: ["The password is asked for, unless --password-file gives it. It takes at least 12 characters."], needsName: true,
            options: [role("What the user may do"), userPasswordFile()],
            example: "fileroom user add anna --role clinician", check: needsRole),
        user(.list, "user list", "Lists the users", example: "fileroom user list"),
        user(
            .changePassword, "user passwd", "Sets a user's password and ends the user's sessions", needsName: true,
            options: [userPasswordFile()], example: "fileroom user passwd anna"),
        user(
            .disable, "user disable", "Keeps a user from signing in, and ends the user's sessions", needsName: true,
            example: "fileroom user disable anna"),
        user(.enable, "user enable", "Lets a disabled user sign in again", needsName: true, example: "fileroom user enable anna"),
        user(
            .changeRole, "user role", "Changes what a user may do", needsName: true, options: [role("What the user may do from now on")],
            example: "fileroom user role anna --role admin", check: needsRole),
    ]

    private static let needsRole: @Sendable (UserOptions) -> String? = { $0.role == nil ? "--role is missing: \(roles)" : nil }

    private static func user(
        _ action: UserOptions.Action, _ name: String, _ summary: String, details: [String] = [], needsName: Bool = false,
        options: [OptionDefinition<UserOptions>] = [], example: String, check: @escaping @Sendable (UserOptions) -> String? = { _ in nil }
    ) -> CommandDefinition {
        CommandDefinition(
            name, summary, details: details, arguments: needsName ? .required("NAME") : .none,
            options: options + [data(), configuration()] + remote() + [json()], examples: [Example(line: example, explanation: "")],
            initial: UserOptions(action), take: { $0.name = $1.first ?? "" }, check: check, command: Command.user)
    }

    private static func userPasswordFile() -> OptionDefinition<UserOptions> {
        OptionDefinition("password-file", "F", "A file whose only line is the password") { (target, value) throws(ValueError) in
            target.passwordFile = try text(value)
        }
    }

    private static func role(_ help: String) -> OptionDefinition<UserOptions> {
        OptionDefinition("role", roles, help, isRequired: true) { (target, value) throws(ValueError) in target.role = try choice(value) }
    }

    private static let roles = RoleName.allCases.map(\.rawValue).joined(separator: "|")

    // MARK: key

    private static let keys: [CommandDefinition] = [
        CommandDefinition(
            "key create", "Makes an API key for a program, and shows it this once",
            details: ["The key goes into the header Authorization: Bearer KEY, or for this program into \(RemoteOptions.keyVariable)."],
            arguments: .optional("NAME"),
            options: [
                OptionDefinition("role", roles, "What the key may do", isRequired: true) { (target, value) throws(ValueError) in
                    target.role = try choice(value)
                },
                OptionDefinition("expires", "90d|12h|DATE", "When it ends; never unless given. DATE is YYYY-MM-DD, UTC") {
                    (target, value) throws(ValueError) in
                    target.expiry = try expiry(value)
                },
                data(), configuration(),
            ] + remote() + [json()],
            examples: [Example(line: "fileroom key create pacs --role uploader --expires 365d", explanation: "a key for a year")],
            initial: KeyOptions(.create), take: { $0.name = $1.first },
            check: { $0.role == nil ? "--role is missing: \(roles)" : nil }, command: Command.key),
        CommandDefinition(
            "key list", "Lists the API keys, not what they are", options: [data(), configuration()] + remote() + [json()],
            examples: [Example(line: "fileroom key list", explanation: "")], initial: KeyOptions(.list), command: Command.key),
        CommandDefinition(
            "key revoke", "Ends an API key at once", details: ["ID is a key's number, as `fileroom key list` shows it."],
            arguments: .required("ID"), options: [data(), configuration()] + remote() + [json()],
            examples: [Example(line: "fileroom key revoke 3", explanation: "")], initial: KeyOptions(.revoke),
            take: { $0.id = Int64($1[0]) ?? 0 }, check: { $0.id > 0 ? nil : "ID must be a number as `fileroom key list` shows it" },
            command: Command.key),
    ]

    /// `90d`, `12h`, or a date that exists.
    static func expiry(_ value: String) throws(ValueError) -> KeyOptions.Expiry {
        let allowed = "a number of days or hours such as 90d or 12h, or a date that exists, as YYYY-MM-DD"
        if let unit = value.last, unit == "d" || unit == "h" {
            guard let count = Int(value.dropLast()), (1...36_500).contains(count) else { throw ValueError(allowed) }
            return .after(hours: unit == "d" ? count * 24 : count)
        }
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2] else { throw ValueError(allowed) }
        do throws(ValueError) {
            _ = try date(parts.joined())
        } catch {
            throw ValueError(allowed)
        }
        return .on(value)
    }

    // MARK: audit

    private static let audit: [CommandDefinition] = [
        CommandDefinition(
            "audit verify", "Checks that no line of the audit trail was changed or removed",
            options: [data(), configuration()] + remote() + [json()],
            examples: [Example(line: "fileroom audit verify", explanation: "ends with 1 when the trail is broken")],
            initial: AuditOptions(), command: Command.auditVerify),
        CommandDefinition(
            "audit export", "Writes the audit trail, one JSON object a line, with the hashes that chain them",
            options: [
                OptionDefinition("output", "FILE", "Where to; standard output unless given") { (target, value) throws(ValueError) in
                    target.output = try text(value)
                },
                data(), configuration(),
            ] + remote(),
            examples: [Example(line: "fileroom audit export --output audit.jsonl", explanation: "")],
            initial: AuditOptions(), command: Command.auditExport),
    ]

    // MARK: backup

    private static let backup = CommandDefinition(
        "backup", "Copies the databases and keys into a folder, also while a server runs",
        details: [
            "DEST is a folder that is made, or is empty. It then holds users, audit trail, sources with sealed passwords and the key that opens"
                + " them: keep it as safe as the data folder."
        ],
        arguments: .required("DEST"), options: [data(), configuration(), json()],
        examples: [Example(line: "fileroom backup /backup/fileroom-2026-01-31", explanation: "")], initial: BackupOptions(),
        take: { $0.folder = $1[0] }, command: Command.backup)

    private static let restore = CommandDefinition(
        "restore", "Puts a backup in the data folder's place, when no server runs",
        details: [
            "The backup is checked first. What the data folder held is kept beside it, in a folder whose name ends with the time. SOURCE is a folder that"
                + " `fileroom backup` wrote."
        ],
        arguments: .required("SOURCE"), options: [data(), configuration(), json()],
        examples: [Example(line: "fileroom restore /backup/fileroom-2026-01-31", explanation: "")], initial: BackupOptions(),
        take: { $0.folder = $1[0] }, command: Command.restore)
}
