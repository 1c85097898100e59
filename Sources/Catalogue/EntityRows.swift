internal import DICOM
internal import SQLite

/// The patient, study and series rows: found or made by their keys, updated, removed. Counts them as it goes.
final class EntityRows {
    /// nil until somebody asks: counting takes a while in a large catalogue, and who only searches never does.
    private var counted: CatalogueTotals?

    private let connection: Connection
    private let findPatient, insertPatient, deletePatientIfUnused: Statement
    private let findStudy, insertStudy, studyPatient, deleteStudy, updateStudyRow: Statement
    private let findSeries, insertSeries, deleteSeries, updateSeriesRow: Statement

    private static let studyColumns: [(column: String, attribute: Attribute)] = [
        ("study_instance_uid", .studyInstanceUID), ("patient_name", .patientName), ("patient_birth_date", .patientBirthDate),
        ("patient_sex", .patientSex), ("study_id", .studyID), ("study_date", .studyDate), ("study_time", .studyTime),
        ("timezone", .timezoneOffsetFromUTC), ("accession_number", .accessionNumber), ("study_description", .studyDescription),
        ("referring_physician_name", .referringPhysicianName), ("institution_name", .institutionName),
    ]
    private static let seriesColumns: [(column: String, attribute: Attribute)] = [
        ("series_instance_uid", .seriesInstanceUID), ("series_number", .seriesNumber), ("series_date", .seriesDate),
        ("series_time", .seriesTime), ("modality", .modality), ("series_description", .seriesDescription),
        ("protocol_name", .protocolName), ("body_part_examined", .bodyPartExamined), ("laterality", .laterality),
        ("manufacturer", .manufacturer), ("manufacturer_model_name", .manufacturerModelName), ("station_name", .stationName),
    ]

    init(_ connection: Connection) throws {
        self.connection = connection
        findPatient = try connection.prepare("SELECT id FROM patient WHERE identity = ?1")
        insertPatient = try connection.prepare("INSERT INTO patient(identity, patient_id, issuer) VALUES(?1, ?2, ?3)")
        deletePatientIfUnused = try connection.prepare(
            "DELETE FROM patient WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM study WHERE patient_id = ?1)")
        findStudy = try connection.prepare("SELECT id FROM study WHERE study_key = ?1")
        insertStudy = try connection.prepare(
            "INSERT INTO study(patient_id, study_key, sort_key, search_stale) VALUES(?1, ?2, -(SELECT coalesce(max(id), 0) + 1 FROM study), 1)"
        )
        studyPatient = try connection.prepare("SELECT patient_id FROM study WHERE id = ?1")
        deleteStudy = try connection.prepare("DELETE FROM study WHERE id = ?1")
        updateStudyRow = try connection.prepare(
            "UPDATE study SET patient_id = ?2, sort_key = ?3, \(Self.assignments(Self.studyColumns.map(\.column), from: 4)) WHERE id = ?1")
        findSeries = try connection.prepare("SELECT id, study_id FROM series WHERE series_key = ?1")
        insertSeries = try connection.prepare("INSERT INTO series(study_id, series_key) VALUES(?1, ?2)")
        deleteSeries = try connection.prepare("DELETE FROM series WHERE id = ?1")
        updateSeriesRow = try connection.prepare(
            "UPDATE series SET study_id = ?2, has_conflict = ?3, \(Self.assignments(Self.seriesColumns.map(\.column), from: 4)) WHERE id = ?1"
        )
    }

    /// How many there are; nothing while they cannot be counted.
    var totals: CatalogueTotals {
        if let counted { return counted }
        counted = try? count()
        return counted ?? CatalogueTotals()
    }

    /// After a transaction was rolled back.
    func countAgain() { counted = nil }

    private func count() throws -> CatalogueTotals {
        var totals = CatalogueTotals()
        totals.patients = Int(try connection.integer("SELECT count(*) FROM patient") ?? 0)
        totals.studies = Int(try connection.integer("SELECT count(*) FROM study") ?? 0)
        totals.series = Int(try connection.integer("SELECT count(*) FROM series") ?? 0)
        return totals
    }

    private static func assignments(_ columns: [String], from parameter: Int) -> String {
        columns.enumerated().map { "\($1) = ?\($0 + parameter)" }.joined(separator: ", ")
    }

    // MARK: Finding or making

    /// The study that the attributes name, made when it is new.
    func studyID(for attributes: VariantAttributes) throws -> Int64 {
        let key = Identity.study(attributes)
        if let id = try find(findStudy, key) { return id }
        insertStudy.bind(try patientID(for: attributes), at: 1)
        insertStudy.bind(key, at: 2)
        try insertStudy.run()
        counted?.studies += 1
        let id = connection.lastInsertedRowID
        try updateStudy(id, to: attributes)
        return id
    }

    /// The series that the attributes name, made when it is new. `folder` stands in for a series that nothing else names.
    func seriesID(for attributes: VariantAttributes, folder: String) throws -> Int64 {
        let key = Identity.series(attributes, folder: folder)
        if let id = try find(findSeries, key) { return id }
        let study = try studyID(for: attributes)
        insertSeries.bind(study, at: 1)
        insertSeries.bind(key, at: 2)
        try insertSeries.run()
        counted?.series += 1
        let id = connection.lastInsertedRowID
        try updateSeries(id, study: study, to: attributes, hasConflict: false)
        return id
    }

    private func patientID(for attributes: VariantAttributes) throws -> Int64 {
        let identity = Identity.patient(attributes)
        if let id = try find(findPatient, identity.key) { return id }
        insertPatient.bind(identity.key, at: 1)
        insertPatient.bind(identity.patientID, at: 2)
        insertPatient.bind(identity.issuer, at: 3)
        try insertPatient.run()
        counted?.patients += 1
        return connection.lastInsertedRowID
    }

    private func find(_ statement: Statement, _ key: String) throws -> Int64? {
        defer { statement.reset() }
        statement.bind(key, at: 1)
        return try statement.step() ? statement.integer(0) : nil
    }

    // MARK: Updating and removing

    func updateStudy(_ id: Int64, to attributes: VariantAttributes) throws {
        let before = try patient(ofStudy: id)
        let patient = try patientID(for: attributes)
        updateStudyRow.bind(id, at: 1)
        updateStudyRow.bind(patient, at: 2)
        updateStudyRow.bind(Self.sortKey(studyDate: attributes[.studyDate], id: id), at: 3)
        for (index, column) in Self.studyColumns.enumerated() {
            updateStudyRow.bind(attributes[column.attribute], at: Int32(index + 4))
        }
        try updateStudyRow.run()
        if let before, before != patient { try removePatientIfUnused(before) }
    }

    func updateSeries(_ id: Int64, study: Int64, to attributes: VariantAttributes, hasConflict: Bool) throws {
        updateSeriesRow.bind(id, at: 1)
        updateSeriesRow.bind(study, at: 2)
        updateSeriesRow.bind(hasConflict ? 1 : 0, at: 3)
        for (index, column) in Self.seriesColumns.enumerated() {
            let value = attributes[column.attribute]
            if column.attribute == .seriesNumber {
                updateSeriesRow.bind(value.flatMap(Self.integerString), at: Int32(index + 4))
            } else {
                updateSeriesRow.bind(value, at: Int32(index + 4))
            }
        }
        try updateSeriesRow.run()
    }

    func deleteSeries(_ id: Int64) throws {
        deleteSeries.bind(id, at: 1)
        try deleteSeries.run()
        counted?.series -= connection.changes
    }

    func deleteStudy(_ id: Int64) throws {
        guard let patient = try patient(ofStudy: id) else { return }
        deleteStudy.bind(id, at: 1)
        try deleteStudy.run()
        counted?.studies -= connection.changes
        try removePatientIfUnused(patient)
    }

    private func patient(ofStudy id: Int64) throws -> Int64? {
        defer { studyPatient.reset() }
        studyPatient.bind(id, at: 1)
        return try studyPatient.step() ? studyPatient.integer(0) : nil
    }

    private func removePatientIfUnused(_ id: Int64) throws {
        deletePatientIfUnused.bind(id, at: 1)
        try deletePatientIfUnused.run()
        counted?.patients -= connection.changes
    }

    // MARK: Values

    /// Studies in the order of their dates, each with a place of its own: the date as YYYYMMDD (0 when there is none), then the id.
    static func sortKey(studyDate: String?, id: Int64) -> Int64 {
        var date: Int64 = 0
        // ACR-NEMA wrote YYYY.MM.DD; PS3.5 §6.2 asks readers to go on accepting it.
        if let digits = studyDate?.utf8.filter({ $0 != UInt8(ascii: ".") }), digits.count >= 8 {
            let day = digits.prefix(8)
            if day.allSatisfy({ (0x30...0x39).contains($0) }) {
                date = day.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
            }
        }
        return date << 34 | id
    }

    /// An IS value's first number; nil when it is none.
    static func integerString(_ value: String) -> Int64? {
        Int64(value.split(separator: "\\", maxSplits: 1, omittingEmptySubsequences: false).first.map { $0.trimmingSpaces() } ?? "")
    }
}

extension Substring {
    /// Without spaces at either end.
    fileprivate func trimmingSpaces() -> Substring {
        let start = drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return start.prefix(0) }
        return start[...last]
    }
}
