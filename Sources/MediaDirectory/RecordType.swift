/// The kinds of directory records that refer to a file.
///
/// Source: PS3.3 §F.5, Table F.3-3.
enum RecordType: String, Sendable, CaseIterable {
    case image = "IMAGE"
    case rtDose = "RT DOSE"
    case rtStructureSet = "RT STRUCTURE SET"
    case rtPlan = "RT PLAN"
    case rtTreatmentRecord = "RT TREAT RECORD"
    case presentation = "PRESENTATION"
    case waveform = "WAVEFORM"
    case srDocument = "SR DOCUMENT"
    case keyObjectDocument = "KEY OBJECT DOC"
    case spectroscopy = "SPECTROSCOPY"
    case rawData = "RAW DATA"
    case registration = "REGISTRATION"
    case fiducial = "FIDUCIAL"
    case encapsulatedDocument = "ENCAP DOC"
    case valueMap = "VALUE MAP"
    case stereometric = "STEREOMETRIC"
    case plan = "PLAN"
    case measurement = "MEASUREMENT"
    case surface = "SURFACE"
    case surfaceScan = "SURFACE SCAN"
    case tract = "TRACT"
    case assessment = "ASSESSMENT"
    case radiotherapy = "RADIOTHERAPY"
    case annotation = "ANNOTATION"
    // Not of a patient, and therefore beside the patients (Table F.4-1).
    case hangingProtocol = "HANGING PROTOCOL"
    case palette = "PALETTE"
    case implant = "IMPLANT"
    case implantAssembly = "IMPLANT ASSY"
    case implantGroup = "IMPLANT GROUP"
    case inventory = "INVENTORY"

    /// Whether it belongs to the root rather than to a series.
    var isRoot: Bool {
        switch self {
        case .hangingProtocol, .palette, .implant, .implantAssembly, .implantGroup, .inventory: true
        default: false
        }
    }

    /// The kind for a SOP class. What is none of the others is an image, or is shown as one by whoever knows it.
    init(sopClassUID: String?) {
        let storage = "1.2.840.10008.5.1.4.1.1."
        guard let uid = sopClassUID else {
            self = .image
            return
        }
        if uid.hasPrefix(storage) {
            let rest = String(uid.dropFirst(storage.count))
            self = RecordType.exact[rest] ?? RecordType.families.first { rest.hasPrefix($0.prefix) }?.type ?? .image
        } else {
            self = RecordType.others[uid] ?? .image
        }
    }

    /// By what follows the root of storage SOP classes: single classes, those of the families that are another kind included.
    private static let exact: [String: RecordType] = [
        "4.2": .spectroscopy, "66": .rawData, "66.1": .registration, "66.2": .fiducial, "66.3": .registration, "66.5": .surface,
        "66.6": .tract, "67": .valueMap, "68.1": .surfaceScan, "68.2": .surfaceScan, "77.1.5.3": .stereometric,
        "78.6": .srDocument, "79.1": .srDocument, "80.1": .measurement, "88.59": .keyObjectDocument, "90.1": .assessment,
        "91.1": .annotation, "131": .presentation, "201.1": .inventory, "481.2": .rtDose, "481.3": .rtStructureSet,
        "481.4": .rtTreatmentRecord, "481.5": .rtPlan, "481.6": .rtTreatmentRecord, "481.7": .rtTreatmentRecord, "481.8": .rtPlan,
        "481.9": .rtTreatmentRecord, "481.1": .image, "481.23": .image, "481.24": .image,
        // Waveform presentation states: their record (§F.5.49) has the keys of other presentation states.
        "9.100.1": .presentation, "9.100.2": .presentation,
    ]

    /// Families of classes that have more members every year.
    private static let families: [(prefix: String, type: RecordType)] = [
        ("9.", .waveform), ("11.", .presentation), ("78.", .measurement), ("88.", .srDocument), ("104.", .encapsulatedDocument),
        // Procedure protocols have no record of their own; this one has no keys that they could lack.
        ("200.", .plan),
        // RT Second Generation, from RT Physician Intent on.
        ("481.", .radiotherapy),
    ]

    private static let others: [String: RecordType] = [
        "1.2.840.10008.5.1.4.34.7": .plan, "1.2.840.10008.5.1.4.34.10": .plan, "1.2.840.10008.5.1.4.34.1": .plan,
        "1.2.840.10008.5.1.4.38.1": .hangingProtocol, "1.2.840.10008.5.1.4.39.1": .palette, "1.2.840.10008.5.1.4.43.1": .implant,
        "1.2.840.10008.5.1.4.44.1": .implantAssembly, "1.2.840.10008.5.1.4.45.1": .implantGroup,
    ]
}
