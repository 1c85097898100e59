internal import Configuration
internal import HTTPServer

/// Checking a value against its schema, so that what is documented is what is taken.
extension Schema {
    typealias FieldError = Problem.FieldError

    /// Everything that is wrong with a value, each with its JSON path.
    func problems(with value: JSONValue, path: String) -> [FieldError] {
        func wrong(_ expected: String) -> [FieldError] { [FieldError(path: path, message: "must be \(expected)")] }
        switch (self, value.content) {
        case (.reference(let name), _):
            guard let schema = OpenAPI.components[name] else { preconditionFailure("no component is named \(name)") }
            return schema.problems(with: value, path: path)
        case (.nullable, .null): return []
        case (.nullable(let schema), _): return schema.problems(with: value, path: path)
        case (.either(let schemas), _):
            return schemas.contains { $0.problems(with: value, path: path).isEmpty } ? [] : wrong(expectation)
        case (.string, .string(let text)): return problems(withText: text, path: path)
        case (.integer(let range), .number(let literal)): return Self.isWhole(literal, in: range) ? [] : wrong(expectation)
        case (.number, .number(let literal)): return Double(literal)?.isFinite == true ? [] : wrong(expectation)
        case (.boolean, .boolean): return []
        case (.array(let element, let count), .array(let values)):
            guard count?.contains(values.count) ?? true else { return wrong(expectation) }
            return values.enumerated().flatMap { element.problems(with: $1, path: "\(path)[\($0)]") }
        case (.map(let element), .object(let members)):
            return Self.repeated(members, path: path) + members.flatMap { element.problems(with: $0.value, path: "\(path).\($0.key)") }
        case (.object(let known), .object(let members)): return Self.problems(with: members, known: known, path: path)
        default: return wrong(expectation)
        }
    }

    /// Everything that is wrong with a text, as a query's parameter is one.
    func problems(withText text: String, path: String) -> [FieldError] {
        let isRight =
            switch self {
            case .string(let format, let allowed, let pattern, let lengths, _):
                (allowed?.contains(text) ?? true) && (lengths?.contains(text.unicodeScalars.count) ?? true)
                    && Self.matches(text, pattern: pattern) && Self.matches(text, format: format)
            case .integer(let range): Self.isWhole(text, in: range)
            case .boolean: text == "true" || text == "false"
            case .number: Double(text)?.isFinite == true
            default: true
            }
        return isRight ? [] : [FieldError(path: path, message: "must be \(expectation)")]
    }

    /// Whether an object without any member fits.
    var isSatisfiedByNothing: Bool {
        switch self {
        case .object(let members): members.allSatisfy(\.isOptional)
        case .reference(let name): OpenAPI.components[name]?.isSatisfiedByNothing ?? false
        default: false
        }
    }

    private static func problems(with members: [JSONValue.Member], known: [Member], path: String) -> [FieldError] {
        var errors = repeated(members, path: path)
        for member in members {
            if let schema = known.first(where: { $0.name == member.key })?.schema {
                errors += schema.problems(with: member.value, path: "\(path).\(member.key)")
            } else {
                let allowed = known.map(\.name).joined(separator: ", ")
                errors.append(
                    FieldError(path: "\(path).\(member.key.prefix(50))", message: "is not a known member; allowed are \(allowed)"))
            }
        }
        for member in known where !member.isOptional && !members.contains(where: { $0.key == member.name }) {
            errors.append(FieldError(path: "\(path).\(member.name)", message: "is missing; must be \(member.schema.expectation)"))
        }
        return errors
    }

    private static func repeated(_ members: [JSONValue.Member], path: String) -> [FieldError] {
        var seen: Set<String> = []
        return members.filter { !seen.insert($0.key).inserted }.map { FieldError(path: "\(path).\($0.key)", message: "is given twice") }
    }

    private static func isWhole(_ literal: String, in range: ClosedRange<Int>?) -> Bool {
        guard let whole = Int(literal) ?? Double(literal).flatMap({ Int(exactly: $0) }) else { return false }
        return range?.contains(whole) ?? true
    }

    private static func matches(_ text: String, pattern: String?) -> Bool {
        guard let pattern else { return true }
        guard let expression = try? Regex(pattern) else { preconditionFailure("a schema's pattern is no regular expression: \(pattern)") }
        return text.firstMatch(of: expression) != nil
    }

    private static func matches(_ text: String, format: String?) -> Bool {
        switch format {
        case "date-time": Timestamp.unixSeconds(text) != nil
        case "date": text.utf8.count == 10 && Timestamp.unixSeconds(text + "T00:00:00Z") != nil
        default: true
        }
    }

    /// What is expected, in words: after "must be".
    private var expectation: String {
        switch self {
        case .string(let format, let allowed, let pattern, let lengths, let words):
            if let words {
                words
            } else if let allowed {
                "one of \(allowed.map { "\"\($0)\"" }.joined(separator: ", "))"
            } else if format == "date-time" {
                "a time such as 2026-03-01T08:15:00Z"
            } else if format == "date" {
                "a date such as 2026-03-01"
            } else {
                "a text" + (lengths.map { " of \($0.lowerBound) to \($0.upperBound) characters" } ?? "")
                    + (pattern.map { " that fits \($0)" } ?? "")
            }
        case .integer(let range): "a whole number" + (range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? "")
        case .number: "a number"
        case .boolean: "true or false"
        case .array(_, let count): "a list" + (count.map { " of \($0.lowerBound) to \($0.upperBound)" } ?? "")
        case .object, .map: "an object"
        case .nullable(let schema): "\(schema.expectation), or null"
        case .either(let schemas): schemas.map(\.expectation).joined(separator: ", or ")
        case .reference(let name): OpenAPI.components[name]?.expectation ?? name
        }
    }
}
