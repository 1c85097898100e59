internal import DICOM

/// A key of a directory record that is read from the file.
struct RecordKey: Sendable {
    let element: WantedElement
    /// Whether the record has it even without a value, being of type 1 or 2.
    let isRequired: Bool

    static func required(_ element: WantedElement) -> RecordKey { RecordKey(element: element, isRequired: true) }
    static func conditional(_ element: WantedElement) -> RecordKey { RecordKey(element: element, isRequired: false) }
}

extension RecordType {
    /// The keys that the catalogue does not hold, in the order of their tags.
    ///
    /// Source: PS3.3 §F.5, the table of each record.
    var keys: [RecordKey] {
        switch self {
        case .image, .plan: []
        case .stereometric: RecordType.contentIdentification
        case .rtDose: [.required(.init(0x3004, 0x000A, .cs))]
        case .rtStructureSet:
            [.required(.init(0x3006, 0x0002, .sh)), .required(.init(0x3006, 0x0008, .da)), .required(.init(0x3006, 0x0009, .tm))]
        case .rtPlan:
            [.required(.init(0x300A, 0x0002, .sh)), .required(.init(0x300A, 0x0006, .da)), .required(.init(0x300A, 0x0007, .tm))]
        case .rtTreatmentRecord: [.required(.init(0x3008, 0x0250, .da)), .required(.init(0x3008, 0x0251, .tm))]
        case .presentation: RecordType.presentationKeys
        case .waveform, .rawData, .surfaceScan: RecordType.contentDateAndTime
        case .srDocument: RecordType.reportKeys
        case .keyObjectDocument:
            RecordType.contentDateAndTime + [.required(RecordType.conceptName), .conditional(RecordType.contentItems)]
        case .spectroscopy: RecordType.spectroscopyKeys
        case .registration, .fiducial, .valueMap, .measurement, .surface, .tract, .annotation:
            RecordType.contentDateAndTime + RecordType.contentIdentification
        case .encapsulatedDocument: RecordType.documentKeys
        case .assessment: [.required(.init(0x0008, 0x0012, .da)), .required(.init(0x0008, 0x0013, .tm))]
        case .radiotherapy:
            [
                .required(.init(0x0070, 0x0081, .lo)), .required(.init(0x0070, 0x0084, .pn)), .conditional(.init(0x3010, 0x0033, .sh)),
                .conditional(.init(0x3010, 0x0034, .lo)),
            ]
        case .hangingProtocol: RecordType.hangingProtocolKeys
        case .palette: [.required(.init(0x0070, 0x0080, .cs)), .required(.init(0x0070, 0x0081, .lo))]
        case .implant:
            [
                .required(.init(0x0008, 0x0070, .lo)), .required(.init(0x0022, 0x1095, .lo)), .required(.init(0x0022, 0x1097, .lo)),
                .conditional(.init(0x0068, 0x6210, .lo)),
            ]
        case .implantAssembly:
            [
                .required(.init(0x0008, 0x0070, .lo)), .required(.init(0x0076, 0x0001, .lo)),
                .required(.init(0x0076, 0x0020, items: RecordType.code)),
            ]
        case .implantGroup: [.required(.init(0x0078, 0x0001, .lo)), .required(.init(0x0078, 0x0020, .lo))]
        case .inventory: RecordType.inventoryKeys
        }
    }

    // MARK: - What several have in common

    static let contentDateAndTime: [RecordKey] = [.required(.init(0x0008, 0x0023, .da)), .required(.init(0x0008, 0x0033, .tm))]

    /// The Content Identification Macro without the instance number, which the catalogue has.
    ///
    /// Source: PS3.3 Table 10-12.
    static let contentIdentification: [RecordKey] = [
        .required(.init(0x0070, 0x0080, .cs)), .required(.init(0x0070, 0x0081, .lo)), .required(.init(0x0070, 0x0084, .pn)),
    ]

    /// Source: PS3.3 Table 8.8-1.
    static let code: [WantedElement] = [
        .init(0x0008, 0x0100, .sh), .init(0x0008, 0x0102, .sh), .init(0x0008, 0x0103, .sh), .init(0x0008, 0x0104, .lo),
        .init(0x0008, 0x0119, .uc), .init(0x0008, 0x0120, .ur),
    ]

    static let conceptName = WantedElement(0x0040, 0xA043, items: code)
    static let relationshipType = WantedElement(0x0040, 0xA010, .cs)

    /// Content items as far as they modify a concept; others are no keys.
    static let contentItems = WantedElement(
        0x0040, 0xA730,
        items: [
            relationshipType, .init(0x0040, 0xA040, .cs), conceptName, .init(0x0040, 0xA120, .dt), .init(0x0040, 0xA121, .da),
            .init(0x0040, 0xA122, .tm), .init(0x0040, 0xA123, .pn), .init(0x0040, 0xA124, .ui), .init(0x0040, 0xA160, .ut),
            .init(0x0040, 0xA168, items: code),
        ])

    // MARK: - Of one kind

    /// Where the time of a report's verification is found, and where the record has it.
    static let verificationTime = WantedElement(0x0040, 0xA030, .dt)
    static let verifyingObservers = WantedElement(0x0040, 0xA073, items: [verificationTime])

    private static let reportKeys: [RecordKey] =
        contentDateAndTime + [
            .required(conceptName), .conditional(verifyingObservers), .required(.init(0x0040, 0xA491, .cs)),
            .required(.init(0x0040, 0xA493, .cs)), .conditional(contentItems),
        ]

    private static let referencedSeries = WantedElement(
        0x0008, 0x1115,
        items: [
            .init(
                0x0008, 0x1140,
                items: [.init(0x0008, 0x1150, .ui), .init(0x0008, 0x1155, .ui), .init(0x0008, 0x1160, .is), .init(0x0062, 0x000B, .us)]),
            .init(0x0020, 0x000E, .ui),
        ])

    private static let presentationKeys: [RecordKey] =
        [.conditional(referencedSeries)] + contentIdentification[..<2] + [
            .required(.init(0x0070, 0x0082, .da)), .required(.init(0x0070, 0x0083, .tm)), contentIdentification[2],
            .conditional(
                .init(0x0070, 0x0402, items: [referencedSeries, .init(0x0020, 0x000D, .ui), .init(0x0070, 0x0405, .cs)])),
        ]

    private static let spectroscopyKeys: [RecordKey] =
        [.required(.init(0x0008, 0x0008, .cs))] + contentDateAndTime + [
            .conditional(.init(0x0008, 0x9092, items: [.init(0x0008, 0x1150, .ui), .init(0x0008, 0x1155, .ui)])),
            .required(.init(0x0028, 0x9001, .ul)), .required(.init(0x0028, 0x9002, .ul)),
        ]

    private static let documentKeys: [RecordKey] =
        contentDateAndTime + [
            .conditional(.init(0x0040, 0xE001, .st)), .required(conceptName), .required(.init(0x0042, 0x0010, .st)),
            .required(.init(0x0042, 0x0012, .lo)),
        ]

    private static let hangingProtocolKeys: [RecordKey] = [
        .required(.init(0x0072, 0x0002, .sh)), .required(.init(0x0072, 0x0004, .lo)), .required(.init(0x0072, 0x0006, .cs)),
        .required(.init(0x0072, 0x0008, .lo)), .required(.init(0x0072, 0x000A, .dt)),
        .required(
            .init(
                0x0072, 0x000C,
                items: [
                    .init(0x0008, 0x0060, .cs), .init(0x0008, 0x1032, items: code), .init(0x0008, 0x2218, items: code),
                    .init(0x0020, 0x0060, .cs), .init(0x0040, 0x100A, items: code),
                ])),
        .required(.init(0x0072, 0x000E, items: code)), .required(.init(0x0072, 0x0014, .us)),
    ]

    /// Without the Scope of Inventory Macro: what was asked for is long, and tells no directory's reader anything.
    private static let inventoryKeys: [RecordKey] =
        contentDateAndTime + [
            .required(.init(0x0008, 0x0401, .lt)), .required(.init(0x0008, 0x0403, .cs)), .required(.init(0x0008, 0x0426, .cs)),
            .required(.init(0x0008, 0x0428, .uv)),
        ]
}
