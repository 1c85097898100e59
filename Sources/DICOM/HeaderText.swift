extension Header {
    /// The attribute's value as UTF-8 text: several values joined by `\`, padding removed; nil when absent, "" when present and empty.
    ///
    /// A person name keeps its alphabetic, ideographic and phonetic groups, `A=I=P`. Undecodable bytes become U+FFFD.
    ///
    /// Source: PS3.5 §6.1.2 and §6.2.1.
    public subscript(attribute: Attribute) -> String? {
        packed.withUnsafeBytes { bytes in
            guard let range = Header.range(of: attribute, in: bytes) else { return nil }
            var deviations: Deviations = []
            return Header.text(UnsafeRawBufferPointer(rebasing: bytes[range]), of: attribute, in: bytes, &deviations)
        }
    }

    /// What was wrong with the file and tolerated, in words; empty for a conforming file.
    public var deviations: [String] { allDeviations.words }

    /// What was wrong with the file and tolerated, in its reading and in its text, all of which this decodes if it is not plain ASCII.
    public var allDeviations: Deviations {
        packed.withUnsafeBytes { bytes in
            var deviations = readingDeviations
            if let characterSets = Header.range(of: .specificCharacterSet, in: bytes) {
                deviations.formUnion(DeclaredCharacterSets(UnsafeRawBufferPointer(rebasing: bytes[characterSets])).deviations)
            }
            if TextDecoder.isPlain(UnsafeRawBufferPointer(rebasing: bytes[PackedLayout.valuesOffset...])) { return deviations }
            for attribute in AttributeOrder.attributes {
                guard let range = Header.range(of: attribute, in: bytes) else { continue }
                _ = Header.text(UnsafeRawBufferPointer(rebasing: bytes[range]), of: attribute, in: bytes, &deviations)
            }
            return deviations
        }
    }

    private static func text(
        _ value: UnsafeRawBufferPointer, of attribute: Attribute, in bytes: UnsafeRawBufferPointer, _ deviations: inout Deviations
    ) -> String {
        if TextDecoder.isPlain(value) {
            return value.contains(separator) ? trimmingEach(Array(value)) : String(decoding: value, as: UTF8.self)
        }
        let representation = attribute.valueRepresentation
        let characterSets = representation.dependsOnCharacterSet ? range(of: .specificCharacterSet, in: bytes) : nil
        let declared = DeclaredCharacterSets(UnsafeRawBufferPointer(rebasing: bytes[characterSets ?? 0..<0]))
        var decoder = TextDecoder(declared, isPersonName: representation == .pn)
        let decoded = decoder.decode(value)
        deviations.formUnion(decoder.deviations)
        return decoded.contains(separator) ? trimmingEach(decoded) : String(decoding: decoded, as: UTF8.self)
    }

    private static let separator = UInt8(ascii: "\\")

    /// Removes the padding around each of several values. Only decoded text can be divided: in Chinese encodings the separator's byte is
    /// also the second of characters.
    private static func trimmingEach(_ text: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        text.withUnsafeBytes { bytes in
            for (index, value) in bytes.split(separator: separator, omittingEmptySubsequences: false).enumerated() {
                if index > 0 { result.append(separator) }
                result.append(contentsOf: ElementValue.trimmed(UnsafeRawBufferPointer(rebasing: value)))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
