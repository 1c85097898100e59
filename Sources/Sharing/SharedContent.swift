internal import Catalogue
internal import DICOM
internal import Ledger

/// What items amount to when they are shared.
struct SharedContent: Sendable {
    var summary = Share.Summary(studies: 0, series: 0, instances: 0, bytes: 0, modalities: [])
    var unknown: [ContentItem]
    /// Of attributes that say who the patient is.
    var conflicts: [SharingError.Conflict] = []

    /// - Throws: `CatalogueError`.
    init(_ items: [ContentItem], _ reader: CatalogueReader) throws {
        let picked = try reader.pickedStudies(items)
        unknown = picked.unknown
        var modalities: Set<String> = []
        for study in picked.studies {
            guard let contents = try reader.contents(of: study) else { continue }
            summary.studies += 1
            summary.series += contents.series.count
            for series in contents.series {
                modalities.formUnion([series.modality ?? ""])
                guard let id = series.rowIDs.series else { continue }
                let stored = try reader.storedTotals(ofSeries: id)
                summary.instances += stored.instances
                summary.bytes += stored.bytes
            }
            conflicts += contents.patientConflicts
        }
        summary.modalities = modalities.subtracting([""]).sorted()
    }
}

extension StudyContents {
    private static let patientKeywords = Set(Attribute.allCases.filter { $0.level == .patient }.map(\.keyword))

    /// Where the study's files say that they are of different patients; at least one where the study is flagged so.
    var patientConflicts: [SharingError.Conflict] {
        guard study.hasPatientConflict else { return [] }
        let uid = study.studyInstanceUID ?? ""
        let found = conflicts.filter { Self.patientKeywords.contains($0.attribute) }
        return (found.isEmpty ? conflicts : found).map { SharingError.Conflict(studyInstanceUID: uid, conflict: $0) }
    }
}

extension ShareOffer {
    static func studies(of items: [ContentItem], _ reader: CatalogueReader) throws -> [Study] {
        try reader.pickedStudies(items).studies.compactMap { try reader.contents(of: $0) }.map { contents in
            Study(
                patientName: contents.study.patientName, patientID: contents.study.patientID,
                patientBirthDate: contents.study.patientBirthDate, studyDate: contents.study.studyDate,
                studyDescription: contents.study.studyDescription, modalities: Set(contents.series.compactMap(\.modality)).sorted())
        }
    }
}
