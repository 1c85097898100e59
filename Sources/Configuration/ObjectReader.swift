/// Reads one JSON object's keys into values, collecting what is wrong instead of stopping at it.
///
/// Every key that is asked for is thereby known; ``finish()`` reports the ones that nobody asked for. `null` means absent.
struct ObjectReader {
    let path: String
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var knownKeys: [String] = []
    private let text: [UInt8]
    private let members: [JSONValue.Member]
    private let offset: Int

    /// - Parameter text: what the value was read from, for the positions of problems.
    init?(_ value: JSONValue, path: String, text: [UInt8]) {
        guard case .object(let members) = value.content else { return nil }
        (self.path, self.text, self.members, self.offset) = (path, text, members, value.offset)
    }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Reports a problem with a key, at its value or, when it is absent, at the object.
    mutating func report(_ key: String, _ message: String) {
        let place = members.last { $0.key == key }?.value.offset ?? offset
        problems.append(problem(path(of: key), at: place, message))
    }

    mutating func adopt(_ others: [ConfigurationProblem]) { problems.append(contentsOf: others) }

    private func problem(_ path: String, at offset: Int, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(path: path, position: .init(offset: offset, in: text), message: message)
    }

    /// Reports unknown and repeated keys. Call it last.
    mutating func finish() {
        var seen: Set<String> = []
        for member in members where !member.key.hasPrefix("//") {
            if !seen.insert(member.key).inserted {
                problems.append(problem(path(of: member.key), at: member.keyOffset, "is given twice"))
            }
            if knownKeys.contains(member.key) { continue }
            let nearest = nearestName(to: member.key, among: knownKeys)
            let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "allowed are \(knownKeys.sorted().joined(separator: ", "))"
            problems.append(problem(path(of: member.key), at: member.keyOffset, "is not a known key; \(hint)"))
        }
    }

    /// The value of a key; nil when absent or null.
    mutating func value(_ key: String) -> JSONValue? {
        if !knownKeys.contains(key) { knownKeys.append(key) }
        guard let value = members.last(where: { $0.key == key })?.value else { return nil }
        if case .null = value.content { return nil }
        return value
    }

    func has(_ key: String) -> Bool {
        members.contains { member in
            if case .null = member.value.content { return false }
            return member.key == key
        }
    }

    mutating func boolean(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        if case .boolean(let boolean) = value.content { return boolean }
        report(key, "must be true or false, found \(value.found)")
        return nil
    }

    /// A text without control characters.
    /// - Parameter isSecret: whether the message must not repeat what was found.
    mutating func string(_ key: String, isSecret: Bool = false, mayBeEmpty: Bool = false) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let string) = value.content else {
            report(key, "must be a text in double quotes\(isSecret ? "" : ", found \(value.found)")")
            return nil
        }
        if string.isEmpty, !mayBeEmpty {
            report(key, "must not be empty")
            return nil
        }
        if string.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            report(key, "must not contain control characters")
            return nil
        }
        return string
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, or alternative: String = "") -> Int? {
        guard let value = value(key) else { return nil }
        if case .number(let literal) = value.content, let number = Double(literal), let whole = Int(exactly: number), range.contains(whole)
        {
            return whole
        }
        report(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)\(alternative), found \(value.found)")
        return nil
    }

    mutating func seconds(_ key: String, in range: ClosedRange<Double>) -> Duration? {
        guard let value = value(key) else { return nil }
        if case .number(let literal) = value.content, let number = Double(literal), range.contains(number) { return .seconds(number) }
        report(key, "must be a number of seconds from \(brief(range.lowerBound)) to \(brief(range.upperBound)), found \(value.found)")
        return nil
    }

    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(_ key: String, _ type: Choice.Type = Choice.self) -> Choice? {
        guard let value = value(key) else { return nil }
        if case .string(let string) = value.content, let choice = Choice(rawValue: string) { return choice }
        let allowed = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        var hint = ""
        if case .string(let string) = value.content, let nearest = nearestName(to: string, among: Choice.allCases.map(\.rawValue)) {
            hint = "; did you mean \"\(nearest)\"?"
        }
        report(key, "must be one of \(allowed), found \(value.found)\(hint)")
        return nil
    }

    mutating func strings(_ key: String) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .array(let elements) = value.content else {
            report(key, "must be a list of texts, found \(value.found)")
            return nil
        }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            if case .string(let string) = element.content {
                strings.append(string)
            } else {
                problems.append(
                    problem("\(path(of: key))[\(index)]", at: element.offset, "must be a text in double quotes, found \(element.found)"))
            }
        }
        return strings
    }

    /// An object, ready to be read; its problems are to be adopted.
    mutating func object(_ key: String) -> ObjectReader? {
        guard let value = value(key) else { return nil }
        if let reader = ObjectReader(value, path: path(of: key), text: text) { return reader }
        report(key, "must be an object, found \(value.found)")
        return nil
    }

    /// The elements of a list of objects, each ready to be read.
    mutating func objects(_ key: String) -> [ObjectReader]? {
        guard let value = value(key) else { return nil }
        guard case .array(let elements) = value.content else {
            report(key, "must be a list of objects, found \(value.found)")
            return nil
        }
        var readers: [ObjectReader] = []
        for (index, element) in elements.enumerated() {
            let elementPath = "\(path(of: key))[\(index)]"
            if let reader = ObjectReader(element, path: elementPath, text: text) {
                readers.append(reader)
            } else {
                problems.append(problem(elementPath, at: element.offset, "must be an object, found \(element.found)"))
            }
        }
        return readers
    }
}

private func brief(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? String(number) }
