extension Schema {
    /// Itself as JSON Schema.
    ///
    /// Source: JSON Schema 2020-12.
    var json: JSON {
        switch self {
        case .string(let format, let allowed, let pattern, let lengths, _):
            var members: [(String, JSON)] = [("type", "string")]
            if let format { members.append(("format", .string(format))) }
            if let allowed { members.append(("enum", .array(allowed.map { .string($0) }))) }
            if let pattern { members.append(("pattern", .string(pattern))) }
            if let lengths { members += [("minLength", .integer(lengths.lowerBound)), ("maxLength", .integer(lengths.upperBound))] }
            return .object(members)
        case .integer(let range):
            let bounds = range.map { [("minimum", JSON.integer($0.lowerBound)), ("maximum", JSON.integer($0.upperBound))] } ?? []
            return .object([("type", "integer")] + bounds)
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .array(let element, let count):
            let bounds = count.map { [("minItems", JSON.integer($0.lowerBound)), ("maxItems", JSON.integer($0.upperBound))] } ?? []
            return .object([("type", "array"), ("items", element.json)] + bounds)
        case .map(let element): return ["type": "object", "additionalProperties": element.json]
        case .nullable(let schema): return ["anyOf": [schema.json, ["type": "null"]]]
        case .either(let schemas): return ["anyOf": .array(schemas.map(\.json))]
        case .reference(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .object(let members): return Self.object(members)
        }
    }

    private static func object(_ members: [Member]) -> JSON {
        let properties = members.map { member -> (String, JSON) in
            guard let summary = member.summary else { return (member.name, member.schema.json) }
            // Beside a reference a description is allowed since 3.1.
            guard case .object(let parts) = member.schema.json else { return (member.name, member.schema.json) }
            return (member.name, .object(parts + [("description", .string(summary))]))
        }
        let required = members.filter { !$0.isOptional }.map { JSON.string($0.name) }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required), "additionalProperties": false,
        ]
    }
}
