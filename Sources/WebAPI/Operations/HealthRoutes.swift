internal import HTTPServer

/// `/healthz`, `/readyz` and `/metrics` [A4].
public struct HealthRoutes: Sendable {
    /// Gives nil when all is well, else what is not.
    public typealias Check = @Sendable () async -> String?

    private let checks: [(name: String, check: Check)]
    private let metrics: Metrics

    /// - Parameter checks: what the server needs to be of use, each with a name.
    public init(checks: [(name: String, check: Check)], metrics: Metrics) { (self.checks, self.metrics) = (checks, metrics) }

    public var routes: [APIRoute] { [health, readiness, measurements] }

    static let components: [String: Schema] = [
        "Health": .object([.init("status", .string(allowed: ["ok"]))]),
        "Readiness": .object([
            .init("status", .string(allowed: ["ok", "not_ready"])),
            .init("checks", .map(of: .string()), "What was looked at: `ok`, or what is wrong."),
        ]),
    ]

    private var health: APIRoute {
        APIRoute(
            .get, "/healthz", .anyone, rate: .unlimited,
            Operation(
                "getHealth", tag: "Operation", "Whether the process answers at all.",
                answers: [.json(.ok, .reference("Health"), "It does.")])
        ) { _, _ in .json(.ok, ["status": "ok"]) }
    }

    private var readiness: APIRoute {
        APIRoute(
            .get, "/readyz", .anyone, rate: .unlimited,
            Operation(
                "getReadiness", tag: "Operation", "Whether the server can do its work.",
                answers: [
                    .json(.ok, .reference("Readiness"), "It can."),
                    .json(.serviceUnavailable, .reference("Readiness"), "It cannot now; the checks say why."),
                ])
        ) { _, _ in
            var results: [(String, JSON)] = []
            var isReady = true
            for (name, check) in checks {
                let wrong = await check()
                isReady = isReady && wrong == nil
                results.append((name, .string(wrong ?? "ok")))
            }
            return .json(
                isReady ? .ok : .serviceUnavailable, ["status": isReady ? "ok" : "not_ready", "checks": .object(results)])
        }
    }

    private var measurements: APIRoute {
        APIRoute(
            .get, "/metrics", .admins, rate: .read,
            Operation(
                "getMetrics", tag: "Operation", "Figures for Prometheus: jobs, rates, errors by class, requests by route, sizes.",
                answers: [.text(contentType: "text/plain; version=0.0.4", "The figures.")])
        ) { _, _ in
            Response(contentType: "text/plain; version=0.0.4", bytes: await metrics.text())
        }
    }
}
