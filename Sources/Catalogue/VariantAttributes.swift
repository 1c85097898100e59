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

    /// Each attribute's first non-empty value, else its first; nil when there is no variant.
    init?(merging variants: [VariantAttributes]) {
        guard let first = variants.first else { return nil }
        (values, defaultIssuer) = (first.values, first.defaultIssuer)
        for index in values.indices where values[index]?.isEmpty ?? true {
            values[index] = variants.lazy.compactMap { $0.values[index] }.first { !$0.isEmpty } ?? values[index]
        }
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
