/// A study, series or instance that was found. Absent attributes are nil; those of lower levels than the query's too.
public struct SearchResult: Sendable, Hashable {
    public var patientName: String?
    public var patientID: String?
    public var issuerOfPatientID: String?
    public var patientBirthDate: String?
    public var patientSex: String?

    public var studyInstanceUID: String?
    public var studyID: String?
    public var studyDate: String?
    public var studyTime: String?
    public var accessionNumber: String?
    public var studyDescription: String?
    public var referringPhysicianName: String?
    public var institutionName: String?
    /// Each once, sorted.
    public var modalitiesInStudy: [String] = []
    public var numberOfStudyRelatedSeries = 0

    public var seriesInstanceUID: String?
    public var seriesNumber: Int64?
    public var seriesDate: String?
    public var seriesTime: String?
    public var modality: String?
    public var seriesDescription: String?
    public var protocolName: String?
    public var bodyPartExamined: String?
    public var laterality: String?

    public var sopInstanceUID: String?
    public var sopClassUID: String?
    public var instanceNumber: Int64?
    public var numberOfFrames: Int64?
    public var rows: Int64?
    public var columns: Int64?

    /// Instances of the study or series; 1 at instance level.
    public var instanceCount = 0
    /// Files that hold it; more than instances when some lie in several places.
    public var fileCount = 0
    /// Names of the sources that hold it, sorted.
    public var sources: [String] = []
    /// Its files contradict each other.
    public var hasConflict = false
    /// Its files name more than one patient.
    public var hasPatientConflict = false
    /// Row ids, for look-ups in the same catalogue.
    public var rowIDs: RowIDs
    /// Continue after this result with ``SearchQuery/after``.
    public var cursor = ""

    /// Row ids in the catalogue's tables.
    public struct RowIDs: Sendable, Hashable {
        public var study: Int64
        public var series: Int64?
        public var instance: Int64?
    }
}

/// A value of a result, for writing it as JSON or in a table.
public enum ResultValue: Sendable, Hashable {
    case text(String?)
    case integer(Int64?)
    case truth(Bool)
    case texts([String])
}

extension SearchResult {
    /// Its values by DICOM keyword, and Fileroom's own in lower case: those that the level has, in a fixed order, present or not.
    public var attributes: [(keyword: String, value: ResultValue)] {
        var list: [(keyword: String, value: ResultValue)] = [
            ("PatientName", .text(patientName)), ("PatientID", .text(patientID)), ("IssuerOfPatientID", .text(issuerOfPatientID)),
            ("PatientBirthDate", .text(patientBirthDate)), ("PatientSex", .text(patientSex)), ("StudyInstanceUID", .text(studyInstanceUID)),
            ("StudyID", .text(studyID)), ("StudyDate", .text(studyDate)), ("StudyTime", .text(studyTime)),
            ("AccessionNumber", .text(accessionNumber)), ("StudyDescription", .text(studyDescription)),
            ("ReferringPhysicianName", .text(referringPhysicianName)), ("InstitutionName", .text(institutionName)),
            ("ModalitiesInStudy", .texts(modalitiesInStudy)),
            ("NumberOfStudyRelatedSeries", .integer(Int64(numberOfStudyRelatedSeries))),
        ]
        if rowIDs.series == nil {
            list.append(("NumberOfStudyRelatedInstances", .integer(Int64(instanceCount))))
        } else {
            list += [
                ("SeriesInstanceUID", .text(seriesInstanceUID)), ("SeriesNumber", .integer(seriesNumber)),
                ("SeriesDate", .text(seriesDate)),
                ("SeriesTime", .text(seriesTime)), ("Modality", .text(modality)), ("SeriesDescription", .text(seriesDescription)),
                ("ProtocolName", .text(protocolName)), ("BodyPartExamined", .text(bodyPartExamined)), ("Laterality", .text(laterality)),
            ]
            if rowIDs.instance == nil { list.append(("NumberOfSeriesRelatedInstances", .integer(Int64(instanceCount)))) }
        }
        if rowIDs.instance != nil {
            list += [
                ("SOPInstanceUID", .text(sopInstanceUID)), ("SOPClassUID", .text(sopClassUID)),
                ("InstanceNumber", .integer(instanceNumber)),
                ("NumberOfFrames", .integer(numberOfFrames)), ("Rows", .integer(rows)), ("Columns", .integer(columns)),
            ]
        }
        list += [
            ("file_count", .integer(Int64(fileCount))), ("source", .text(sources.joined(separator: ", "))),
            ("has_conflict", .truth(hasConflict)), ("has_patient_conflict", .truth(hasPatientConflict)),
            ("cursor", .text(cursor)),
        ]
        return list
    }

    /// Appends the result as a JSON object; what is absent is null.
    public func appendJSON(to output: inout [UInt8]) {
        var object = JSONObjectWriter()
        object.begin(&output)
        for (keyword, value) in attributes {
            object.key(keyword, &output)
            switch value {
            case .text(let text): JSONText.append(text, to: &output)
            case .integer(let integer): JSONText.append(integer, to: &output)
            case .truth(let truth): output.append(contentsOf: (truth ? "true" : "false").utf8)
            case .texts(let texts): JSONText.append(texts, to: &output)
            }
        }
        object.end(&output)
    }
}
