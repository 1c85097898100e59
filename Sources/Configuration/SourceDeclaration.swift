/// A source as it is declared through the API: the keys that it would have in `config.json`, the password apart.
public struct SourceDeclaration: Hashable, Sendable {
    /// What becomes of the stored password.
    public enum PasswordChange: Hashable, Sendable {
        case unchanged, removed
        case set(Secret)
    }

    /// Without its password.
    public let source: SourceConfiguration
    /// What to store: a JSON object without the password.
    public let json: [UInt8]
    public let password: PasswordChange

    /// Keys that would let whoever declares a source read the server's own files and environment.
    private static let refused = ["password_file", "password_env"]

    /// Reads what ``json`` of an earlier declaration gave, or what somebody sends.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong, each with a path such as `$.schedule`.
    public init(json: [UInt8]) throws(ConfigurationError) {
        try self.init(members: Self.members(json), before: nil)
    }

    /// Changes a declaration as a JSON merge patch says: keys that are there replace, null removes.
    ///
    /// - Parameter hasPassword: whether one is stored. It is not sent to another server, nor for another user: then it must be given again.
    /// - Throws: ``ConfigurationError``, as ``init(json:)``.
    ///
    /// Source: RFC 7396.
    public func patched(with patch: [UInt8], hasPassword: Bool) throws(ConfigurationError) -> SourceDeclaration {
        let changes = try Self.members(patch)
        let keys = Set(changes.map(\.key))
        let kept = try Self.members(json).filter { !keys.contains($0.key) }
        return try SourceDeclaration(members: kept + changes, before: hasPassword ? source : nil)
    }

    private init(members: [JSONValue.Member], before: SourceConfiguration?) throws(ConfigurationError) {
        let value = JSONValue(content: .object(members.filter { !Self.refused.contains($0.key) }), offset: 0)
        guard let reader = ObjectReader(value, path: "$", text: []) else {
            throw Self.error([.init(path: "$", message: "must be an object")])
        }
        var sourceReader = SourceReader(reader, folder: "/")
        var (_, source, problems) = sourceReader.read()
        for key in Self.refused where members.contains(where: { $0.key == key }) {
            problems.append(.init(path: "$.\(key)", message: "cannot be used here; give the password itself, which is stored encrypted"))
        }
        let given = members.last { $0.key == "password" }
        if let source, let before, given == nil, !source.isSameAccount(as: before) {
            problems.append(
                .init(path: "$.password", message: "must be given again, since the server or the user is another; null for none"))
        }
        let path = members.last { $0.key == "path" }?.value.content
        if case .folder = source?.address, case .string(let path) = path, !path.hasPrefix("/") {
            problems.append(.init(path: "$.path", message: "must be an absolute path"))
        }
        guard problems.isEmpty, var source else { throw Self.error(problems) }
        switch (given?.value.content, source.password) {
        case (_, .value(let secret)?): password = .set(secret)
        case (nil, _): password = .unchanged
        default: password = .removed
        }
        source.password = nil
        self.source = source
        json = Self.text(members.filter { $0.key != "password" })
    }

    private static func error(_ problems: [ConfigurationProblem]) -> ConfigurationError {
        // There is a text, but its positions are of no use: the paths say enough.
        ConfigurationError(file: "source", problems: problems.map { .init(path: $0.path, message: $0.message) })
    }

    private static func members(_ json: [UInt8]) throws(ConfigurationError) -> [JSONValue.Member] {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONReader.read(json)
        } catch {
            throw Self.error([.init(path: "$", message: error.message)])
        }
        guard case .object(let members) = value.content else { throw Self.error([.init(path: "$", message: "must be an object")]) }
        return members
    }

    // MARK: Writing

    private static func text(_ members: [JSONValue.Member]) -> [UInt8] {
        var output: [UInt8] = []
        append(JSONValue(content: .object(members.filter { !$0.key.hasPrefix("//") && !$0.value.isNull }), offset: 0), to: &output)
        return output
    }

    private static func append(_ value: JSONValue, to output: inout [UInt8]) {
        func list<Element>(_ open: Unicode.Scalar, _ elements: [Element], _ close: Unicode.Scalar, _ each: (Element) -> Void) {
            output.append(UInt8(ascii: open))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                each(element)
            }
            output.append(UInt8(ascii: close))
        }
        switch value.content {
        case .null: output += "null".utf8
        case .boolean(let boolean): output += (boolean ? "true" : "false").utf8
        case .number(let literal): output += literal.utf8
        case .string(let string): append(string, to: &output)
        case .array(let elements): list("[", elements, "]") { append($0, to: &output) }
        case .object(let members):
            list("{", members, "}") { member in
                append(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                append(member.value, to: &output)
            }
        }
    }

    /// Control characters are in no value that was accepted, but may be in a key that is about to be refused.
    private static func append(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in string.utf8 where byte >= 0x20 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { output.append(UInt8(ascii: "\\")) }
            output.append(byte)
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension JSONValue {
    fileprivate var isNull: Bool {
        if case .null = content { true } else { false }
    }
}

extension SourceConfiguration {
    /// Whether a password for one is a password for the other.
    fileprivate func isSameAccount(as other: SourceConfiguration) -> Bool {
        guard case .smb(let one) = address, case .smb(let two) = other.address else { return false }
        return one.host == two.host && one.port == two.port && username == other.username && domain == other.domain
    }
}
