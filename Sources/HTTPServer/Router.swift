/// Answers requests. What throws is answered as a ``Problem``; anything else thrown is a 500 that says nothing of itself.
public protocol Responder: Sendable {
    func respond(to request: Request) async throws -> Response
}

/// Stands before a responder: may change the request, answer itself, or change the response.
public protocol Middleware: Sendable {
    func respond(to request: Request, next: any Responder) async throws -> Response
}

extension Responder {
    /// This responder behind others, the first of which sees a request first.
    public func behind(_ middlewares: [any Middleware]) -> any Responder {
        middlewares.reversed().reduce(self as any Responder) { Behind(middleware: $1, next: $0) }
    }
}

private struct Behind: Responder {
    let middleware: any Middleware
    let next: any Responder

    func respond(to request: Request) async throws -> Response { try await middleware.respond(to: request, next: next) }
}

/// Finds the handler of a request by its path and method.
///
/// A pattern is made of fixed segments and parameters: `/api/studies/{uid}`. A fixed segment goes before a parameter. HEAD is answered by the
/// handler of GET, whose body the transport leaves out.
public struct Router: Responder {
    public typealias Handler = @Sendable (Request) async throws -> Response

    private final class Node: Sendable {
        let fixed: [String: Node]
        let parameter: Node?
        let routes: [HTTPMethod: (pattern: String, names: [String], handler: Handler)]

        init(_ building: Building) {
            fixed = building.fixed.mapValues(Node.init)
            parameter = building.parameter.map(Node.init)
            routes = building.routes
        }
    }

    private final class Building {
        var fixed: [String: Building] = [:]
        var parameter: Building?
        var routes: [HTTPMethod: (pattern: String, names: [String], handler: Handler)] = [:]
    }

    /// One way into the program.
    public struct Route: Sendable {
        public var method: HTTPMethod
        public var pattern: String
        public var handler: Handler

        public init(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
            (self.method, self.pattern, self.handler) = (method, pattern, handler)
        }
    }

    private let root: Node
    private let fallback: Handler?

    /// - Parameters:
    ///   - routes: no two of the same method and shape: that is a mistake in the program, and stops it.
    ///   - fallback: answers GET and HEAD of paths that no route has.
    public init(_ routes: [Route], fallback: Handler? = nil) {
        let building = Building()
        for route in routes {
            var node = building
            var names: [String] = []
            for segment in route.pattern.split(separator: "/") {
                if segment.hasPrefix("{"), segment.hasSuffix("}") {
                    names.append(String(segment.dropFirst().dropLast()))
                    let next = node.parameter ?? Building()
                    node.parameter = next
                    node = next
                } else {
                    let next = node.fixed[String(segment)] ?? Building()
                    node.fixed[String(segment)] = next
                    node = next
                }
            }
            precondition(node.routes[route.method] == nil, "two routes for \(route.method) \(route.pattern)")
            node.routes[route.method] = (route.pattern, names, route.handler)
        }
        root = Node(building)
        self.fallback = fallback
    }

    public func respond(to request: Request) async throws -> Response {
        var found: [String] = []
        guard let node = node(for: request, &found) else {
            if let fallback, request.method == .get || request.method == .head { return try await fallback(request) }
            throw Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
        }
        let isHead = request.method == .head
        guard let route = node.routes[request.method] ?? (isHead ? node.routes[.get] : nil) else {
            var allowed = Set(node.routes.keys.map(\.rawValue))
            if allowed.contains("GET") { allowed.insert("HEAD") }
            throw Problem(
                .methodNotAllowed, "METHOD_NOT_ALLOWED", "This address does not know the method \(request.method.rawValue.prefix(20)).",
                headers: ["Allow": allowed.sorted().joined(separator: ", ")])
        }
        var routed = request
        routed.route = route.pattern
        routed.parameters = PathParameters(Dictionary(zip(route.names, found), uniquingKeysWith: { $1 }))
        return try await route.handler(routed)
    }

    /// The pattern that a request would be routed to, for limits and metrics; nil when there is none.
    public func pattern(of request: Request) -> String? {
        var found: [String] = []
        guard let node = node(for: request, &found) else { return nil }
        return (node.routes[request.method] ?? node.routes[.get] ?? node.routes.values.first)?.pattern
    }

    /// An address with a slash behind it is another one, and no route has it: segments alone do not tell.
    private func node(for request: Request, _ found: inout [String]) -> Node? {
        if request.rawPath.utf8.count > 1, request.rawPath.utf8.last == UInt8(ascii: "/") { return nil }
        return Self.find(request.segments[...], from: root, &found)
    }

    /// Depth first, fixed segments before parameters.
    private static func find(_ segments: ArraySlice<String>, from node: Node, _ found: inout [String]) -> Node? {
        guard let segment = segments.first else { return node.routes.isEmpty ? nil : node }
        if let next = node.fixed[segment], let end = find(segments.dropFirst(), from: next, &found) { return end }
        guard let next = node.parameter, !segment.isEmpty else { return nil }
        found.append(segment)
        if let end = find(segments.dropFirst(), from: next, &found) { return end }
        found.removeLast()
        return nil
    }
}

/// What stood in the place of a pattern's parameters.
public struct PathParameters: Sendable, Hashable {
    private let values: [String: String]

    init(_ values: [String: String] = [:]) { self.values = values }

    /// - Throws: ``Problem`` 404 when it is not of that type: then there is nothing at the address.
    public func get<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type = String.self) throws -> Value {
        guard let text = values[name], let value = Value(text) else {
            throw Problem(.notFound, "NOT_FOUND", "There is nothing at this address.")
        }
        return value
    }
}
