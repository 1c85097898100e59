/// The names that files have inside an archive.
///
/// Every part of a DICOM path has at most eight characters out of `A-Z 0-9 _`, which no system takes amiss. Source: PS3.10 §8.2, §8.5.
enum ArchiveNames {
    static let directory = "DICOMDIR"
    static let readMe = "README.txt"
    static let manifest = "MANIFEST.csv"

    /// `DICOM/ST000001/SE000001/IM000001`; numbers count from 1.
    static func instance(study: Int, series: Int, instance: Int) -> String {
        instanceParts(study: study, series: series, instance: instance).joined(separator: "/")
    }

    /// The parts of ``instance(study:series:instance:)``, which are a File ID's components.
    static func instanceParts(study: Int, series: Int, instance: Int) -> [String] {
        ["DICOM", part("ST", study), part("SE", series), part("IM", instance)]
    }

    /// A prefix and six digits; a larger number takes places of the prefix.
    private static func part(_ prefix: String, _ number: Int) -> String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return prefix.prefix(max(0, 8 - padded.count)) + padded
    }
}
