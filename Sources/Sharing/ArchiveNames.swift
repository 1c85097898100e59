/// The names that files have inside an archive.
///
/// Every part of a DICOM path has at most eight characters out of `A-Z 0-9 _`, which no system takes amiss. Source: PS3.10 §8.2, §8.5.
enum ArchiveNames {
    static let directory = "DICOMDIR"
    static let readMe = "README.txt"
    static let manifest = "MANIFEST.csv"

    /// `DICOM/ST000001/SE000001/IM000001`; numbers count from 1.
    static func instance(study: Int, series: Int, instance: Int) -> String {
        "DICOM/\(part("ST", study))/\(part("SE", series))/\(part("IM", instance))"
    }

    /// A prefix and six digits; a larger number takes places of the prefix.
    private static func part(_ prefix: StaticString, _ number: Int) -> String {
        String(unsafeUninitializedCapacity: 8) { characters in
            var rest = number
            for index in (0..<8).reversed() {
                let isDigit = rest > 0 || index >= prefix.utf8CodeUnitCount
                characters[index] = isDigit ? UInt8(ascii: "0") + UInt8(rest % 10) : prefix.utf8Start[index]
                rest /= 10
            }
            return 8
        }
    }
}
