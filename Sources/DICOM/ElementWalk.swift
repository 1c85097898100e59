/// Walks the top level of a data set and takes the wanted elements that are whole in a window.
///
/// Its state between windows is a position and a depth, as that of ``DataSetScanner``.
struct ElementWalk {
    private(set) var position: UInt64 = 0
    private(set) var found: [FoundElement] = []

    private let wanted: [WantedElement]
    private let last: UInt32
    private var encoding = DataSetEncoding.explicitLittle
    private var characterSets: [UInt8] = []
    /// Open sequences and items of undefined length that are stepped over.
    private var depth = 0
    /// The depth from which on everything is implicit; 0 when there is none.
    private var unknownDepth = 0
    /// Where an element begins that is passed over, having more than it may or than there is.
    private var unreadable: UInt64?

    init(_ wanted: [WantedElement]) {
        self.wanted = wanted
        last = wanted.map(\.tag.packed).max() ?? 0
    }

    mutating func start(at position: UInt64, _ encoding: DataSetEncoding) {
        self.position = position
        self.encoding = encoding
    }

    /// Says that the element at ``position``, which needs more than there is, is to be passed over.
    mutating func skipUnreadable() { unreadable = position }

    /// Takes a window that begins at or before ``position``.
    mutating func advance(_ window: Window) -> ScanProgress {
        while true {
            let rest = window.bytes(from: position)
            // Twelve bytes are the longest header, but a short one may end the file.
            guard position >= window.start, rest.count >= (window.isLast ? 8 : 12), let pointer = rest.baseAddress else {
                return window.isLast || unreadable == position ? .finished : .needs(count: 12)
            }
            let current = unknownDepth > 0 ? .implicitLittle : encoding
            let remaining = max(window.end, window.start + UInt64(window.bytes.count)) - position
            guard let header = ElementHeader(pointer, available: rest.count, remaining: remaining, current) else { return .finished }
            if depth > 0 {
                guard stepNested(header) else { return .finished }
                continue
            }
            guard header.tag <= last, header.tag < 0x7FE0_0000, header.tag > 0 else { return .finished }
            guard let element = wantedElement(header.tag), unreadable != position else {
                stepOver(header)
                continue
            }
            if let missing = take(element, header, rest) { return .needs(count: missing) }
        }
    }

    private func wantedElement(_ tag: UInt32) -> WantedElement? {
        // Specific Character Set says what all others mean.
        tag == 0x0008_0005 ? WantedElement(0x0008, 0x0005, .cs) : wanted.first { $0.tag.packed == tag }
    }

    /// Takes an element, or returns how many bytes of it must be seen.
    private mutating func take(_ element: WantedElement, _ header: ElementHeader, _ rest: UnsafeRawBufferPointer) -> Int? {
        if header.length == ElementHeader.undefinedLength, element.valueRepresentation != .sq {
            stepOver(header)
            return nil
        }
        let end = header.size + Int(header.length)
        if header.length != ElementHeader.undefinedLength, rest.count < end { return end }
        let body = UnsafeRawBufferPointer(
            rebasing: header.length == ElementHeader.undefinedLength ? rest[header.size...] : rest[header.size..<end])
        if element.tag.packed == 0x0008_0005 { characterSets = Array(ElementValue.trimmed(body)) }
        let parser = ItemParser(encoding: encoding, characterSets: characterSets)
        guard element.valueRepresentation == .sq else {
            if element.tag.packed != 0x0008_0005 { found.append(parser.value(element, header, body)) }
            position += UInt64(end)
            return nil
        }
        guard let (items, length) = parser.items(of: element, code: header.code, length: header.length, body) else {
            // Cut off in the window, or damaged.
            return header.length == ElementHeader.undefinedLength ? rest.count + 4096 : skipDamaged(end)
        }
        found.append(FoundElement(tag: element.tag, valueRepresentation: .sq, text: "", items: items))
        position += UInt64(header.size + length)
        return nil
    }

    private mutating func skipDamaged(_ end: Int) -> Int? {
        position += UInt64(end)
        return nil
    }

    // MARK: - Stepping over

    private mutating func stepOver(_ header: ElementHeader) {
        position += UInt64(header.size)
        if header.length != ElementHeader.undefinedLength {
            position += UInt64(header.length)
            return
        }
        depth += 1
        // PS3.5 §6.2.2 Note 2.
        if header.code == ValueRepresentation.un.rawValue, unknownDepth == 0 { unknownDepth = depth }
    }

    /// Steps over something inside a sequence; false where that is damaged.
    private mutating func stepNested(_ header: ElementHeader) -> Bool {
        let isInItem = depth % 2 == 0
        switch header.tag {
        case ElementHeader.item where !isInItem, _ where isInItem && !header.isDelimiter: stepOver(header)
        case ElementHeader.itemDelimitation where isInItem, ElementHeader.sequenceDelimitation where !isInItem:
            position += UInt64(header.size)
            depth -= 1
            if depth < unknownDepth { unknownDepth = 0 }
        default: return false
        }
        return true
    }
}
