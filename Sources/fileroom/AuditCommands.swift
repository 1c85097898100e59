import CommandLineInterface
import Foundation

/// `fileroom audit verify` and `fileroom audit export`.
enum AuditCommands {
    private struct Verdict: Decodable {
        var isIntact: Bool
        var entries: Int
        var firstBroken: Int?
    }

    static func verify(_ options: AuditOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let answer = try await context.withAPI { client in
            var call = try APICall("GET", ["api", "audit", "verify"])
            call.mayTakeLong = true
            return try await client.answer(call)
        }
        let verdict = try answer.decoded(as: Verdict.self)
        if options.general.writesJSON {
            try Terminal.print(String(decoding: answer.body, as: UTF8.self))
        } else if verdict.isIntact {
            try Terminal.print("The audit trail is intact: \(Quantity.count(verdict.entries, "entry", "entries"))")
        }
        guard !verdict.isIntact else { return .done }
        let place = verdict.firstBroken.map { " from entry \($0) on" } ?? ""
        throw Failure("The audit trail was changed\(place). Compare it with the last export or backup.")
    }

    static func export(_ options: AuditOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        try await Output.write(to: options.output) { output in
            try await context.withAPI { client in
                var call = try APICall("GET", ["api", "audit", "export"])
                call.mayTakeLong = true
                try await client.download(call) { try output.write($0) }
            }
        }
        return .done
    }
}
