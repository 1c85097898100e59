internal import Configuration

/// The shapes of jobs, sources and what is said about them.
enum IndexSchemas {
    private static let text = Schema.nullable(.string())
    private static let time = Schema.nullable(.string(format: "date-time"))
    private static let number = Schema.nullable(.number)
    private static let truth = Schema.nullable(.boolean)

    private static func counts(_ names: [String]) -> [Schema.Member] { names.map { .init($0, .integer()) } }

    static let jobStates = ["running", "paused", "completed", "failed", "cancelled"]
    private static let errorTypes = ["network", "authentication", "file system", "DICOM", "system"]

    private static let jobMembers: [Schema.Member] =
        [
            .init("id", .integer()), .init("source", .string(), "The source's name."), .init("url", .string(), "Its place."),
            .init("state", .string(allowed: jobStates)),
            .init("stage", .string(allowed: ["starting", "listing", "reading", "settling", "search index", "paused", "ended"])),
            .init("method", .string(), "How files are read: `smb` or `local`."), .init("method_reason", .string(), "Why so."),
            .init("message", .string(), "Why it failed, paused or holds files."), .init("error_type", text),
            .init("error_code", text), .init("retry_at", time, "When the server tries it again, since its share could not be reached."),
        ]
        + counts([
            "enumerated_files", "files_processed", "files_opened", "dicom_files", "not_dicom", "errors", "bytes_read", "folders_listed",
            "folders_left",
        ])
        + [
            .init("files_per_second", .number), .init("concurrency", .integer()), .init("elapsed_seconds", .number),
            .init("estimated_completion", time), .init("started_at", .string(format: "date-time")),
            .init("held_missing", .nullable(.integer()), "Files that were not found and are held until somebody confirms."),
            .init("last_errors", .array(of: .reference("ErrorReport"))),
        ]

    private static let errorMembers: [Schema.Member] = [
        .init("time", .string(format: "date-time")), .init("error_type", .string(allowed: errorTypes)), .init("error_code", .string()),
        .init("message", .string()), .init("suggestion", .string()), .init("path", .string()), .init("retry_count", .integer()),
    ]

    private static let status: [Schema.Member] =
        [.init("running", .boolean), .init("pid", .integer()), .init("last_updated", .string(format: "date-time"))]
        + counts([
            "enumerated_files", "files_processed", "files_opened", "dicom_files", "not_dicom", "series_count", "study_count",
            "patient_count", "errors", "bytes_read",
        ])
        + [
            .init("files_per_second", .number), .init("estimated_completion", time), .init("jobs", .array(of: .reference("IndexJob"))),
        ]

    static let jobsComponents: [String: Schema] = [
        "IndexStatus": .object(status),
        "IndexJob": .object(jobMembers),
        "StoredJob": .object(jobMembers + [.init("ended_at", time, "When it ended for good.")]),
        "ErrorReport": .object(errorMembers),
        "StoredError": .object(errorMembers + [.init("id", .integer()), .init("job", .integer())]),
        "ErrorClass": .object([
            .init("error_type", .string()), .init("error_code", .string()), .init("count", .integer()), .init("suggestion", .string()),
            .init("example_path", .string()),
        ]),
        "Jobs": .object([.init("jobs", .array(of: .integer()), "The jobs that were asked.")]),
        "JobChoice": .object([.init("job", .integer(1...Int.max), "The job that is meant; all unless given.", isOptional: true)]),
        "IndexOrder": .object([
            .init("source", .string(lengths: 1...4_096), "A declared source's name; or any `smb://` URL or absolute folder."),
            .init("full", .boolean, "Read unchanged files again as well.", isOptional: true),
            .init("workers", workers, "The most connections.", isOptional: true),
            .init("method", methods, "How files are read.", isOptional: true),
            .init("all_names", .boolean, "Look into every file, whatever its name.", isOptional: true),
            .init("name", .string(lengths: 1...100), "A name for a source that is not declared.", isOptional: true),
            .init("username", .string(lengths: 0...256), "Another user than the declared one.", isOptional: true),
            .init("password", .string(lengths: 0...1_024), "That user's password; never kept.", isOptional: true),
        ]),
    ]

    static var components: [String: Schema] { jobsComponents.merging(sourceComponents) { $1 } }

    // MARK: Sources

    static let workers = Schema.either([.integer(WorkerCount.allowed), .string(allowed: ["auto"])])
    static let methods = Schema.string(allowed: EnumerationMethod.allCases.map(\.rawValue))
    private static let protections = Schema.string(allowed: Protection.allCases.map(\.rawValue))
    private static let modes = Schema.string(allowed: PerformanceMode.allCases.map(\.rawValue))

    private static let sourceComponents: [String: Schema] = [
        "Source": .object(sourceMembers),
        "SourceDeclaration": .object(declarationMembers(isPatch: false)),
        "SourceChange": .object(declarationMembers(isPatch: true)),
        "SourceTest": .either([.reference("FolderTest"), .reference("ShareTest")]),
        "FolderTest": .object([
            .init("path", .string()), .init("sampled_files", .integer()), .init("headers_per_second", .number),
        ]),
        "ShareTest": .object(shareTestMembers),
        "Suggestion": .object([.init("code", .string(), "For programs, such as `more_workers`."), .init("text", .string())]),
        "SourceMetrics": .object(metricsMembers),
    ]

    private static let sourceMembers: [Schema.Member] = [
        .init("id", .string()), .init("name", .string()),
        .init("origin", .string(allowed: ["config", "ledger", "catalogue"]), "Where it is declared; `catalogue`: nowhere."),
        .init("is_enabled", .boolean), .init("type", .string(allowed: ["smb", "local"])), .init("url", .string()), .init("host", text),
        .init("port", .nullable(.integer())), .init("share", text), .init("path", .string()), .init("username", text),
        .init("domain", text),
        .init("has_password", .boolean), .init("mount_path", text), .init("performance_mode", modes), .init("max_workers", workers),
        .init("enumeration_method", methods), .init("encryption", protections), .init("signing", protections),
        .init("default_issuer", text), .init("schedule", text, "Five fields, as cron has them, in the server's local time."),
        .init("watch", .boolean), .init("next_run_at", time), .init("last_job", .nullable(.reference("StoredJob"))),
        .init("series_count", .integer()), .init("file_count", .integer()),
        .init(
            "declaration", .nullable(.reference("SourceDeclaration")),
            "What was declared through the API, without the password; what is not there is at its default."),
    ]

    /// What is known of config.json's keys here: which there are, and their types. What they may be is for the configuration to say.
    private static func declarationMembers(isPatch: Bool) -> [Schema.Member] {
        func member(_ name: String, _ schema: Schema, isOptional: Bool = true) -> Schema.Member {
            .init(name, isPatch ? .nullable(schema) : schema, isOptional: isPatch || isOptional)
        }
        let texts = [
            "host", "share", "path", "username", "password", "domain", "mount_path", "default_issuer", "schedule",
        ].map { member($0, .string(lengths: 0...4_096)) }
        return [
            member("name", .string(lengths: 1...100), isOptional: false), member("enabled", .boolean),
            member("type", .string(allowed: ["smb", "local"])), member("port", .integer(1...65_535)),
            member("enumeration_method", methods), member("performance_mode", modes), member("max_workers", workers),
            member("connection_pool_size", .integer(WorkerCount.allowed)), member("bytes_per_second", .integer(0...1_000_000_000_000)),
            member("chunk_size", .integer(1...100_000)), member("timeout", .number), member("retry_attempts", .integer(0...20)),
            member("retry_delay", .number), member("name_filter", .array(of: .string())), member("all_names", .boolean),
            member("mass_disappearance_percent", .integer(1...100)), member("encryption", protections), member("signing", protections),
            member("watch", .boolean),
        ] + texts
    }

    private static let shareTestMembers: [Schema.Member] =
        ["is_reachable", "are_credentials_accepted", "is_share_found", "is_path_readable", "is_encrypted", "can_encrypt"]
        .map { .init($0, truth, isOptional: true) }
        + ["error_type", "error_code", "message", "suggestion", "dialect"].map { .init($0, text, isOptional: true) }
        + ["round_trip_milliseconds", "entries_per_second", "headers_per_second", "bytes_per_second"]
        .map { .init($0, number, isOptional: true) } + counts(["sampled_files", "sampled_not_dicom", "workers"])

    private static let metricsMembers: [Schema.Member] =
        counts([
            "connections", "busy", "queued", "workers", "folders", "entries", "headers", "reads", "bytes", "errors", "retries", "started",
            "lost", "logins",
        ])
        + [.init("is_encrypted", truth, isOptional: true), .init("is_signed", truth, isOptional: true)]
        + [.init("round_trip_microseconds", .number), .init("requests_per_second", .number)]
}
