/// One thing in a configuration that is wrong, or that deserves a warning.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// A place in a text, counted from 1; columns count characters.
    public struct TextPosition: Hashable, Sendable, CustomStringConvertible {
        public var line: Int
        public var column: Int
        public var description: String { "\(line):\(column)" }

        package init(offset: Int, in bytes: [UInt8]) {
            let before = bytes.prefix(offset)
            let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            line = 1 + before.count { $0 == 0x0A }
            column = 1 + String(decoding: before[lineStart...], as: UTF8.self).count
        }
    }

    /// The JSON path, such as `sources[0].retry_attempts`; empty for the file as a whole.
    public var path: String
    public var position: TextPosition?
    /// What is wrong and what is allowed; never a password.
    public var message: String

    public init(path: String, position: TextPosition? = nil, message: String) {
        (self.path, self.position, self.message) = (path, position, message)
    }

    /// `12:5: sources[0].port: must be …`
    public var description: String {
        [position?.description, path.isEmpty ? nil : path, message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration, at once.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named, such as `config.json`.
    public var file: String
    /// At least one, in the order of the text.
    public var problems: [ConfigurationProblem]

    public init(file: String, problems: [ConfigurationProblem]) { (self.file, self.problems) = (file, problems) }

    /// One line for each problem: `config.json:12:5: sources[0].port: must be …`.
    public var description: String {
        problems.map { "\(file):\($0.position == nil ? " " : "")\($0)" }.joined(separator: "\n")
    }
}
