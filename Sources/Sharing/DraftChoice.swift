internal import SQLite

/// Chooses among the files that hold an instance.
struct DraftChoice {
    struct Chosen {
        var place: (folder: Int64, name: [UInt8])?
        var size: UInt64 = 0
        var remark: String?
        var isUnavailable = false
    }

    private let locations: Statement

    init(_ connection: Connection) throws {
        locations = try connection.prepare(
            """
            SELECT l.folder, l.name, l.present_size, l.present_size = l.size AND l.present_modified = l.modified AS is_same, l.failure,
                f.failure, f.is_temporary
            FROM location l JOIN folder f ON f.id = l.folder WHERE l.instance = ?
            ORDER BY l.present_size IS NULL, is_same DESC, f.source, f.path, l.name
            """)
    }

    func choose(_ instance: Int64) throws -> Chosen {
        locations.bind(instance, at: 1)
        defer { locations.reset() }
        var missing = Chosen(remark: DraftFailure.gone.remark)
        while try locations.step() {
            if let size = locations.optionalInteger(2) {
                return Chosen(
                    place: (locations.integer(0), locations.bytes(1)), size: UInt64(clamping: size),
                    remark: locations.integer(3) == 1 ? nil : DraftFailure.changed)
            }
            if let failure = locations.optionalText(4) ?? locations.optionalText(5) { missing.remark = failure }
            if locations.integer(6) == 1 { missing.isUnavailable = true }
        }
        return missing
    }
}

extension DraftTotals {
    mutating func add(_ chosen: DraftChoice.Chosen) {
        if chosen.place != nil {
            included += 1
            bytes += chosen.size
        } else {
            missing += 1
            if chosen.isUnavailable { unavailable += 1 }
        }
    }
}
