import Configuration

// Links for outside recipients.
extension CommandTable {
    static let shares: [CommandDefinition] = [
        create, list,
        one(.show, "share show", "Shows a share, not its link: that is known to nobody any more"),
        one(.revoke, "share revoke", "Ends a link at once, with the downloads that are under way"),
        one(
            .extend, "share extend", "Gives a link another end", options: [expiry("its new end", isRequired: true)],
            example: "--expires 48h", check: { $0.expiry == nil ? "--expires is missing" : nil }),
        one(.unlock, "share unlock", "Opens a link again that too many wrong passwords have locked"),
        one(.log, "share log", "Lists who opened a link and what was downloaded, newest first", options: [most("entries")]),
        CommandDefinition(
            "share statistics", "Counts shares, downloads and bytes", options: [data(), configuration()] + remote() + [json()],
            examples: [Example(line: "fileroom share statistics", explanation: "")], initial: ShareOptions(.statistics),
            command: Command.share),
    ]

    private static let create = CommandDefinition(
        "share create", "Makes a link from which studies or series can be downloaded as one ZIP file",
        details: [
            "UID is a StudyInstanceUID or SeriesInstanceUID, as `fileroom search --json` has them. Whoever has the link can download them, without an"
                + " account; with a password, whoever has both. The link is shown this once.",
            "Where the files of a study contradict each other about the patient, it is shared only with --confirm-conflict.",
        ],
        arguments: .several("UID"),
        options: [
            expiry("24 hours unless configured"),
            OptionDefinition("password-file", "F", "A file whose only line is the recipient's password") {
                (target, value) throws(ValueError) in
                target.passwordFile = try text(value)
            },
            OptionDefinition("ask", "Asks for the recipient's password") { $0.asksForPassword = true },
            OptionDefinition("max-downloads", "N", "Ends after so many downloads; one that is resumed counts once") {
                (target, value) throws(ValueError) in
                target.maxDownloads = try number(value, 1...1_000_000)
            },
            OptionDefinition("note", "TEXT", "What the recipient's page says") { (target, value) throws(ValueError) in
                target.note = try text(value)
            },
            OptionDefinition("policy", "strict|manifest", "When files are missing: refuse, unless given; or give the rest and name them") {
                (target, value) throws(ValueError) in
                target.policy = try choice(value)
            },
            OptionDefinition("language", "en|de", "Of the recipient's page; the browser's unless given") {
                (target, value) throws(ValueError) in
                target.language = try choice(value)
            },
            OptionDefinition("show-patient", "Shows the patient's name on the recipient's page, behind the password") {
                $0.showsPatient = true
            },
            OptionDefinition("confirm-conflict", "Shares although its files name different patients") { $0.confirmsConflict = true },
            OptionDefinition("qr", "Shows the link as a QR code too") { $0.showsQRCode = true },
            data(), configuration(),
        ] + remote() + [json()],
        examples: [
            Example(line: "fileroom share create 1.2.840.99.1 --ask --expires 48h", explanation: "for two days, with a password"),
            Example(line: "fileroom share create 1.2.840.99.1.3 --max-downloads 1 --qr", explanation: "a series, once, for a telephone"),
        ],
        initial: ShareOptions(.create), take: { $0.uids = $1 },
        check: { options in
            if options.uids.isEmpty { return "UID is missing: of a study or a series" }
            if options.uids.count > 200 { return "takes at most 200 UIDs, found \(options.uids.count)" }
            return options.asksForPassword && options.passwordFile != nil ? "--ask and --password-file exclude each other" : nil
        }, command: Command.share)

    private static let list = CommandDefinition(
        "share list", "Lists shares, newest first",
        options: [
            OptionDefinition("state", ShareOptions.State.allCases.map(\.rawValue).joined(separator: "|"), "Only those in this state") {
                (target, value) throws(ValueError) in
                target.state = try choice(value)
            },
            most("shares"), data(), configuration(),
        ] + remote() + [json()],
        examples: [Example(line: "fileroom share list --state active", explanation: "what can be downloaded now")],
        initial: ShareOptions(.list), command: Command.share)

    /// A command about one share.
    private static func one(
        _ action: ShareOptions.Action, _ name: String, _ summary: String, options: [OptionDefinition<ShareOptions>] = [],
        example: String = "",
        check: @escaping @Sendable (ShareOptions) -> String? = { _ in nil }
    ) -> CommandDefinition {
        CommandDefinition(
            name, summary, details: ["ID is a share's, as `fileroom share list` shows it."], arguments: .required("ID"),
            options: options + [data(), configuration()] + remote() + [json()],
            examples: [Example(line: "fileroom \(name) k3v9m2xq7p4t\(example.isEmpty ? "" : " " + example)", explanation: "")],
            initial: ShareOptions(action), take: { $0.id = $1[0] }, check: check, command: Command.share)
    }

    private static func expiry(_ help: String, isRequired: Bool = false) -> OptionDefinition<ShareOptions> {
        OptionDefinition("expires", "90d|12h|DATE", "When it ends: \(help). DATE is YYYY-MM-DD, UTC", isRequired: isRequired) {
            (target, value) throws(ValueError) in
            target.expiry = try expiry(value)
        }
    }

    private static func most(_ what: String) -> OptionDefinition<ShareOptions> {
        OptionDefinition("limit", "N", "At most so many \(what); 100 unless given") { (target, value) throws(ValueError) in
            target.limit = try number(value, 1...100_000)
        }
    }

    private static func number(_ value: String, _ range: ClosedRange<Int>) throws(ValueError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw ValueError("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
