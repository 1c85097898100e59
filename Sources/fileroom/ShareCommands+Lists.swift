import CommandLineInterface
import Foundation

extension ShareCommands {
    static func list(_ options: ShareOptions, _ context: Context) async throws {
        struct Page: Decodable { var shares: [ListedShare] }
        let objects = try await pages(options, context, ["api", "shares"], "shares", cursor: "after", [("state", options.state?.rawValue)])
        if options.general.writesJSON { return try print(["shares": objects]) }
        let shares = try decoded(["shares": objects], as: Page.self).shares
        guard !shares.isEmpty else { return try Terminal.print("There is no such share: `fileroom share create UID` makes one.") }
        var table = TextTable(columns: [
            .init("ID"), .init("STATE"), .init("CONTENTS", leastWidth: 20), .init("UNTIL"), .init("DOWNLOADS", isRightAligned: true),
            .init("LAST ACCESS"), .init("MADE BY", leastWidth: 8), .init("NOTE", leastWidth: 8),
        ])
        for share in shares {
            table.append([
                share.id, share.shownState, share.contents, ShownTime.minute(share.expiresAt), share.shownDownloads,
                share.lastAccessed.map(ShownTime.minute) ?? "never", share.createdBy, share.note,
            ])
        }
        try Terminal.print(table.text(style: Terminal.outputStyle))
    }

    static func log(_ options: ShareOptions, _ context: Context) async throws {
        struct Page: Decodable { var entries: [LoggedAccess] }
        let objects = try await pages(options, context, ["api", "shares", options.id, "log"], "entries", cursor: "before")
        if options.general.writesJSON { return try print(["entries": objects]) }
        let entries = try decoded(["entries": objects], as: Page.self).entries
        guard !entries.isEmpty else { return try Terminal.print("Nobody has opened the link.") }
        var table = TextTable(columns: [
            .init("TIME"), .init("ACTION"), .init("RESULT"), .init("SENT", isRightAligned: true), .init("RANGE"), .init("ADDRESS"),
            .init("AGENT", leastWidth: 12),
        ])
        for entry in entries {
            table.append([
                ShownTime.minute(entry.accessedAt), entry.action, entry.code.isEmpty ? "running" : entry.code,
                entry.action == "download" ? Quantity.bytes(entry.bytes) : "", entry.range ?? "", entry.ipAddress, entry.userAgent,
            ])
        }
        try Terminal.print(table.text(style: Terminal.outputStyle))
    }

    static func statistics(_ options: ShareOptions, _ context: Context) async throws {
        struct Totals: Decodable {
            var shares: [String: Int]
            var downloads, bytes, failedPasswords, accessCount: Int
        }
        let call = try APICall("GET", ["api", "shares", "statistics"])
        let answer = try await context.withAPI { try await $0.answer(call) }
        if options.general.writesJSON { return try Terminal.print(String(decoding: answer.body, as: UTF8.self)) }
        let totals = try answer.decoded(as: Totals.self)
        let states = ShareOptions.State.allCases.compactMap { state in
            totals.shares[state.rawValue].flatMap { $0 > 0 ? "\(Quantity.count($0)) \(ListedShare.shown(state.rawValue))" : nil }
        }
        try Terminal.print(
            """
            Shares            \(states.isEmpty ? "none" : states.joined(separator: ", "))
            Downloads         \(Quantity.count(totals.downloads)), \(Quantity.bytes(totals.bytes)) sent
            Accesses          \(Quantity.count(totals.accessCount))
            Wrong passwords   \(Quantity.count(totals.failedPasswords))
            """)
    }

    /// The objects of a list, page by page, as many as are wanted.
    private static func pages(
        _ options: ShareOptions, _ context: Context, _ path: [String], _ name: String, cursor: String, _ query: [(String, String?)] = []
    ) async throws -> [[String: Any]] {
        let data = try await context.withAPI { client in
            var objects: [[String: Any]] = []
            var place: String?
            repeat {
                let limit = String(min(1_000, options.limit - objects.count))
                let items = query.map { (name: $0.0, value: $0.1) } + [(name: "limit", value: limit), (name: cursor, value: place)]
                let answer = try await client.answer(APICall("GET", path, query: items)).json()
                objects += answer[name] as? [[String: Any]] ?? []
                place = (answer["cursor"] as? String) ?? (answer["cursor"] as? Int).map(String.init)
            } while place != nil && objects.count < options.limit
            return try JSONSerialization.data(withJSONObject: objects)
        }
        return try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
    }

    private static func print(_ object: [String: Any]) throws {
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        try Terminal.print(String(decoding: data, as: UTF8.self))
    }

    private static func decoded<Value: Decodable>(_ object: [String: Any], as type: Value.Type) throws -> Value {
        try APIAnswer(body: JSONSerialization.data(withJSONObject: object)).decoded(as: type)
    }
}
