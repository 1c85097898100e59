/// What a scanner knows after a window.
enum ScanProgress {
    /// It must see `count` bytes from its position.
    case needs(count: Int)
    case finished
}

/// Walks the elements of a data set, keeps the wanted values of its top level, and steps over everything else.
///
/// It stops only at the start of an element, so that its state is a position and a depth, and any window that begins there continues.
struct DataSetScanner {
    /// Where the next element starts.
    private(set) var position: UInt64
    private(set) var deviations: Deviations = []
    /// One past the last byte that was looked at.
    private(set) var extent: UInt64 = 0

    /// Whether it took the whole stream to finish.
    private(set) var hasReachedEnd = false

    private let encoding: DataSetEncoding
    /// Whether a window's end is the stream's, always known, and not just where an inflated stream has stopped.
    private let isEndKnown: Bool
    /// Open sequences and items of undefined length. Those of defined length are stepped over whole, so what is open alternates:
    /// at odd depth a sequence, in which items are expected, at even depth an item, in which elements are. No stack is needed.
    private var depth = 0
    /// The depth from which on everything is implicit, being in an element of unknown value representation; 0 when there is none.
    private var unknownDepth = 0
    private var unknownIsUnconfirmed = false
    private var previousTag: UInt32 = 0
    /// The rank of the first wanted attribute that can still come in an ordered data set.
    private var cursor = 0

    init(at position: UInt64, _ encoding: DataSetEncoding, isEndKnown: Bool = true) {
        self.position = position
        self.encoding = encoding
        self.isEndKnown = isEndKnown
    }

    private enum Step { case next, finished, needs(Int) }

    /// Takes a window that begins at or before ``position``.
    mutating func scan(_ window: Window, into values: inout ValueStore) -> ScanProgress {
        let count = UInt64(window.bytes.count)
        return AttributeOrder.wanted.withUnsafeBufferPointer { wanted in
            while true {
                if depth == 0 {
                    ExplicitForm.masks.withUnsafeBufferPointer { stepOverOrdinary(window, wanted, encoding.isExplicit ? $0 : nil, &values) }
                }
                let offset = position &- window.start
                guard position >= window.start, offset <= count, count - offset >= 8, let base = window.bytes.baseAddress else {
                    return shortage(of: 8, window)
                }
                let pointer = base + Int(offset)
                let available = window.bytes.count - Int(offset)
                let end = max(knownEnd(window), window.start + count)
                let parsed = ElementHeader(pointer, available: available, remaining: end - position, currentEncoding(pointer))
                guard let header = parsed else { return shortage(of: 12, window) }
                // No element is all zeros. A copy that was broken off leaves a file of full size, with nothing in the rest of it.
                if header.tag == 0, header.length == 0 {
                    _ = endOfFile(window)
                    return .finished
                }
                let step: Step
                if depth > 0 || header.isDelimiter {
                    step = stepNested(header, window)
                } else {
                    let value = UnsafeRawBufferPointer(start: pointer + header.size, count: available - header.size)
                    step = stepTopLevel(header, value, window, wanted, &values)
                }
                switch step {
                case .next: continue
                case .finished: return .finished
                case .needs(let count): return shortage(of: count, window)
                }
            }
        }
    }

    // MARK: - Top level

    /// Goes over the elements of the top level as long as they are what nearly all are: in order, little endian, of a known value
    /// representation, and whole in the window. At anything else it stops, and leaves that to the general step.
    private mutating func stepOverOrdinary(
        _ window: Window, _ wanted: UnsafeBufferPointer<AttributeOrder.Wanted>, _ masks: UnsafeBufferPointer<UInt64>?,
        _ values: inout ValueStore
    ) {
        guard !encoding.isBigEndian, position >= window.start, position - window.start <= UInt64(window.bytes.count),
            let base = window.bytes.baseAddress
        else { return }
        var walk = OrdinaryWalk(next: base + Int(position - window.start), end: base + window.bytes.count, tag: previousTag)
        while cursor < wanted.count {
            let target = wanted[cursor]
            guard let tag = walk.skip(to: target.tag, masks) else { break }
            if tag > target.tag {
                cursor += 1
                continue
            }
            guard target.textCode != 0, let value = walk.takeValue(target.textCode, masks) else { break }
            values.set(rank: cursor, to: ElementValue.trimmed(value))
        }
        if walk.lengths & 1 != 0 { deviations.insert(.oddLength) }
        previousTag = walk.tag
        position = window.start + UInt64(walk.next - base)
    }

    private mutating func stepTopLevel(
        _ header: ElementHeader, _ available: UnsafeRawBufferPointer, _ window: Window,
        _ wanted: UnsafeBufferPointer<AttributeOrder.Wanted>, _ values: inout ValueStore
    ) -> Step {
        let tag = header.tag
        if tag > wanted[wanted.count - 1].tag, canStop(before: tag, values) {
            extent = max(extent, position + 8)
            return .finished
        }
        if tag <= previousTag { noteDisorder(tag) }
        if header.isUnknown { deviations.insert(.unknownValueRepresentation) }
        while cursor < wanted.count, wanted[cursor].tag < tag { cursor &+= 1 }
        let isWanted = cursor < wanted.count && wanted[cursor].tag == tag
        if header.length == ElementHeader.undefinedLength {
            previousTag = tag
            if isWanted { deviations.insert(.wrongValueRepresentation) }
            open(header)
            return .next
        }
        if header.length & 1 != 0 { deviations.insert(.oddLength) }
        if isWanted {
            // A value that the file's end has cut is no value: half a UID would be another UID.
            guard position + UInt64(header.size) + UInt64(header.length) <= knownEnd(window) else { return endOfFile(window) }
            let count = min(Int(header.length), ValueStore.longestValue)
            guard available.count >= count else { return .needs(header.size + count) }
            if count < Int(header.length) { deviations.insert(.longValue) }
            let value = ElementValue(
                code: header.code, expected: wanted[cursor].valueRepresentation, isBigEndian: encoding.isBigEndian,
                bytes: UnsafeRawBufferPointer(start: available.baseAddress, count: count))
            value.store(rank: cursor, in: &values, &deviations)
        }
        previousTag = tag
        if tag == wanted[wanted.count - 1].tag, canStop(before: tag, values) {
            extent = max(extent, position + UInt64(header.size) + UInt64(min(Int(header.length), ValueStore.longestValue)))
            return .finished
        }
        return skip(header, window)
    }

    /// Whether nothing wanted is missed by stopping before an element with that tag, which is beyond the last wanted one.
    ///
    /// Elements ascend (PS3.5 §7.1). In a file that has shown to be unordered, or lacks what every composite instance has, the rest may
    /// still come, so reading goes on; but never into the pixel data.
    private func canStop(before tag: UInt32, _ values: borrowing ValueStore) -> Bool {
        if tag >= 0x7FE0_0000 { return true }
        if deviations.contains(.outOfOrder) { return false }
        for rank in DataSetScanner.essentialRanks where values.length(rank: rank) == nil { return false }
        return true
    }

    private static let essentialRanks = [Attribute.sopInstanceUID, .studyInstanceUID, .seriesInstanceUID].map {
        AttributeOrder.rank(of: $0)
    }

    private mutating func noteDisorder(_ tag: UInt32) {
        // A value that did not fit in the last window is met twice, but previousTag moves only past complete elements.
        deviations.insert(tag == previousTag ? .duplicateElement : .outOfOrder)
        cursor = 0
    }

    // MARK: - Sequences

    private mutating func open(_ header: ElementHeader) {
        depth += 1
        position += UInt64(header.size)
        // PS3.5 §6.2.2 Note 2: the content of an unknown element of undefined length is implicit little endian, whatever is around it.
        if header.code == ValueRepresentation.un.rawValue, unknownDepth == 0 {
            unknownDepth = depth
            unknownIsUnconfirmed = true
        }
    }

    private mutating func close(_ levels: Int) {
        depth -= levels
        if depth < unknownDepth { unknownDepth = 0 }
    }

    /// How the element at `pointer` is encoded.
    @inline(__always)
    private mutating func currentEncoding(_ pointer: UnsafeRawPointer) -> DataSetEncoding {
        if unknownDepth == 0 { return encoding }
        return unknownEncoding(pointer)
    }

    private mutating func unknownEncoding(_ pointer: UnsafeRawPointer) -> DataSetEncoding {
        if unknownIsUnconfirmed, ElementHeader.load16(pointer, false) != 0xFFFE {
            unknownIsUnconfirmed = false
            // Some writers keep the explicit encoding inside. An implicit length that reads as letters would be above 16,000.
            let letters = UInt16(bigEndian: (pointer + 4).loadUnaligned(as: UInt16.self))
            if ValueRepresentation(rawValue: letters) != nil {
                unknownDepth = 0
                return encoding
            }
        }
        return .implicitLittle
    }

    /// Steps over something inside a sequence, or over a delimiter anywhere.
    private mutating func stepNested(_ header: ElementHeader, _ window: Window) -> Step {
        let isInItem = depth > 0 && depth % 2 == 0
        switch header.tag {
        case ElementHeader.item:
            if depth == 0 || isInItem { deviations.insert(.damagedSequence) }
            if isInItem { close(1) }
            if header.length != ElementHeader.undefinedLength { return skip(header, window) }
            depth += depth == 0 ? 2 : 1
        case ElementHeader.itemDelimitation:
            if isInItem { close(1) } else { deviations.insert(.damagedSequence) }
        case ElementHeader.sequenceDelimitation:
            if depth == 0 || isInItem { deviations.insert(.damagedSequence) }
            if depth > 0 { close(isInItem ? 2 : 1) }
        case _ where header.isDelimiter:
            deviations.insert(.damagedSequence)
        case _ where !isInItem:
            // An element where an item should be: the sequence was not closed. The element is looked at again, one level up.
            deviations.insert(.damagedSequence)
            close(1)
            return .next
        default:
            if header.isUnknown { deviations.insert(.unknownValueRepresentation) }
            if header.length != ElementHeader.undefinedLength { return skip(header, window) }
            open(header)
            return .next
        }
        position += UInt64(header.size)
        return .next
    }

    // MARK: - Moving

    @inline(__always)
    private mutating func skip(_ header: ElementHeader, _ window: Window) -> Step {
        let next = position &+ UInt64(header.size) &+ UInt64(header.length)
        if next > knownEnd(window) { return endOfFile(window) }
        position = next
        return .next
    }

    /// The stream's end as far as it may decide how bytes are understood: not that of an inflated stream, which is known late or early,
    /// depending on how much has been inflated at a time.
    @inline(__always)
    private func knownEnd(_ window: Window) -> UInt64 { isEndKnown ? window.end : Window.unknownEnd }

    private mutating func endOfFile(_ window: Window) -> Step {
        deviations.insert(.truncated)
        extent = max(extent, min(position + 8, window.end))
        return .finished
    }

    private mutating func shortage(of count: Int, _ window: Window) -> ScanProgress {
        guard window.isLast else { return .needs(count: count) }
        // A data set may end between elements of its top level, and nowhere else.
        if position != window.end || depth > 0 { deviations.insert(.truncated) }
        hasReachedEnd = true
        extent = max(extent, window.end)
        return .finished
    }
}
