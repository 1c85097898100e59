/// Reads elements and the items of sequences that are in memory.
///
/// Source: PS3.5 §7.5.
struct ItemParser {
    /// Sequences within sequences beyond this are no attributes of anything that is read here.
    private static let deepest = 8

    let encoding: DataSetEncoding
    /// The value of Specific Character Set.
    let characterSets: [UInt8]

    /// The value of an element as text.
    func value(_ element: WantedElement, _ header: ElementHeader, _ bytes: UnsafeRawBufferPointer) -> FoundElement {
        let text: String
        let written = ValueRepresentation(rawValue: header.code) ?? element.valueRepresentation
        if let storage = written.integerStorage ?? element.valueRepresentation.integerStorage, !written.isText {
            text = integers(bytes, storage.byteCount, storage.isSigned)
        } else {
            text = decoded(bytes, element.valueRepresentation)
        }
        return FoundElement(tag: element.tag, valueRepresentation: element.valueRepresentation, text: text, items: [])
    }

    private func decoded(_ bytes: UnsafeRawBufferPointer, _ representation: ValueRepresentation) -> String {
        let value = ElementValue.trimmed(bytes)
        if TextDecoder.isPlain(value) { return String(decoding: value, as: UTF8.self) }
        return characterSets.withUnsafeBytes { sets in
            let declared = DeclaredCharacterSets(
                representation.dependsOnCharacterSet ? sets : UnsafeRawBufferPointer(rebasing: sets[0..<0]))
            var decoder = TextDecoder(declared, isPersonName: representation == .pn)
            return String(decoding: decoder.decode(value), as: UTF8.self)
        }
    }

    private func integers(_ bytes: UnsafeRawBufferPointer, _ byteCount: Int, _ isSigned: Bool) -> String {
        let numbers = stride(from: 0, to: bytes.count - bytes.count % byteCount, by: byteCount).map { start in
            var bits: UInt64 = 0
            for place in 0..<byteCount { bits = bits << 8 | UInt64(bytes[start + (encoding.isBigEndian ? place : byteCount - 1 - place)]) }
            let unused = UInt64(64 - 8 * byteCount)
            return isSigned ? String(Int64(bitPattern: bits << unused) >> Int64(unused)) : String(bits)
        }
        return numbers.joined(separator: "\\")
    }

    /// The items of a sequence whose content begins with `bytes`, and the content's length; nil when it is cut off or damaged.
    func items(
        of sequence: WantedElement, code: UInt16, length: UInt32, _ bytes: UnsafeRawBufferPointer, depth: Int = 0
    ) -> (items: [[FoundElement]], length: Int)? {
        // PS3.5 §6.2.2 Note 2: what is in an unknown element is implicit.
        let isUnknown = code == ValueRepresentation.un.rawValue
        let inner = isUnknown ? ItemParser(encoding: .implicitLittle, characterSets: characterSets) : self
        var items: [[FoundElement]] = []
        var position = 0
        while length == ElementHeader.undefinedLength || position < bytes.count {
            guard let header = inner.header(bytes, position) else { return nil }
            position += header.size
            if header.tag == ElementHeader.sequenceDelimitation { break }
            guard header.tag == ElementHeader.item else { return nil }
            let isOpen = header.length == ElementHeader.undefinedLength
            let end = isOpen ? bytes.count : position + Int(header.length)
            guard end <= bytes.count else { return nil }
            let content = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            guard let item = inner.elements(sequence.items, content, isOpen: isOpen, depth: depth + 1) else { return nil }
            items.append(item.elements)
            position += item.length
        }
        return (items, position)
    }

    /// The wanted elements of an item, and its length with the delimiter.
    private func elements(
        _ wanted: [WantedElement], _ bytes: UnsafeRawBufferPointer, isOpen: Bool, depth: Int
    ) -> (elements: [FoundElement], length: Int)? {
        guard depth <= ItemParser.deepest else { return nil }
        var found: [FoundElement] = []
        var position = 0
        while isOpen || position < bytes.count {
            guard let header = header(bytes, position) else { return nil }
            position += header.size
            if header.tag == ElementHeader.itemDelimitation { break }
            guard !header.isDelimiter else { return nil }
            let element = wanted.first { $0.tag.packed == header.tag }
            let isUndefined = header.length == ElementHeader.undefinedLength
            let end = isUndefined ? bytes.count : position + Int(header.length)
            guard end <= bytes.count else { return nil }
            let body = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            if isUndefined || element?.valueRepresentation == .sq {
                // One that is not wanted is read as well, for its end must be found.
                let sequence = element ?? WantedElement(0, 0, items: [])
                guard let inner = items(of: sequence, code: header.code, length: header.length, body, depth: depth) else { return nil }
                if let element { found.append(FoundElement(tag: element.tag, valueRepresentation: .sq, text: "", items: inner.items)) }
                position += inner.length
            } else {
                if let element { found.append(value(element, header, body)) }
                position = end
            }
        }
        return (found, position)
    }

    private func header(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> ElementHeader? {
        guard position + 8 <= bytes.count, let base = bytes.baseAddress else { return nil }
        let available = bytes.count - position
        return ElementHeader(base + position, available: available, remaining: UInt64(available), encoding)
    }
}
