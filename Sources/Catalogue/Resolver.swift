internal import DICOM
internal import SQLite

/// Derives what study, series and instance rows show from the variants and files beneath them, flags what contradicts, and removes what has no
/// file left. Works on what has been marked since the last call, inside the writer's transaction.
final class Resolver {
    var dirtySeries: Set<Int64> = []
    var dirtyStudies: Set<Int64> = []
    /// Whose rows are gone, and whose index entries are to go.
    private var goneStudies: [Int64] = []
    var dirtyInstances: Set<Int64> = []

    private let connection: Connection
    private let entities: EntityRows
    private let searchIndex: SearchIndex
    private let seriesVariants: Statement
    private let studyVariants: Statement
    private let instanceDigests: Statement
    private let instanceSeries: Statement
    private let homeOfInstance, rehomeInstance, outdateFiles: Statement
    private let deleteConflicts: (series: Statement, study: Statement, instance: Statement)
    private let insertConflict, moveConflicts: Statement
    private let flagInstance: Statement
    private let seriesStudy: Statement
    private let studyLevels: Statement
    private let flagStudy: Statement

    /// A series whose files all differ would otherwise be compared in full at every commit.
    private static let mostVariants = 2_000
    /// More different values of one attribute than this help nobody.
    private static let mostValues = 10

    init(_ connection: Connection, entities: EntityRows, searchIndex: SearchIndex) throws {
        self.connection = connection
        self.entities = entities
        self.searchIndex = searchIndex
        seriesVariants = try connection.prepare(
            "SELECT attributes, file_count FROM variant WHERE series_id = ?1 ORDER BY file_count DESC, id LIMIT \(Self.mostVariants)")
        studyVariants = try connection.prepare(
            """
            SELECT v.attributes, v.file_count FROM series s JOIN variant v ON v.series_id = s.id
            WHERE s.study_id = ?1 ORDER BY v.file_count DESC, v.id LIMIT \(Self.mostVariants)
            """)
        instanceDigests = try connection.prepare("SELECT count(DISTINCT digest) FROM file WHERE instance_id = ?1")
        instanceSeries = try connection.prepare(
            "SELECT s.id, s.study_id FROM instance i JOIN series s ON s.id = i.series_id WHERE i.id = ?1")
        homeOfInstance = try connection.prepare(
            """
            SELECT v.series_id FROM file f JOIN variant v ON v.id = f.variant_id WHERE f.instance_id = ?1
            GROUP BY v.series_id ORDER BY v.series_id = ?2 DESC, count(*) DESC, v.series_id LIMIT 1
            """)
        rehomeInstance = try connection.prepare("UPDATE instance SET series_id = ?2 WHERE id = ?1")
        outdateFiles = try connection.prepare(
            "UPDATE file SET state = \(FileState.outdated.rawValue) WHERE instance_id = ?1 AND read_order IS NULL")
        deleteConflicts = (
            try connection.prepare("DELETE FROM conflict WHERE series_id = ?1 AND instance_id IS NULL"),
            try connection.prepare("DELETE FROM conflict WHERE study_id = ?1 AND series_id IS NULL"),
            try connection.prepare("DELETE FROM conflict WHERE instance_id = ?1")
        )
        moveConflicts = try connection.prepare("UPDATE conflict SET study_id = ?2 WHERE series_id = ?1")
        insertConflict = try connection.prepare(
            "INSERT INTO conflict(study_id, series_id, instance_id, attribute, kept, found) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
        flagInstance = try connection.prepare("UPDATE instance SET has_conflict = ?2 WHERE id = ?1")
        seriesStudy = try connection.prepare("SELECT study_id FROM series WHERE id = ?1")
        studyLevels = try connection.prepare("SELECT DISTINCT attribute FROM conflict WHERE study_id = ?1")
        flagStudy = try connection.prepare("UPDATE study SET has_conflict = ?2, search_stale = 1 WHERE id = ?1")
    }

    /// Brings all marked rows up to date.
    func resolve() throws {
        for instance in dirtyInstances { try resolveInstance(instance) }
        dirtyInstances.removeAll(keepingCapacity: true)
        // Resolving a series may mark its study, and a second one when it moves.
        for series in dirtySeries { try resolveSeries(series) }
        dirtySeries.removeAll(keepingCapacity: true)
        for study in dirtyStudies { try resolveStudy(study) }
        dirtyStudies.removeAll(keepingCapacity: true)
        // Together, since the index is quick only when its entries come in order.
        try searchIndex.update(studyIDs: goneStudies)
        goneStudies.removeAll(keepingCapacity: true)
    }

    /// Marks every series of a study with a conflict.
    func markConflicted() throws {
        let conflicted = try connection.prepare("SELECT s.id FROM study t JOIN series s ON s.study_id = t.id WHERE t.has_conflict <> 0")
        try conflicted.forEachRow { dirtySeries.insert($0.integer(0)) }
    }

    func markStudy(ofInstance id: Int64) throws {
        if let place = try place(ofInstance: id) { dirtyStudies.insert(place.study) }
    }

    /// After a rollback.
    func forget() {
        dirtyInstances.removeAll()
        dirtySeries.removeAll()
        dirtyStudies.removeAll()
        goneStudies.removeAll()
    }

    // MARK: One row

    /// One SOPInstanceUID with different content in two places is a conflict (PS3.5 §9: a UID identifies one object).
    private func resolveInstance(_ id: Int64) throws {
        guard var (series, study) = try place(ofInstance: id) else { return }
        if let home = try home(ofInstance: id, in: series), home != series {
            try rehome(instance: id, to: home)
            dirtyStudies.insert(study)
            (series, study) = try place(ofInstance: id) ?? (home, study)
        }
        deleteConflicts.instance.bind(id, at: 1)
        try deleteConflicts.instance.run()
        instanceDigests.bind(id, at: 1)
        let differs = try instanceDigests.step() && instanceDigests.integer(0) > 1
        instanceDigests.reset()
        flagInstance.bind(id, at: 1)
        flagInstance.bind(differs ? 1 : 0, at: 2)
        try flagInstance.run()
        if differs {
            try addConflict(study: study, series: series, instance: id, "SOPInstanceUID", kept: nil, found: nil)
        }
        dirtyStudies.insert(study)
    }

    private func place(ofInstance id: Int64) throws -> (series: Int64, study: Int64)? {
        instanceSeries.bind(id, at: 1)
        defer { instanceSeries.reset() }
        return try instanceSeries.step() ? (instanceSeries.integer(0), instanceSeries.integer(1)) : nil
    }

    /// The series of an instance's files: its own as long as one of them is in it.
    private func home(ofInstance id: Int64, in series: Int64) throws -> Int64? {
        homeOfInstance.bind(id, at: 1)
        homeOfInstance.bind(series, at: 2)
        defer { homeOfInstance.reset() }
        return try homeOfInstance.step() ? homeOfInstance.integer(0) : nil
    }

    /// The last file that put the instance into its series is gone or says otherwise now. The instance's own attributes may have been that file's:
    /// the others are read again by the next scan.
    private func rehome(instance id: Int64, to series: Int64) throws {
        rehomeInstance.bind(id, at: 1)
        rehomeInstance.bind(series, at: 2)
        try rehomeInstance.run()
        outdateFiles.bind(id, at: 1)
        try outdateFiles.run()
    }

    private func resolveSeries(_ id: Int64) throws {
        guard let study = try study(ofSeries: id) else { return }
        dirtyStudies.insert(study)
        let variants = try variants(seriesVariants, of: id)
        deleteConflicts.series.bind(id, at: 1)
        try deleteConflicts.series.run()
        guard let kept = VariantAttributes(merging: variants) else {
            try entities.deleteSeries(id)
            return
        }
        let home = try entities.studyID(for: kept)
        dirtyStudies.insert(home)
        let conflicts = Self.conflicts(among: variants, in: Attribute.allCases.filter { $0.level == .series } + [.studyInstanceUID])
        for conflict in conflicts {
            try addConflict(study: home, series: id, instance: nil, conflict.attribute.keyword, kept: conflict.kept, found: conflict.found)
        }
        if home != study {
            moveConflicts.bind(id, at: 1)
            moveConflicts.bind(home, at: 2)
            try moveConflicts.run()
        }
        try entities.updateSeries(id, study: home, to: kept, hasConflict: !conflicts.isEmpty)
    }

    private func resolveStudy(_ id: Int64) throws {
        let variants = try variants(studyVariants, of: id)
        deleteConflicts.study.bind(id, at: 1)
        try deleteConflicts.study.run()
        guard let kept = VariantAttributes(merging: variants) else {
            try entities.deleteStudy(id)
            goneStudies.append(id)
            return
        }
        let attributes = Attribute.allCases.filter { $0.level == .patient || $0.level == .study }
        for conflict in Self.conflicts(among: variants, in: attributes) {
            try addConflict(study: id, series: nil, instance: nil, conflict.attribute.keyword, kept: conflict.kept, found: conflict.found)
        }
        try entities.updateStudy(id, to: kept)
        flagStudy.bind(id, at: 1)
        flagStudy.bind(try severity(ofStudy: id), at: 2)
        try flagStudy.run()
    }

    /// 0: no conflict; 1: attributes differ; 2: patients differ, so that the study must not be shared unseen [I6].
    private func severity(ofStudy id: Int64) throws -> Int {
        let patient = Set(Attribute.allCases.filter { $0.level == .patient }.map(\.keyword))
        var severity = 0
        studyLevels.bind(id, at: 1)
        try studyLevels.forEachRow { severity = max(severity, patient.contains($0.text(0)) ? 2 : 1) }
        return severity
    }

    // MARK: Pieces

    private func study(ofSeries id: Int64) throws -> Int64? {
        defer { seriesStudy.reset() }
        seriesStudy.bind(id, at: 1)
        return try seriesStudy.step() ? seriesStudy.integer(0) : nil
    }

    private func variants(_ statement: Statement, of id: Int64) throws -> [VariantAttributes.Counted] {
        var found: [VariantAttributes.Counted] = []
        statement.bind(id, at: 1)
        try statement.forEachRow { row in
            if let attributes = VariantAttributes(encoded: row.text(0)) { found.append((attributes, row.integer(1))) }
        }
        return found
    }

    private func addConflict(study: Int64, series: Int64?, instance: Int64?, _ attribute: String, kept: String?, found: String?) throws {
        insertConflict.bind(study, at: 1)
        insertConflict.bind(series, at: 2)
        insertConflict.bind(instance, at: 3)
        insertConflict.bind(attribute, at: 4)
        insertConflict.bind(kept, at: 5)
        insertConflict.bind(found, at: 6)
        try insertConflict.run()
    }

    /// The values that differ from what most files say. An absent or empty value contradicts nothing.
    private static func conflicts(among variants: [VariantAttributes.Counted], in attributes: [Attribute]) -> [(
        attribute: Attribute, kept: String, found: String
    )] {
        guard variants.count > 1 else { return [] }
        return attributes.flatMap { attribute in
            let values = VariantAttributes.values(of: attribute, among: variants).prefix(mostValues)
            return values.dropFirst().map { (attribute, values[0], $0) }
        }
    }
}
