/// The shapes of what is found: the DICOM keywords that the catalogue writes, in its order.
enum SearchSchemas {
    private static let text = Schema.nullable(.string())
    private static let number = Schema.nullable(.integer())

    private static let study: [Schema.Member] =
        texts([
            "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID", "StudyDate",
            "StudyTime", "AccessionNumber", "StudyDescription", "ReferringPhysicianName", "InstitutionName",
        ]) + [.init("ModalitiesInStudy", .array(of: .string())), .init("NumberOfStudyRelatedSeries", .integer())]

    private static let series: [Schema.Member] =
        texts(["SeriesInstanceUID"]) + [.init("SeriesNumber", number)]
        + texts([
            "SeriesDate", "SeriesTime", "Modality", "SeriesDescription", "ProtocolName", "BodyPartExamined", "Laterality",
        ])

    private static let instance: [Schema.Member] =
        texts(["SOPInstanceUID", "SOPClassUID"])
        + ["InstanceNumber", "NumberOfFrames", "Rows", "Columns"].map { .init($0, number) }

    private static let common: [Schema.Member] = [
        .init("file_count", .integer(), "Files that hold it; more than instances when some lie in several places."),
        .init("source", .string(), "Names of the sources that hold it, separated by commas."),
        .init("has_conflict", .boolean, "Whether its files contradict each other."),
        .init("has_patient_conflict", .boolean, "Whether files of its study name more than one patient: it must not be handed on unseen."),
        .init("cursor", .string(), "To be given as `after` to continue behind this one."),
    ]

    private static func texts(_ names: [String]) -> [Schema.Member] { names.map { .init($0, text) } }

    private static let studyMembers = study + [.init("NumberOfStudyRelatedInstances", .integer())] + common

    private static let exported: [Schema.Member] =
        [.init("SeriesKey", .string(), "The SeriesInstanceUID, or what stands in for it.")]
        + texts(["PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyDescription", "SeriesDescription"]) + [
            .init("SeriesNumber", number), .init("Modality", text), .init("files", .array(of: .string()), "Every location of its files."),
            .init("file_count", .integer()),
        ]

    static let components: [String: Schema] = [
        "ExportedSeries": .object(exported),
        "Study": .object(studyMembers),
        "StudyWithConflicts": .object(
            studyMembers + [.init("Conflicts", .array(of: .reference("Conflict")), "Where its files contradict each other.")]),
        "Series": .object(study + series + [.init("NumberOfSeriesRelatedInstances", .integer())] + common),
        "Instance": .object(study + series + instance + common),
        "Conflict": .object([
            .init("attribute", .string(), "A DICOM keyword."), .init("kept", text, "The value that is shown."),
            .init("found", text, "The other value."), .init("series", text, "Of which series it is an attribute; null for the study's."),
            .init("instance", text, "Of which instance it is an attribute; null for the series' and the study's."),
        ]),
    ]
}
