internal import Ledger

/// The JSON of shares.
enum ShareSchemas {
    static let state = Schema.string(allowed: Share.State.allCases.map(\.rawValue))
    static let level = Schema.string(allowed: Share.Item.Level.allCases.map(\.rawValue))
    static let policy = Schema.string(allowed: Share.Policy.allCases.map(\.rawValue))
    static let language = Schema.string(allowed: Share.Language.allCases.map(\.rawValue))
    static let uid = Schema.string(pattern: "^[0-9.]{1,64}$")
    static let mostItems = 200
    static let longestNote = 2_000

    private static let time = PeopleSchemas.time

    /// What both a new share and a change of one may say.
    private static let terms: [Schema.Member] = [
        .init("expires_in_seconds", .integer(1...100_000_000), "When it ends, from now; not beside `expires_at`.", isOptional: true),
        .init("expires_at", time, "When it ends; the usual time when neither is given.", isOptional: true),
        .init("max_downloads", .nullable(.integer(1...1_000_000)), "How many downloads may begin; null for any number.", isOptional: true),
        .init("note", .string(lengths: 0...longestNote), "What the recipient's page says.", isOptional: true),
        .init(
            "password", .nullable(.string(lengths: 8...256)), "What the recipient must know besides the link; null for nothing.",
            isOptional: true),
        .init("language", .nullable(language), "Of the recipient's page; null for the browser's.", isOptional: true),
        .init("policy", policy, "When files are missing: `strict` refuses, `manifest` gives the rest and names them.", isOptional: true),
        .init("shows_patient", .boolean, "Whether the page names the patient, behind the password if there is one.", isOptional: true),
    ]

    static let newShare = Schema.object(
        [
            .init("items", .array(of: .reference("ShareItem"), count: 1...mostItems), "What is shared."),
            .init(
                "confirm_conflict", .boolean,
                "Whether it is shared although its files name different patients: see `Conflicts` of a study.",
                isOptional: true),
        ] + terms)

    static let change = Schema.object(
        terms + [.init("locked", .boolean, "Only `false`: takes passwords again and forgets the wrong ones.", isOptional: true)])

    static let components: [String: Schema] = [
        "ShareItem": .object([
            .init("type", level, "Looked up in the catalogue when it is left out.", isOptional: true), .init("uid", uid, "Its UID."),
        ]),
        "Share": .object(share),
        "NewShare": .object([
            .init("share", .reference("Share")),
            .init("link", .string(), "To be given to the recipient; told this once, and kept nowhere."),
            .init("qr", .reference("QRCode"), "The link."),
        ]),
        "QRCode": .object([
            .init("size", .integer(), "Modules on each side; four light ones belong around them."),
            .init("rows", .array(of: .string(pattern: "^[01]+$")), "0 is light, 1 dark."),
        ]),
        "ShareAccess": .object([
            .init("id", .integer()), .init("accessed_at", time), .init("ended_at", .nullable(time), "Null while a download runs."),
            .init("ip_address", .string()), .init("user_agent", .string()),
            .init(
                "action", .string(allowed: ShareAccess.Action.allCases.map(\.rawValue)),
                "`view`: the page was opened; `unlock`: a password was tried; `download`: a download or a part of one."),
            .init("success", .nullable(.boolean), "Null while a download runs."),
            .init("code", .string(), "`ok`, or what went wrong; empty while a download runs."),
            .init("bytes", .integer(), "That were sent."),
            .init("range", .nullable(.string()), "The first and the last byte that were asked for, as `0-1023`; null for the whole."),
        ]),
        "ShareStatistics": .object([
            .init("shares", .object(Share.State.allCases.map { .init($0.rawValue, .integer()) }), "How many are in each state."),
            .init("downloads", .integer()), .init("bytes", .integer()), .init("failed_passwords", .integer()),
            .init("access_count", .integer()),
        ]),
        "ShareSettings": .object([
            .init("default_expiry_seconds", .integer()), .init("max_expiry_seconds", .integer()), .init("is_password_required", .boolean),
            .init("shows_patient", .boolean, "Unless a share says otherwise."),
            .init("resume_seconds", .integer(), "How long a download that has begun may be resumed after the share's end."),
        ]),
    ]

    private static let share: [Schema.Member] = [
        .init("id", .string(), "Names the share; tells nothing of its link."),
        .init("kind", .string(allowed: Share.Kind.allCases.map(\.rawValue))),
        .init("items", .array(of: .object([.init("type", level), .init("uid", .string())]))),
        .init(
            "summary",
            .object([
                .init("studies", .integer()), .init("series", .integer()), .init("instances", .integer()), .init("bytes", .integer()),
                .init("modalities", .array(of: .string())),
            ]), "As it was when it was shared."),
        .init("created_by", .string()), .init("created_at", time), .init("expires_at", time), .init("state", state, stateMeaning),
        .init("has_password", .boolean), .init("max_downloads", .nullable(.integer())),
        .init("downloads", .integer(), "That have begun; one that is resumed counts once."),
        .init("active_downloads", .integer(), "That run now."), .init("bytes_sent", .integer()), .init("access_count", .integer()),
        .init("last_accessed", .nullable(time)), .init("revoked_at", .nullable(time)), .init("revoked_by", .nullable(.string())),
        .init("note", .string()), .init("language", .nullable(language)), .init("policy", policy), .init("shows_patient", .boolean),
        .init("failed_passwords", .integer(), "Since it was made or unlocked."), .init("locked_at", .nullable(time)),
        .init("is_conflict_confirmed", .boolean),
    ]

    private static let stateMeaning = """
        Why no download can begin, if so: `creator_gone` when its creator may not share any more, `used_up` after as many downloads as allowed; \
        `locked`: no password is taken, whoever gave it before may go on.
        """
}
