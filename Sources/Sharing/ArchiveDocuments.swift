internal import Catalogue
internal import FileSource
internal import MediaDirectory
internal import SourceAccess

/// Makes `README.txt`, `MANIFEST.csv` and `DICOMDIR` of a surveyed archive.
struct ArchiveDocuments: Sendable {
    let survey: Survey
    let sources: DownloadSources

    static let names = [ArchiveNames.readMe, ArchiveNames.manifest, ArchiveNames.directory]
    private static let page: Int = 250

    /// Makes all of them anew from where instances are placed now.
    ///
    /// - Returns: files that turned out to be others than listed, or not to be readable; when there are any, place the instances anew.
    /// - Throws: ``SharingError`` sourceUnavailable; `SQLiteError`, `MediaDirectoryError`, `CancellationError`.
    func make(language: String?) async throws -> [DraftFile: FileFindings.Finding] {
        let draft = survey.draft
        try await draft.forgetDocuments()
        var readMe = DocumentWriter(ArchiveNames.readMe, in: draft)
        try await readMe.write(ReadMe.bytes(language: language))
        try await readMe.finish()
        var manifest = DocumentWriter(ArchiveNames.manifest, in: draft)
        try await manifest.write(ManifestRow.header)
        var directory = DirectoryMaker(survey, sources)
        var position: Int64 = 0
        while true {
            let rows = try await draft.rows(from: position, limit: Self.page)
            guard let last = rows.last else { break }
            for row in rows { try await manifest.write(line(for: row).bytes) }
            try await directory.add(rows)
            position = last.position + 1
        }
        for item in survey.unknown { try await manifest.write(Self.line(forUnknown: item).bytes) }
        try await manifest.finish()
        return try await directory.finish()
    }

    private func line(for row: DraftRow) -> ManifestRow {
        let series = survey.studies[row.study - 1].series[row.series - 1]
        return ManifestRow(
            path: row.file == nil ? nil : row.path, studyDate: series.studyDate, studyDescription: series.studyDescription,
            seriesNumber: series.seriesNumber, seriesDescription: series.seriesDescription, modality: series.modality,
            instanceNumber: row.number, sopInstanceUID: row.sopInstanceUID, remark: row.remark)
    }

    private static func line(forUnknown item: ContentItem) -> ManifestRow {
        ManifestRow(remark: "The \(item.kind.rawValue) \(item.uid) is not known any more.")
    }
}

/// Makes the `DICOMDIR`.
private struct DirectoryMaker: ~Copyable {
    private let survey: Survey
    private let reader: RecordAttributesReading
    private var writer = DirectoryWriter(pieceSize: Draft.documentPiece)
    private var findings: [DraftFile: FileFindings.Finding] = [:]
    /// Numbers of the study and series whose records were written last.
    private var study = 0
    private var series = 0

    init(_ survey: Survey, _ sources: DownloadSources) {
        self.survey = survey
        reader = RecordAttributesReading(sources: sources)
    }

    /// Adds those that are there and have UIDs, without which a directory cannot refer to them. Source: PS3.3 §F.3.2.2.
    mutating func add(_ rows: [DraftRow]) async throws {
        let rows = rows.filter { $0.file != nil && $0.sopInstanceUID != nil && $0.sopClassUID != nil }
        let attributes = try await reader.read(rows)
        findings.merge(attributes.findings) { one, _ in one }
        for row in rows {
            try await beginSeries(of: row)
            try await keep(
                writer.add(
                    .instance(
                        InstanceRecord(
                            path: row.path, sopClassUID: row.sopClassUID, sopInstanceUID: row.sopInstanceUID,
                            transferSyntaxUID: row.transferSyntaxUID, instanceNumber: row.number.flatMap(Int.init(exactly:)),
                            numberOfFrames: row.numberOfFrames.flatMap(Int.init(exactly:)), rows: row.rows.flatMap(Int.init(exactly:)),
                            columns: row.columns.flatMap(Int.init(exactly:)), attributes: attributes.found[row.position]))))
        }
    }

    mutating func finish() async throws -> [DraftFile: FileFindings.Finding] {
        try await keep(writer.finish())
        return findings
    }

    private func keep(_ pieces: [DirectoryPiece]) async throws {
        for piece in pieces { try await survey.draft.keep(piece.bytes, ofDocument: ArchiveNames.directory, piece: piece.number) }
    }

    /// Writes the records above an instance where they are others than those of the one before.
    private mutating func beginSeries(of row: DraftRow) async throws {
        if row.study != study {
            let contents = survey.studies[row.study - 1].study
            if study == 0 || !Self.isSamePatient(contents, survey.studies[study - 1].study) {
                try await keep(writer.add(.patient(PatientRecord(contents))))
            }
            try await keep(writer.add(.study(StudyRecord(contents))))
            (study, series) = (row.study, 0)
        }
        if row.series != series {
            try await keep(writer.add(.series(SeriesRecord(survey.studies[study - 1].series[row.series - 1]))))
            series = row.series
        }
    }

    /// Without a PatientID nothing tells two people apart.
    private static func isSamePatient(_ one: SearchResult, _ other: SearchResult) -> Bool {
        one.patientID?.isEmpty == false && one.patientID == other.patientID && one.issuerOfPatientID == other.issuerOfPatientID
    }
}

extension PatientRecord {
    fileprivate init(_ study: SearchResult) {
        self.init(name: study.patientName, id: study.patientID, birthDate: study.patientBirthDate, sex: study.patientSex)
    }
}

extension StudyRecord {
    fileprivate init(_ study: SearchResult) {
        self.init(
            studyInstanceUID: study.studyInstanceUID, studyID: study.studyID, date: study.studyDate, time: study.studyTime,
            accessionNumber: study.accessionNumber, description: study.studyDescription)
    }
}

extension SeriesRecord {
    fileprivate init(_ series: SearchResult) {
        self.init(
            seriesInstanceUID: series.seriesInstanceUID, modality: series.modality, number: series.seriesNumber.flatMap(Int.init(exactly:)),
            date: series.seriesDate, time: series.seriesTime, description: series.seriesDescription,
            bodyPartExamined: series.bodyPartExamined)
    }
}
