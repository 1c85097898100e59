import Foundation

/// What `config.json` says, checked.
public struct FileroomConfiguration: Hashable, Sendable {
    /// The data folder, absolute; nil when the file names none.
    public var dataFolder: String?
    /// In the order of the file; disabled ones included.
    public var sources: [SourceConfiguration]
    /// How `fileroom serve` serves.
    public var server: ServerConfiguration
    /// What shares are held to.
    public var shares: ShareConfiguration
    /// What deserves attention and yet does not stop anything.
    public var warnings: [ConfigurationProblem]

    /// A configuration that says nothing.
    public init() { (dataFolder, sources, server, shares, warnings) = (nil, [], ServerConfiguration(), ShareConfiguration(), []) }

    /// Larger files are no configuration.
    private static let maximumSize = 4 << 20

    /// Reads and checks a configuration file.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public init(file: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        let isReadableByOthers: Bool
        do {
            (bytes, isReadableByOthers) = try contents(of: file, maximumSize: Self.maximumSize)
        } catch {
            throw ConfigurationError(file: file, problems: [ConfigurationProblem(path: "", message: error.description)])
        }
        let folder = SourceAddress.absolute(file + "/..", workingDirectory: FileManager.default.currentDirectoryPath)
        try self.init(json: bytes, file: file, folder: folder)
        for (index, source) in sources.enumerated() {
            guard isReadableByOthers, case .value? = source.password else { continue }
            warnings.append(
                ConfigurationProblem(
                    path: "sources[\(index)].password",
                    message: "can be read by other users of this machine; run chmod 600 \(file), or use password_file"))
        }
    }

    /// Checks a configuration's text.
    /// - Parameters:
    ///   - file: how errors name it.
    ///   - folder: what relative paths are relative to; absolute.
    public init(json: [UInt8], file: String = "config.json", folder: String) throws(ConfigurationError) {
        self.init()
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONReader.read(json)
        } catch {
            let problem = ConfigurationProblem(path: "", position: .init(offset: error.offset, in: json), message: error.message)
            throw ConfigurationError(file: file, problems: [problem])
        }
        guard var reader = ObjectReader(value, path: "", text: json) else {
            throw ConfigurationError(
                file: file, problems: [ConfigurationProblem(path: "", message: "must be an object, found \(value.found)")])
        }
        dataFolder = reader.string("data").map { SourceAddress.absolute($0, workingDirectory: folder) }
        readSources(&reader, folder: folder)
        if let object = reader.object("server") {
            var serverReader = ServerReader(object, folder: folder)
            let problems: [ConfigurationProblem]
            (server, problems) = serverReader.read()
            reader.adopt(problems)
        }
        if let object = reader.object("shares") {
            var shareReader = ShareReader(object)
            let problems: [ConfigurationProblem]
            (shares, problems) = shareReader.read()
            reader.adopt(problems)
        }
        reader.finish()
        if !reader.problems.isEmpty {
            let places = reader.problems.map { ($0.position?.line ?? 0, $0.position?.column ?? 0) }
            let order = reader.problems.indices.sorted { (places[$0].0, places[$0].1, $0) < (places[$1].0, places[$1].1, $1) }
            throw ConfigurationError(file: file, problems: order.map { reader.problems[$0] })
        }
    }

    private mutating func readSources(_ reader: inout ObjectReader, folder: String) {
        var names: [String: String] = [:]
        var places: [String: String] = [:]
        for element in reader.objects("sources") ?? [] {
            var sourceReader = SourceReader(element, folder: folder)
            let (name, source, problems) = sourceReader.read()
            reader.adopt(problems)
            var element = element
            // Also of a source with other mistakes: all are told at once.
            if let name, let other = names.updateValue(element.path, forKey: name.lowercased()) {
                element.report("name", "must differ from the name of \(other)")
            }
            if let source { sources.append(source) }
            if let source, let other = places.updateValue(element.path, forKey: source.address.canonicalURL) {
                element.report(element.has("path") ? "path" : "share", "is the same place as \(other): \(source.address)")
            }
            reader.adopt(element.problems)
        }
    }

    /// The source that a SOURCE argument means: a configured one by its name or by its place, else the place itself with every default.
    ///
    /// A user named in a URL takes the configured one's place, and the configured password goes with it.
    /// - Throws: ``SourceAddressError`` when the argument is neither a name nor a place.
    public func source(for argument: String, workingDirectory: String) throws(SourceAddressError) -> SourceConfiguration {
        if let source = sources.first(where: { $0.name == argument })
            ?? sources.first(where: { $0.name.lowercased() == argument.lowercased() })
        {
            return source
        }
        let address = try SourceAddress(argument: argument, workingDirectory: workingDirectory)
        guard var source = sources.first(where: { $0.address.canonicalURL == address.canonicalURL }) else {
            return SourceConfiguration(address: address)
        }
        if case .smb(let smb) = address, let username = smb.username,
            username != source.username || smb.domain ?? source.domain != source.domain
        {
            (source.username, source.domain, source.password) = (username, smb.domain ?? source.domain, nil)
        }
        return source
    }

    /// The configured name that a mistyped SOURCE most probably meant.
    public func nearestSourceName(to argument: String) -> String? { nearestName(to: argument, among: sources.map(\.name)) }
}
