internal import DICOM

/// The patient, study and series attributes of a file, decoded: what ``Schema`` keeps once per distinct set.
struct VariantAttributes: Equatable {
    /// The attributes that are kept, in the order in which they are stored. The timezone is the study's, because its dates depend on it.
    static let kept: [Attribute] = Attribute.allCases.filter { attribute in
        switch attribute.level {
        case .patient, .study, .series: true
        case .file: attribute == .timezoneOffsetFromUTC
        case .instance: false
        }
    }

    private static let positions: [Int?] = Attribute.allCases.map { kept.firstIndex(of: $0) }

    private var values: [String?]
    /// Stands for IssuerOfPatientID where the file names none: the source's, which is why it is kept with what came from that source.
    let defaultIssuer: String

    init(_ header: Header, defaultIssuer: String) {
        values = Self.kept.map { header[$0].map(Self.cleaned) }
        self.defaultIssuer = Self.cleaned(defaultIssuer)
    }

    /// A variant, and how many files carry it.
    typealias Counted = (attributes: VariantAttributes, files: Int64)

    /// Of each attribute the value that most files carry; nil when there is no variant.
    init?(merging variants: [Counted]) {
        guard let first = variants.first?.attributes else { return nil }
        self = first
        guard variants.count > 1 else { return }
        for (index, attribute) in Self.kept.enumerated() {
            values[index] = Self.values(of: attribute, among: variants).first ?? values[index]
        }
    }

    /// The values of an attribute that say something, each once, the one that most files carry first; of equally frequent ones the first.
    static func values(of attribute: Attribute, among variants: [Counted]) -> [String] {
        var found: [(value: String, files: Int64)] = []
        var places: [String: Int] = [:]
        var last: (value: String, place: Int)?
        for variant in variants {
            guard let value = variant.attributes.nonEmpty(attribute) else { continue }
            if let last, last.value == value {
                found[last.place].files += variant.files
                continue
            }
            let place = places[comparable(value, attribute), default: found.count]
            if place == found.count {
                places[comparable(value, attribute)] = place
                found.append((value, 0))
            }
            found[place].files += variant.files
            last = (value, place)
        }
        return found.indices.sorted { (-found[$0].files, $0) < (-found[$1].files, $1) }.map { found[$0].value }
    }

    /// Trailing empty components of a person name may be left out (PS3.5 §6.2.1.1), so `DOE^JOHN` and `DOE^JOHN^^^` are one name.
    private static func comparable(_ value: String, _ attribute: Attribute) -> String {
        guard attribute == .patientName || attribute == .referringPhysicianName else { return value }
        var groups = value.split(separator: "=", omittingEmptySubsequences: false)
        for index in groups.indices {
            while let last = groups[index].last, last == "^" || last == " " { groups[index].removeLast() }
        }
        while groups.last?.isEmpty == true { groups.removeLast() }
        return groups.joined(separator: "=")
    }

    subscript(attribute: Attribute) -> String? {
        Self.positions[Int(attribute.rawValue)].flatMap { values[$0] }
    }

    /// A present and non-empty value.
    func nonEmpty(_ attribute: Attribute) -> String? {
        self[attribute].flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: Storage

    /// Separates values. Neither control character can be in a value: ``cleaned(_:)`` sees to it.
    private static let separator: Character = "\u{1F}"
    private static let absent = "\u{1}"

    /// Control characters other than line ends have no place in a value, and NUL would end a text in SQLite's functions.
    private static func cleaned(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return value }
        return String(
            String.UnicodeScalarView(
                value.unicodeScalars.map { scalar in
                    (scalar.value < 0x20 && scalar != "\n" && scalar != "\r" && scalar != "\t" && scalar != "\u{0C}")
                        || scalar.value == 0x7F
                        ? "\u{FFFD}" : scalar
                }))
    }

    var encoded: String {
        (values.map { $0 ?? Self.absent } + [defaultIssuer]).joined(separator: String(Self.separator))
    }

    /// - Returns: nil when the text is not what ``encoded`` makes.
    init?(encoded: String) {
        let parts = encoded.split(separator: Self.separator, omittingEmptySubsequences: false)
        guard parts.count == Self.kept.count + 1, let issuer = parts.last else { return nil }
        values = parts.dropLast().map { $0 == Self.absent ? nil : String($0) }
        defaultIssuer = String(issuer)
    }
}
