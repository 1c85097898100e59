import Foundation

/// Reads one element of `sources`.
struct SourceReader {
    private enum Kind: String, CaseIterable { case smb, local }

    /// Keys that mean something for an SMB source only.
    private static let smbKeys = [
        "host", "port", "share", "username", "password", "password_file", "password_env", "domain", "mount_path", "connection_pool_size",
        "encryption", "signing",
    ]

    private var reader: ObjectReader
    private let folder: String

    /// - Parameter folder: what relative paths are relative to.
    init(_ reader: ObjectReader, folder: String) { (self.reader, self.folder) = (reader, folder) }

    /// The source is nil when something essential is missing or wrong, the name when that is it; the problems say what.
    mutating func read() -> (name: String?, source: SourceConfiguration?, problems: [ConfigurationProblem]) {
        let name = readName()
        let isEnabled = reader.boolean("enabled") ?? true
        let kind = reader.choice("type", Kind.self) ?? .smb
        let address = kind == .smb ? readSMBAddress() : readFolder()
        var source = SourceConfiguration(name: name, address: address ?? .folder("/"))
        source.isEnabled = isEnabled
        readCredentials(into: &source)
        readRetries(into: &source)
        readTuning(into: &source)
        readFilter(into: &source)
        source.mountPath = readMountPath()
        source.enumerationMethod = reader.choice("enumeration_method") ?? source.enumerationMethod
        source.encryption = reader.choice("encryption") ?? source.encryption
        source.signing = reader.choice("signing") ?? source.signing
        source.chunkSize = reader.integer("chunk_size", in: 1...100_000) ?? source.chunkSize
        source.defaultIssuer = reader.string("default_issuer")
        source.massDisappearancePercent =
            reader.integer("mass_disappearance_percent", in: 1...100) ?? source.massDisappearancePercent
        source.schedule = readSchedule()
        source.isWatched = reader.boolean("watch") ?? source.isWatched
        if kind == .local { refuseSMBKeys(source) }
        reader.finish()
        return (name, name != nil && address != nil ? source : nil, reader.problems)
    }

    private mutating func readName() -> String? {
        guard let name = reader.string("name") else {
            if !reader.has("name") { reader.report("name", "is missing; every source needs a name of its own") }
            return nil
        }
        if name.contains("/") || name.count > 100 || name.hasPrefix("-") || name != name.trimmingCharacters(in: .whitespaces) {
            reader.report("name", "must have at most 100 characters, no \"/\", no \"-\" in front and no spaces around it")
            return nil
        }
        return name
    }

    private mutating func readSMBAddress() -> SourceAddress? {
        let host = required("host", "is missing; an SMB source needs its server's name or address")
        let share = required("share", "is missing; an SMB source needs the name of a share")
        let port = reader.integer("port", in: 1...65535) ?? SMBAddress.defaultPort
        let path = reader.string("path", mayBeEmpty: true) ?? ""
        guard let host, let share else { return nil }
        // Each part is tried alone, so that the message stands at its key.
        for (key, part) in [("host", (host, "x", "")), ("share", ("x", share, "")), ("path", ("x", "x", path))] {
            do throws(SourceAddressError) {
                _ = try SMBAddress(host: part.0, port: port, share: part.1, path: part.2)
            } catch {
                reader.report(key, error.description)
            }
        }
        guard let address = try? SMBAddress(host: host, port: port, share: share, path: path) else { return nil }  // reported above
        return .smb(address)
    }

    private mutating func readFolder() -> SourceAddress? {
        guard let path = required("path", "is missing; a local source needs the path of its folder") else { return nil }
        if path.contains("://") {
            reader.report("path", "must be the path of a folder; for a share write type \"smb\" with host and share")
            return nil
        }
        return .folder(SourceAddress.absolute(path, workingDirectory: folder))
    }

    private mutating func required(_ key: String, _ message: String) -> String? {
        let string = reader.string(key)
        if string == nil, !reader.has(key) { reader.report(key, message) }
        return string
    }

    private mutating func readMountPath() -> String? {
        guard let path = reader.string("mount_path") else { return nil }
        if !path.hasPrefix("/") {
            reader.report("mount_path", "must be an absolute path")
            return nil
        }
        return SourceAddress.absolute(path, workingDirectory: "/")
    }

    private mutating func readSchedule() -> Schedule? {
        guard let text = reader.string("schedule") else { return nil }
        do throws(ScheduleError) {
            return try Schedule(text)
        } catch {
            reader.report("schedule", error.description)
            return nil
        }
    }

    private mutating func readCredentials(into source: inout SourceConfiguration) {
        source.username = reader.string("username", mayBeEmpty: true) ?? source.username
        source.domain = reader.string("domain")
        let value = reader.string("password", isSecret: true, mayBeEmpty: true)
        let file = reader.string("password_file")
        let variable = reader.string("password_env")
        let given = ["password", "password_file", "password_env"].filter { reader.has($0) }
        if given.count > 1 {
            reader.report(given[1], "must not stand beside \(given[0]); give one of password, password_file and password_env")
        }
        if !given.isEmpty, source.username.isEmpty {
            reader.report(given[0], "needs a username; without one the source is read as a guest")
        }
        if let value {
            source.password = .value(Secret(value))
        } else if let file {
            source.password = .file(SourceAddress.absolute(file, workingDirectory: folder))
        } else if let variable {
            if variable.contains("=") { reader.report("password_env", "must be the name of an environment variable") }
            source.password = .environment(variable)
        }
    }

    private mutating func readRetries(into source: inout SourceConfiguration) {
        source.timeout = reader.seconds("timeout", in: 1...300) ?? source.timeout
        source.retryAttempts = reader.integer("retry_attempts", in: 0...20) ?? source.retryAttempts
        source.retryDelay = reader.seconds("retry_delay", in: 0...300) ?? source.retryDelay
    }

    private mutating func readTuning(into source: inout SourceConfiguration) {
        source.performanceMode = reader.choice("performance_mode") ?? source.performanceMode
        let pool = reader.integer("connection_pool_size", in: WorkerCount.allowed)
        let workers = readWorkers()
        let limit = readBytesPerSecond()
        if let pool, case .fixed(let count)? = workers, count > pool {
            reader.report("max_workers", "must not be greater than connection_pool_size, which is \(pool); found \(count)")
        }
        source.tuning = Tuning(mode: source.performanceMode, connectionPoolSize: pool, workers: workers, bytesPerSecond: limit)
    }

    private mutating func readWorkers() -> WorkerCount? {
        if case .string("auto")? = reader.value("max_workers")?.content { return .automatic }
        return reader.integer("max_workers", in: WorkerCount.allowed, or: " or \"auto\"").map(WorkerCount.fixed)
    }

    /// A limit below one read would let nothing through.
    private static let leastBytesPerSecond = 65_536

    private mutating func readBytesPerSecond() -> Int? {
        guard let limit = reader.integer("bytes_per_second", in: 0...1_000_000_000_000) else { return nil }
        if limit > 0, limit < Self.leastBytesPerSecond {
            reader.report("bytes_per_second", "must be 0 (no limit) or at least \(Self.leastBytesPerSecond), found \(limit)")
            return nil
        }
        return limit
    }

    private mutating func readFilter(into source: inout SourceConfiguration) {
        source.nameFilter.includesAllNames = reader.boolean("all_names") ?? false
        guard let extensions = reader.strings("name_filter") else { return }
        source.nameFilter.includesNamesWithoutExtension = extensions.contains("")
        let named = extensions.filter { !$0.isEmpty }
        if let wrong = named.first(where: { $0.dropFirst($0.hasPrefix(".") ? 1 : 0).contains { "./*?".contains($0) } || $0 == "." }) {
            reader.report("name_filter", "must list extensions such as \".dcm\", and \"\" for names without one; found \"\(wrong)\"")
        }
        if extensions.isEmpty { reader.report("name_filter", "must list at least one extension; every name is taken with all_names") }
        source.nameFilter.extensions = Set(named.map { ($0.hasPrefix(".") ? String($0.dropFirst()) : $0).lowercased() })
    }

    private mutating func refuseSMBKeys(_ source: SourceConfiguration) {
        for key in Self.smbKeys where reader.has(key) {
            reader.report(key, "means nothing for a source of type \"local\"; remove it or write type \"smb\"")
        }
        // Asked for, so that a local source with such a key hears the sentence above and not that the key is unknown.
        for key in Self.smbKeys { _ = reader.value(key) }
        if source.enumerationMethod == .smb { reader.report("enumeration_method", "cannot be \"smb\" for a source of type \"local\"") }
    }
}
