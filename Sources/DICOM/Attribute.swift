/// A data element's tag.
///
/// Source: PS3.5 §7.1.1.
public struct Tag: Hashable, Sendable, Comparable {
    public let group: UInt16
    public let element: UInt16

    public init(_ group: UInt16, _ element: UInt16) {
        self.group = group
        self.element = element
    }

    public static func < (left: Tag, right: Tag) -> Bool {
        (left.group, left.element) < (right.group, right.element)
    }
}

/// The entity of the information model that an attribute describes.
///
/// Source: PS3.3 §A.1.2.
public enum Level: UInt8, Sendable, CaseIterable {
    /// Describes the file rather than what is in it.
    case file, patient, study, series, instance
}

/// The attributes that Fileroom reads from a file; everything else is skipped.
///
/// To read one more, add a case here and its line in ``table``. The raw values cross a pipe between programs of one build, and are not stored.
public enum Attribute: UInt8, Sendable, CaseIterable {
    case transferSyntaxUID, specificCharacterSet, timezoneOffsetFromUTC
    case patientName, patientID, issuerOfPatientID, patientBirthDate, patientSex
    case studyInstanceUID, studyID, studyDate, studyTime, accessionNumber, studyDescription, referringPhysicianName, institutionName
    case seriesInstanceUID, seriesNumber, seriesDate, seriesTime, modality, seriesDescription, protocolName, bodyPartExamined
    case laterality, manufacturer, manufacturerModelName, stationName
    case sopClassUID, sopInstanceUID, instanceNumber, numberOfFrames, rows, columns
}
