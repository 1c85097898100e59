public import HTTPServer

/// What a route says of itself in the OpenAPI description.
///
/// Source: OpenAPI 3.1.0, "Operation Object".
public struct Operation: Sendable {
    /// A name for programs, unique, such as `searchCatalogue`.
    public var id: String
    public var tag: String
    public var summary: String
    public var parameters: [Parameter]
    /// The body that is taken; nil for none.
    public var body: Schema?
    /// How it is written.
    public var encoding: BodyEncoding
    /// Those that the handler gives; what every route may answer (401, 403, 429, …) is added by ``OpenAPI``.
    public var answers: [Answer]

    public init(
        _ id: String, tag: String, _ summary: String, parameters: [Parameter] = [], body: Schema? = nil, encoding: BodyEncoding = .json,
        answers: [Answer]
    ) {
        (self.id, self.tag, self.summary) = (id, tag, summary)
        (self.parameters, self.body, self.encoding, self.answers) = (parameters, body, encoding, answers)
    }

    /// The form of a body. The handler gets the same value from each.
    public enum BodyEncoding: String, Sendable {
        case json = "application/json"
        /// As a page without scripts sends it: an object whose members are texts.
        case form = "application/x-www-form-urlencoded"
    }

    /// A parameter in the query or in the path.
    public struct Parameter: Sendable {
        public enum Place: String, Sendable { case query, path, header }

        public var name: String
        public var place: Place
        public var schema: Schema
        public var summary: String

        public static func query(_ name: String, _ schema: Schema, _ summary: String) -> Self {
            Self(name: name, place: .query, schema: schema, summary: summary)
        }
        public static func path(_ name: String, _ schema: Schema, _ summary: String) -> Self {
            Self(name: name, place: .path, schema: schema, summary: summary)
        }
        public static func header(_ name: String, _ schema: Schema, _ summary: String) -> Self {
            Self(name: name, place: .header, schema: schema, summary: summary)
        }
    }

    /// One status with what comes with it.
    public struct Answer: Sendable {
        public var status: HTTPStatus
        public var summary: String
        public var contentType: String?
        public var schema: Schema?

        public static func json(_ status: HTTPStatus, _ schema: Schema, _ summary: String) -> Self {
            Self(status: status, summary: summary, contentType: "application/json", schema: schema)
        }
        public static func empty(_ status: HTTPStatus, _ summary: String) -> Self {
            Self(status: status, summary: summary, contentType: nil, schema: nil)
        }
        public static func text(_ status: HTTPStatus = .ok, contentType: String, _ summary: String) -> Self {
            Self(status: status, summary: summary, contentType: contentType, schema: .string())
        }
        public static func page(_ status: HTTPStatus, _ summary: String) -> Self {
            .text(status, contentType: pageType, summary)
        }
        static let pageType = "text/html; charset=utf-8"
        public static func problem(_ status: HTTPStatus, _ summary: String) -> Self {
            Self(status: status, summary: summary, contentType: "application/problem+json", schema: .reference("Problem"))
        }
    }
}

/// The shape of a JSON value.
///
/// Source: JSON Schema 2020-12, as OpenAPI 3.1 takes it.
public indirect enum Schema: Sendable {
    /// - Parameter words: what fits the pattern, for people: after "must be".
    case string(
        format: String? = nil, allowed: [String]? = nil, pattern: String? = nil, lengths: ClosedRange<Int>? = nil, words: String? = nil)
    case integer(ClosedRange<Int>? = nil)
    case number
    case boolean
    case array(of: Schema, count: ClosedRange<Int>? = nil)
    /// Members; those that may be left out are marked, and no others may be there.
    case object([Member])
    /// An object whose keys are not known beforehand.
    case map(of: Schema)
    case nullable(Schema)
    /// A value that fits one of them.
    case either([Schema])
    /// A schema of ``OpenAPI/components``.
    case reference(String)

    public struct Member: Sendable {
        public var name: String
        public var schema: Schema
        public var summary: String?
        public var isOptional: Bool

        public init(_ name: String, _ schema: Schema, _ summary: String? = nil, isOptional: Bool = false) {
            (self.name, self.schema, self.summary, self.isOptional) = (name, schema, summary, isOptional)
        }
    }
}
