/// The entity of the information model that an attribute describes.
///
/// Source: PS3.3 §A.1.2.
public enum Level: UInt8, Sendable, CaseIterable {
    /// Describes the file rather than what is in it.
    case file
    case patient, study, series, instance
}

/// The attributes that Fileroom reads from a file; everything else is skipped.
///
/// To read one more, add a case here and its line in ``definition``. The raw values cross a pipe between programs of one build, and are not stored.
public enum Attribute: UInt8, Sendable, CaseIterable {
    case transferSyntaxUID, specificCharacterSet, timezoneOffsetFromUTC
    case patientName, patientID, issuerOfPatientID, patientBirthDate, patientSex
    case studyInstanceUID, studyID, studyDate, studyTime, accessionNumber, studyDescription, referringPhysicianName, institutionName
    case seriesInstanceUID, seriesNumber, seriesDate, seriesTime, modality, seriesDescription, protocolName, bodyPartExamined
    case laterality, manufacturer, manufacturerModelName, stationName
    case sopClassUID, sopInstanceUID, instanceNumber, numberOfFrames, rows, columns

    /// The table: tag, value representation, level and keyword of each attribute.
    ///
    /// Source: PS3.6 §6 and §7.
    var definition: AttributeDefinition {
        switch self {
        case .transferSyntaxUID: .init(0x0002_0010, .ui, .file, "TransferSyntaxUID")
        case .specificCharacterSet: .init(0x0008_0005, .cs, .file, "SpecificCharacterSet")
        case .timezoneOffsetFromUTC: .init(0x0008_0201, .sh, .file, "TimezoneOffsetFromUTC")
        case .patientName: .init(0x0010_0010, .pn, .patient, "PatientName")
        case .patientID: .init(0x0010_0020, .lo, .patient, "PatientID")
        case .issuerOfPatientID: .init(0x0010_0021, .lo, .patient, "IssuerOfPatientID")
        case .patientBirthDate: .init(0x0010_0030, .da, .patient, "PatientBirthDate")
        case .patientSex: .init(0x0010_0040, .cs, .patient, "PatientSex")
        case .studyInstanceUID: .init(0x0020_000D, .ui, .study, "StudyInstanceUID")
        case .studyID: .init(0x0020_0010, .sh, .study, "StudyID")
        case .studyDate: .init(0x0008_0020, .da, .study, "StudyDate")
        case .studyTime: .init(0x0008_0030, .tm, .study, "StudyTime")
        case .accessionNumber: .init(0x0008_0050, .sh, .study, "AccessionNumber")
        case .studyDescription: .init(0x0008_1030, .lo, .study, "StudyDescription")
        case .referringPhysicianName: .init(0x0008_0090, .pn, .study, "ReferringPhysicianName")
        case .institutionName: .init(0x0008_0080, .lo, .study, "InstitutionName")
        case .seriesInstanceUID: .init(0x0020_000E, .ui, .series, "SeriesInstanceUID")
        case .seriesNumber: .init(0x0020_0011, .is, .series, "SeriesNumber")
        case .seriesDate: .init(0x0008_0021, .da, .series, "SeriesDate")
        case .seriesTime: .init(0x0008_0031, .tm, .series, "SeriesTime")
        case .modality: .init(0x0008_0060, .cs, .series, "Modality")
        case .seriesDescription: .init(0x0008_103E, .lo, .series, "SeriesDescription")
        case .protocolName: .init(0x0018_1030, .lo, .series, "ProtocolName")
        case .bodyPartExamined: .init(0x0018_0015, .cs, .series, "BodyPartExamined")
        case .laterality: .init(0x0020_0060, .cs, .series, "Laterality")
        case .manufacturer: .init(0x0008_0070, .lo, .series, "Manufacturer")
        case .manufacturerModelName: .init(0x0008_1090, .lo, .series, "ManufacturerModelName")
        case .stationName: .init(0x0008_1010, .sh, .series, "StationName")
        case .sopClassUID: .init(0x0008_0016, .ui, .instance, "SOPClassUID")
        case .sopInstanceUID: .init(0x0008_0018, .ui, .instance, "SOPInstanceUID")
        case .instanceNumber: .init(0x0020_0013, .is, .instance, "InstanceNumber")
        case .numberOfFrames: .init(0x0028_0008, .is, .instance, "NumberOfFrames")
        case .rows: .init(0x0028_0010, .us, .instance, "Rows")
        case .columns: .init(0x0028_0011, .us, .instance, "Columns")
        }
    }

    /// Its tag.
    public var tag: Tag { Tag(definition.tag) }

    /// Its value representation in the data dictionary; a file may say otherwise.
    public var valueRepresentation: ValueRepresentation { definition.valueRepresentation }

    /// The entity that it describes.
    public var level: Level { definition.level }

    /// Its keyword, such as `PatientName`.
    public var keyword: String { definition.keyword }
}

/// One line of ``Attribute/definition``.
struct AttributeDefinition {
    let tag: UInt32
    let valueRepresentation: ValueRepresentation
    let level: Level
    let keyword: String

    init(_ tag: UInt32, _ valueRepresentation: ValueRepresentation, _ level: Level, _ keyword: String) {
        self.tag = tag
        self.valueRepresentation = valueRepresentation
        self.level = level
        self.keyword = keyword
    }
}

/// The attributes in the order of their tags, which is the order in which a file has them and a ``Header`` keeps them.
enum AttributeOrder {
    static let count = Attribute.allCases.count

    /// Attributes by rank.
    static let attributes = Attribute.allCases.sorted { $0.definition.tag < $1.definition.tag }

    /// What the scanner must know of the attribute of each rank.
    static let wanted = attributes.map { Wanted($0.definition) }

    /// Ranks by raw value of the attribute.
    private static let ranks: [Int] = Attribute.allCases.map { attribute in attributes.firstIndex(of: attribute) ?? 0 }

    static func rank(of attribute: Attribute) -> Int { ranks[Int(attribute.rawValue)] }

    struct Wanted {
        let tag: UInt32
        let valueRepresentation: ValueRepresentation
        /// The letters of a value representation whose values are kept as they are; 0 for numbers in binary.
        let textCode: UInt16

        init(_ definition: AttributeDefinition) {
            tag = definition.tag
            valueRepresentation = definition.valueRepresentation
            textCode = valueRepresentation.isText ? valueRepresentation.rawValue : 0
        }
    }
}
