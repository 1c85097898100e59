internal import HTTPServer
internal import Synchronization

/// What the server measures of itself, for Prometheus.
///
/// Source: Prometheus text exposition format 0.0.4.
public final class Metrics: Sendable {
    public enum Kind: String, Sendable { case counter, gauge }

    /// One figure with what tells it apart from others of the same name.
    public struct Sample: Sendable {
        public var labels: [(String, String)]
        public var value: Double

        public init(_ value: Double, _ labels: [(String, String)] = []) { (self.value, self.labels) = (value, labels) }
    }

    private struct Family: Sendable {
        let name, help: String
        let kind: Kind
        let samples: @Sendable () async -> [Sample]
    }

    private struct RouteKey: Hashable {
        let route, method: String
    }
    private struct RouteFigures {
        var statuses: [Int: Int] = [:]
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
        var seconds = 0.0
        var count = 0
    }
    private struct State {
        var families: [Family] = []
        var routes: [RouteKey: RouteFigures] = [:]
    }
    private let state = Mutex(State())

    /// Upper bounds of the histogram's buckets, in seconds: search is to stay under 10 ms, and an order may reach for a server.
    private static let bounds = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    public init() {}

    /// Adds figures that are asked for when somebody reads them.
    ///
    /// - Parameter name: such as `fileroom_http_connections`.
    public func add(_ kind: Kind, _ name: String, _ help: String, samples: @escaping @Sendable () async -> [Sample]) {
        state.withLock { $0.families.append(Family(name: name, help: help, kind: kind, samples: samples)) }
    }

    /// Counts a request that was answered, by its route; those without one are `other`, as are methods that a client made up.
    public func count(_ record: RequestRecord) {
        let known: Set<HTTPMethod> = [.get, .head, .post, .put, .patch, .delete, .options]
        let method = known.contains(HTTPMethod(rawValue: record.method)) ? record.method : "other"
        let key = RouteKey(route: record.route ?? "other", method: method)
        state.withLock { state in
            var figures = state.routes[key] ?? RouteFigures()
            figures.statuses[record.status, default: 0] += 1
            for (index, bound) in Self.bounds.enumerated() where record.seconds <= bound { figures.buckets[index] += 1 }
            figures.seconds += record.seconds
            figures.count += 1
            state.routes[key] = figures
        }
    }

    // MARK: Text

    /// Everything, in the exposition format.
    public func text() async -> [UInt8] {
        let (families, routes) = state.withLock { ($0.families, $0.routes) }
        var text = ""
        for family in families {
            Self.begin(family.name, family.help, family.kind.rawValue, &text)
            for sample in await family.samples() { Self.line(family.name, sample.labels, sample.value, &text) }
        }
        Self.append(routes, to: &text)
        return Array(text.utf8)
    }

    private static func append(_ routes: [RouteKey: RouteFigures], to text: inout String) {
        let sorted = routes.sorted { ($0.key.route, $0.key.method) < ($1.key.route, $1.key.method) }
        begin("fileroom_http_requests_total", "Requests by route, method and status.", "counter", &text)
        for (key, figures) in sorted {
            for (status, count) in figures.statuses.sorted(by: { $0.key < $1.key }) {
                line("fileroom_http_requests_total", labels(key) + [("status", String(status))], Double(count), &text)
            }
        }
        let name = "fileroom_http_request_duration_seconds"
        begin(name, "Time until the answer began, by route and method.", "histogram", &text)
        for (key, figures) in sorted {
            for (bound, count) in zip(bounds, figures.buckets) {
                line(name + "_bucket", labels(key) + [("le", number(bound))], Double(count), &text)
            }
            line(name + "_bucket", labels(key) + [("le", "+Inf")], Double(figures.count), &text)
            line(name + "_sum", labels(key), figures.seconds, &text)
            line(name + "_count", labels(key), Double(figures.count), &text)
        }
    }

    private static func labels(_ key: RouteKey) -> [(String, String)] { [("route", key.route), ("method", key.method)] }

    private static func begin(_ name: String, _ help: String, _ type: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private static func line(_ name: String, _ labels: [(String, String)], _ value: Double, _ text: inout String) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",") + "}" }
        text += " \(number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? (value.isFinite ? String(value) : value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
