internal import DICOM

/// What makes a patient, study, series or instance the same one as another, and what stands in where a file does not say.
///
/// Stand-ins begin with a word that no UID begins with, so they never meet one.
enum Identity {
    /// Joins parts of a key; cannot occur in a decoded value that has been cleaned.
    private static let separator = "\u{1F}"

    /// Patient = PatientID + IssuerOfPatientID, or the source's default issuer.
    ///
    /// Without a PatientID nothing tells two people apart, so every study is then a patient of its own.
    static func patient(_ attributes: VariantAttributes) -> (key: String, patientID: String, issuer: String) {
        let issuer = issuer(of: attributes)
        guard let patientID = attributes.nonEmpty(.patientID) else {
            return ("unidentified" + separator + study(attributes), "", issuer)
        }
        return ([patientID, issuer].joined(separator: separator), patientID, issuer)
    }

    /// Study = StudyInstanceUID; without one: patient, date, study ID and accession number.
    static func study(_ attributes: VariantAttributes) -> String {
        if let uid = attributes.nonEmpty(.studyInstanceUID) { return uid }
        let parts: [Attribute] = [.patientID, .issuerOfPatientID, .patientName, .patientBirthDate, .studyDate, .studyID, .accessionNumber]
        return standIn("study", parts, of: attributes)
    }

    /// Series = SeriesInstanceUID; without one: the study, modality, number, description and date, or, when neither number nor description is
    /// there, the source and folder.
    static func series(_ attributes: VariantAttributes, folder: String) -> String {
        if let uid = attributes.nonEmpty(.seriesInstanceUID) { return uid }
        let key =
            standIn("series", [.modality, .seriesNumber, .seriesDescription, .seriesDate], of: attributes) + separator + study(attributes)
        let tellsApart = attributes.nonEmpty(.seriesNumber) != nil || attributes.nonEmpty(.seriesDescription) != nil
        return tellsApart ? key : key + separator + folder
    }

    /// Instance = SOPInstanceUID; without one: the file.
    static func instance(_ sopInstanceUID: String?, fileID: Int64) -> String {
        if let sopInstanceUID, !sopInstanceUID.isEmpty { return sopInstanceUID }
        return "file \(fileID)"
    }

    /// Whether ``instance(_:fileID:)`` made it for a file that names no SOPInstanceUID.
    static func isStandIn(instance key: String) -> Bool { key.hasPrefix("file ") }

    private static func standIn(_ word: String, _ parts: [Attribute], of attributes: VariantAttributes) -> String {
        ([word] + parts.map { $0 == .issuerOfPatientID ? issuer(of: attributes) : attributes[$0] ?? "" }).joined(separator: separator)
    }

    private static func issuer(of attributes: VariantAttributes) -> String {
        attributes.nonEmpty(.issuerOfPatientID) ?? attributes.defaultIssuer
    }
}
