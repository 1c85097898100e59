import CommandLineInterface

/// A share as the API tells of it, for people.
struct ListedShare: Decodable, CustomStringConvertible {
    struct Summary: Decodable { var studies, series, instances, bytes: Int }
    struct Item: Decodable { var type, uid: String }

    var id, kind, state, createdBy, createdAt, expiresAt, note, policy: String
    var items: [Item]
    var summary: Summary
    var hasPassword, showsPatient, isConflictConfirmed: Bool
    var maxDownloads: Int?
    var downloads, activeDownloads, bytesSent, accessCount, failedPasswords: Int
    var lastAccessed, revokedAt, revokedBy: String?

    /// `1 study, 3 series, 420 files, 220 MB`
    var contents: String {
        [
            Quantity.count(summary.studies, "study", "studies"), Quantity.count(summary.series, "series", "series"),
            Quantity.count(summary.instances, "file", "files"), Quantity.bytes(summary.bytes),
        ].joined(separator: ", ")
    }

    var shownState: String { Self.shown(state) }

    static func shown(_ state: String) -> String { state.replacing("_", with: " ") }

    /// `1 of 3`
    var shownDownloads: String {
        Quantity.count(downloads) + (maxDownloads.map { " of \(Quantity.count($0))" } ?? "")
            + (activeDownloads > 0 ? " (\(Quantity.count(activeDownloads)) now)" : "")
    }

    var description: String {
        let rows: [(String, String?)] = [
            ("Share", id), ("State", shownState + (revokedAt.map { ", \(ShownTime.minute($0)) UTC by \(revokedBy ?? "-")" } ?? "")),
            ("Contents", contents), ("Objects", items.map { "\($0.type) \($0.uid)" }.joined(separator: "\n            ")),
            ("Made", "\(ShownTime.minute(createdAt)) UTC by \(createdBy)"), ("Until", "\(ShownTime.minute(expiresAt)) UTC"),
            ("Password", (hasPassword ? "yes" : "no") + (failedPasswords > 0 ? ", \(Quantity.count(failedPasswords)) wrong" : "")),
            ("Downloads", "\(shownDownloads), \(Quantity.bytes(bytesSent)) sent"),
            ("Accesses", "\(Quantity.count(accessCount)), last \(lastAccessed.map { ShownTime.minute($0) + " UTC" } ?? "never")"),
            ("Missing", policy == "strict" ? "files are not tolerated" : "files are named in the manifest"),
            ("Patient", showsPatient ? "named on the page" : nil), ("Conflict", isConflictConfirmed ? "confirmed" : nil),
            ("Note", note.isEmpty ? nil : DisplayText.neutralized(note)),
        ]
        return rows.compactMap { row in
            row.1.map { row.0 + String(repeating: " ", count: 12 - row.0.count) + $0 }
        }.joined(separator: "\n")
    }
}

/// A row of a share's log.
struct LoggedAccess: Decodable {
    var accessedAt, ipAddress, userAgent, action, code: String
    var bytes: Int
    var range: String?
}
