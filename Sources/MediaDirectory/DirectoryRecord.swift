/// What a directory says of one object. Values are text as the catalogue holds it, several of them separated by `\`; nil or empty when unknown.
public enum DirectoryRecord: Sendable, Hashable {
    case patient(PatientRecord)
    case study(StudyRecord)
    case series(SeriesRecord)
    case instance(InstanceRecord)
}

/// The keys of a PATIENT record.
///
/// Source: PS3.3 §F.5.1.
public struct PatientRecord: Sendable, Hashable {
    public var name: String?
    public var id: String?
    public var birthDate: String?
    public var sex: String?

    public init(name: String?, id: String?, birthDate: String? = nil, sex: String? = nil) {
        (self.name, self.id, self.birthDate, self.sex) = (name, id, birthDate, sex)
    }
}

/// The keys of a STUDY record.
///
/// Source: PS3.3 §F.5.2.
public struct StudyRecord: Sendable, Hashable {
    public var studyInstanceUID: String?
    public var studyID: String?
    public var date: String?
    public var time: String?
    public var accessionNumber: String?
    public var description: String?

    public init(
        studyInstanceUID: String?, studyID: String?, date: String?, time: String?, accessionNumber: String?, description: String?
    ) {
        (self.studyInstanceUID, self.studyID, self.date, self.time) = (studyInstanceUID, studyID, date, time)
        (self.accessionNumber, self.description) = (accessionNumber, description)
    }
}

/// The keys of a SERIES record.
///
/// Source: PS3.3 §F.5.3.
public struct SeriesRecord: Sendable, Hashable {
    public var seriesInstanceUID: String?
    public var modality: String?
    public var number: Int?
    public var date: String?
    public var time: String?
    public var description: String?
    public var bodyPartExamined: String?

    public init(
        seriesInstanceUID: String?, modality: String?, number: Int?, date: String? = nil, time: String? = nil, description: String? = nil,
        bodyPartExamined: String? = nil
    ) {
        (self.seriesInstanceUID, self.modality, self.number) = (seriesInstanceUID, modality, number)
        (self.date, self.time, self.description, self.bodyPartExamined) = (date, time, description, bodyPartExamined)
    }
}

/// A file, and the keys of the record of its kind.
public struct InstanceRecord: Sendable, Hashable {
    /// Where it lies, folders separated by `/`: at most eight parts of at most eight characters `A`–`Z`, `0`–`9` and `_`.
    ///
    /// Source: PS3.10 §8.2, PS3.5 §6.2 (CS).
    public var path: String
    public var sopClassUID: String?
    public var sopInstanceUID: String?
    public var transferSyntaxUID: String?
    public var instanceNumber: Int?
    public var numberOfFrames: Int?
    public var rows: Int?
    public var columns: Int?
    /// What the catalogue does not hold, for the kinds of objects that need more; see ``RecordAttributes``.
    public var attributes: RecordAttributes?

    public init(
        path: String, sopClassUID: String?, sopInstanceUID: String?, transferSyntaxUID: String?, instanceNumber: Int?,
        numberOfFrames: Int? = nil, rows: Int? = nil, columns: Int? = nil, attributes: RecordAttributes? = nil
    ) {
        (self.path, self.sopClassUID, self.sopInstanceUID) = (path, sopClassUID, sopInstanceUID)
        (self.transferSyntaxUID, self.instanceNumber, self.numberOfFrames) = (transferSyntaxUID, instanceNumber, numberOfFrames)
        (self.rows, self.columns, self.attributes) = (rows, columns, attributes)
    }
}
