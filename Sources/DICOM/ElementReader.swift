/// What an ``ElementReader`` knows after the bytes that it has seen.
public enum ElementProgress: Sendable {
    /// It must see `count` bytes from `offset` of the file (fewer only where the file ends).
    case needs(offset: UInt64, count: Int)
    /// It is finished. What the file does not have, or not in readable form, is left out.
    case finished([FoundElement])
}

/// Takes chosen elements, with what is in their items, from one file's bytes, which the caller supplies; it says which it needs.
///
/// For attributes that ``HeaderReader`` does not read, because no catalogue needs them. It asks for a bounded number of bytes, whatever the file
/// says, never for pixel data, and takes a file that is damaged for one that ends there.
public struct ElementReader: ~Copyable {
    private static let mostRequests = 64
    /// What one element may take. Sequences of many items are longer, and not read.
    private static let longestElement = 64 * 1024
    private static let usualRequest = 16 * 1024

    private enum Phase { case recognition, metaInformation, dataSetStart, dataSet, deflated }

    private var phase = Phase.recognition
    private var metaScanner = MetaInformationScanner(at: 0)
    private var dataSetOffset: UInt64 = 0
    private var inflater: Inflater?
    private var inflaterOffset: UInt64 = 0
    private var walk: ElementWalk
    private var ignoredValues = ValueStore()
    private var fileSize: UInt64
    private var requestedOffset: UInt64 = 0
    private var requestedCount = 0
    private var requests = 0

    /// - Parameter fileSize: in bytes, as listed; the bytes themselves have the last word.
    public init(_ wanted: [WantedElement], fileSize: UInt64) {
        walk = ElementWalk(wanted)
        self.fileSize = min(fileSize, Window.unknownEnd)
    }

    /// Takes the file's bytes from `offset` on, first from 0, then from where ``ElementProgress/needs(offset:count:)`` says.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> ElementProgress {
        guard offset == requestedOffset else { return request(requestedOffset, atLeast: requestedCount) }
        let end = offset + UInt64(bytes.count)
        if end > fileSize || bytes.count < requestedCount { fileSize = end }
        let window = Window(start: offset, bytes: bytes, end: fileSize)
        while true {
            if let progress = advance(window) { return progress }
        }
    }

    /// Goes on within the current phase; nil when it led to the next.
    private mutating func advance(_ window: Window) -> ElementProgress? {
        switch phase {
        case .recognition:
            switch Recognition(window) {
            case .metaInformation(let offset, _):
                metaScanner = MetaInformationScanner(at: UInt64(offset))
                phase = .metaInformation
            case .dataSet: phase = .dataSetStart
            case .needs(let count): return request(0, atLeast: count)
            case .directory, .notDICOM: return .finished([])
            }
        case .metaInformation:
            if case .needs(let count) = metaScanner.scan(window, into: &ignoredValues) {
                return request(metaScanner.position, atLeast: count)
            }
            dataSetOffset = metaScanner.position
            phase = .dataSetStart
        case .dataSetStart: return startDataSet(window)
        case .dataSet:
            switch walk.advance(window) {
            case .finished: return finish()
            case .needs(let count) where count > ElementReader.longestElement || window.isLast: walk.skipUnreadable()
            case .needs(let count): return request(walk.position, atLeast: count)
            }
        case .deflated: return inflate(window)
        }
        return nil
    }

    private mutating func startDataSet(_ window: Window) -> ElementProgress? {
        let bytes = window.bytes(from: dataSetOffset)
        guard bytes.count >= 8 else { return window.isLast ? finish() : request(dataSetOffset, atLeast: 8) }
        let start = DataSetStart(bytes)
        if metaScanner.meta.transferSyntax?.isDeflated == true, !start.isClearlyExplicit {
            inflater = Inflater(isWrapped: Inflater.isWrapped(bytes))
            inflaterOffset = dataSetOffset
            walk.start(at: 0, .explicitLittle)
            phase = .deflated
        } else {
            walk.start(at: dataSetOffset, start.encoding)
            phase = .dataSet
        }
        return nil
    }

    private mutating func inflate(_ window: Window) -> ElementProgress? {
        guard let inflater else { return finish() }
        while true {
            let input = window.bytes(from: inflaterOffset)
            let used = inflater.fill(from: input)
            inflaterOffset += UInt64(used)
            if used == input.count, window.isLast, inflater.isDrained { inflater.endInput() }
            let inflated = inflater.window
            guard case .needs = walk.advance(inflated), !inflater.isExhausted else { return finish() }
            let needsInput = used == input.count && inflater.isDrained
            inflater.discard(upTo: walk.position)
            if needsInput, !inflater.hasEnded { return request(inflaterOffset, atLeast: 1) }
            // A full window, or the last, has not enough for the element; there will be no more.
            if used == 0, inflater.window.start == inflated.start { walk.skipUnreadable() }
        }
    }

    private mutating func request(_ offset: UInt64, atLeast minimum: Int) -> ElementProgress {
        requests += 1
        guard requests <= ElementReader.mostRequests else { return finish() }
        requestedOffset = offset
        let size = UInt64(max(minimum, ElementReader.usualRequest))
        requestedCount = Int(min(size, fileSize - min(offset, fileSize)))
        return .needs(offset: offset, count: requestedCount)
    }

    private func finish() -> ElementProgress { .finished(walk.found) }
}
