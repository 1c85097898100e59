internal import DICOM

/// A directory record but for the offsets in it: what kind it is, what file it refers to, its keys.
struct RecordContent {
    let elements: [EncodedElement]

    /// - Parameter keys: in any order; where a tag is there twice, the first counts.
    private init(_ type: String, file: [EncodedElement] = [], keys: [EncodedElement]) {
        var elements = keys.sorted { $0.tag < $1.tag }
        // The sort is stable, so the first of two stays.
        elements = elements.enumerated().filter { $0.offset == 0 || elements[$0.offset - 1].tag != $0.element.tag }.map(\.element)
        // PS3.3 Table F.3-3 and PS3.5 §6.1: only where it is needed.
        if (file + elements).contains(where: \.needsCharacterSet) {
            elements.insert(EncodedElement(Tag(0x0008, 0x0005), .cs, "ISO_IR 192"), at: 0)
        }
        self.elements = [EncodedElement(Tag(0x0004, 0x1430), .cs, type)] + file + elements
    }

    /// Source: PS3.3 Table F.5-1.
    init(_ patient: PatientRecord) {
        self.init(
            "PATIENT",
            keys: [EncodedElement(Tag(0x0010, 0x0010), .pn, patient.name), EncodedElement(Tag(0x0010, 0x0020), .lo, patient.id)]
                + RecordContent.optional([(Tag(0x0010, 0x0030), .da, patient.birthDate), (Tag(0x0010, 0x0040), .cs, patient.sex)]))
    }

    /// Source: PS3.3 Table F.5-2.
    init(_ study: StudyRecord) {
        self.init(
            "STUDY",
            keys: [
                EncodedElement(Tag(0x0008, 0x0020), .da, study.date), EncodedElement(Tag(0x0008, 0x0030), .tm, study.time),
                EncodedElement(Tag(0x0008, 0x0050), .sh, study.accessionNumber),
                EncodedElement(Tag(0x0008, 0x1030), .lo, study.description),
                EncodedElement(Tag(0x0020, 0x000D), .ui, study.studyInstanceUID), EncodedElement(Tag(0x0020, 0x0010), .sh, study.studyID),
            ])
    }

    /// Source: PS3.3 Table F.5-3.
    init(_ series: SeriesRecord) {
        self.init(
            "SERIES",
            keys: [
                EncodedElement(Tag(0x0008, 0x0060), .cs, series.modality),
                EncodedElement(Tag(0x0020, 0x000E), .ui, series.seriesInstanceUID),
                EncodedElement(Tag(0x0020, 0x0011), .is, series.number.map(String.init)),
            ]
                + RecordContent.optional([
                    (Tag(0x0008, 0x0021), .da, series.date), (Tag(0x0008, 0x0031), .tm, series.time),
                    (Tag(0x0008, 0x103E), .lo, series.description), (Tag(0x0018, 0x0015), .cs, series.bodyPartExamined),
                ]))
    }

    /// Source: PS3.3 Table F.3-3 for the file, §F.5 for the keys.
    init(_ instance: InstanceRecord, _ type: RecordType) {
        let file = [
            EncodedElement(
                Tag(0x0004, 0x1500), .cs,
                String(decoding: instance.path.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "\\") : $0 }, as: UTF8.self)),
            EncodedElement(Tag(0x0004, 0x1510), .ui, instance.sopClassUID),
            EncodedElement(Tag(0x0004, 0x1511), .ui, instance.sopInstanceUID),
            EncodedElement(Tag(0x0004, 0x1512), .ui, instance.transferSyntaxUID),
        ]
        let attributes = instance.attributes ?? RecordAttributes(type, found: [])
        self.init(type.rawValue, file: file, keys: attributes.elements + RecordContent.catalogued(instance, type))
    }

    /// The keys that the catalogue holds.
    private static func catalogued(_ instance: InstanceRecord, _ type: RecordType) -> [EncodedElement] {
        let shape: [(Tag, ValueRepresentation, String?)] = [
            (Tag(0x0028, 0x0008), .is, instance.numberOfFrames.map(String.init)),
            (Tag(0x0028, 0x0010), .us, instance.rows.map(String.init)),
            (Tag(0x0028, 0x0011), .us, instance.columns.map(String.init)),
        ]
        let number = EncodedElement(Tag(0x0020, 0x0013), .is, instance.instanceNumber.map(String.init))
        return switch type {
        case .image: [number] + optional(shape)
        case .spectroscopy: [number] + shape.map { EncodedElement($0.0, $0.1, $0.2) }
        // Theirs have no number among their keys.
        case .plan, .surfaceScan, .hangingProtocol, .palette, .implant, .implantAssembly, .implantGroup, .inventory: []
        default: [number]
        }
    }

    private static func optional(_ keys: [(Tag, ValueRepresentation, String?)]) -> [EncodedElement] {
        keys.compactMap { tag, representation, text in text?.isEmpty == false ? EncodedElement(tag, representation, text) : nil }
    }
}
