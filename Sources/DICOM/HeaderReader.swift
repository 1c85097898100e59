/// What a reader knows after the bytes that it has seen.
public enum HeaderProgress: Sendable {
    /// It must see `count` bytes from `offset` of the file (fewer only where the file ends).
    case needs(offset: UInt64, count: Int)
    /// It is finished.
    case finished(HeaderOutcome)
}

/// What a file turned out to be.
public enum HeaderOutcome: Sendable, Hashable {
    /// A composite instance.
    case instance(Header)
    /// A DICOMDIR (Media Storage Directory, PS3.3 Annex F): recognised, not an instance.
    case directory
    /// Not DICOM, and why.
    case notDICOM(reason: String)
}

/// Reads one file's header from bytes that the caller supplies, and says which it needs.
///
/// It does no input or output, keeps no bytes but the wanted values, and asks for more a bounded number of times, whatever the file says.
public struct HeaderReader: ~Copyable {
    /// How many requests a header is worth. Each is for 256 KiB at most.
    private static let mostRequests = 256

    private enum Phase { case recognition, metaInformation, dataSetStart, dataSet, deflated, finished }

    private var phase = Phase.recognition
    private var outcome = HeaderOutcome.directory
    private var metaScanner = MetaInformationScanner(at: 0)
    /// Where the data set starts.
    private var dataSetOffset: UInt64 = 0
    /// Of a deflated data set, its positions are those of the inflated stream.
    private var scanner = DataSetScanner(at: 0, .explicitLittle)
    private var inflater: Inflater?
    /// The offset of the next byte to inflate.
    private var inflaterOffset: UInt64 = 0
    private var fileSize: UInt64
    private var requestedOffset: UInt64 = 0
    private var requestedCount = 0
    private var requests = 0
    private var growth = 0
    private var seenEnd: UInt64 = 0
    private var values = ValueStore()
    private var deviations: Deviations = []

    /// One past the last byte of the file that was looked at, so far: a first read of that many bytes would have sufficed.
    public private(set) var extent: UInt64 = 0

    /// - Parameter fileSize: the file's size in bytes, as listed; the bytes themselves have the last word.
    public init(fileSize: UInt64) {
        self.fileSize = min(fileSize, Window.unknownEnd)
    }

    /// Takes the file's bytes from `offset` on, first from 0, then from where ``HeaderProgress/needs(offset:count:)`` says.
    ///
    /// Fewer bytes than were asked for mean that the file ends there. Bytes from elsewhere are not looked at and asked for again.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> HeaderProgress {
        if phase == .finished { return .finished(outcome) }
        guard offset == requestedOffset else { return request(requestedOffset, atLeast: requestedCount) }
        let end = offset + UInt64(bytes.count)
        if end > fileSize || bytes.count < requestedCount { fileSize = end }
        seenEnd = end
        let window = Window(start: offset, bytes: bytes, end: fileSize)
        while true {
            if let progress = advance(window) { return progress }
        }
    }

    /// Goes on within the current phase; nil when it led to the next, for which the same window serves.
    private mutating func advance(_ window: Window) -> HeaderProgress? {
        switch phase {
        case .recognition: recognise(window)
        case .metaInformation: scanMetaInformation(window)
        case .dataSetStart: startDataSet(window)
        case .dataSet: scanDataSet(window)
        case .deflated: inflateAndScan(window)
        case .finished: .finished(outcome)
        }
    }

    // MARK: - Phases

    private mutating func recognise(_ window: Window) -> HeaderProgress? {
        switch Recognition(window) {
        case .metaInformation(let offset, let hasPrefix):
            if !hasPrefix { deviations.insert(.noPrefix) }
            metaScanner = MetaInformationScanner(at: UInt64(offset))
            phase = .metaInformation
        case .dataSet:
            deviations.formUnion([.noPrefix, .noMetaInformation])
            phase = .dataSetStart
        case .directory: return finish(.directory)
        case .needs(let count): return request(0, atLeast: count)
        case .notDICOM(let reason): return finish(.notDICOM(reason: reason))
        }
        return nil
    }

    private mutating func scanMetaInformation(_ window: Window) -> HeaderProgress? {
        if case .needs(let count) = metaScanner.scan(window, into: &values) { return request(metaScanner.position, atLeast: count) }
        deviations.formUnion(metaScanner.deviations)
        if !metaScanner.meta.isPresent { deviations.insert(.noMetaInformation) }
        if metaScanner.meta.sopClassUID.withBytes(HeaderReader.isDirectory) { return finish(.directory) }
        extent = metaScanner.position
        dataSetOffset = metaScanner.position
        phase = .dataSetStart
        return nil
    }

    /// Decides how the data set is encoded: as the transfer syntax says, unless the first element clearly shows otherwise.
    private mutating func startDataSet(_ window: Window) -> HeaderProgress? {
        let bytes = window.bytes(from: dataSetOffset)
        guard bytes.count >= 8 else {
            if !window.isLast { return request(dataSetOffset, atLeast: 8) }
            // A deflated data set can be shorter, but not one with anything in it.
            deviations.insert(.truncated)
            return finish()
        }
        let start = DataSetStart(bytes)
        phase = .dataSet
        guard let declared = metaScanner.meta.transferSyntax else {
            if metaScanner.meta.isPresent { deviations.insert(.noTransferSyntax) }
            scanner = DataSetScanner(at: dataSetOffset, start.encoding)
            return nil
        }
        if declared.isDeflated, !start.isClearlyExplicit {
            inflater = Inflater(isWrapped: Inflater.isWrapped(bytes))
            inflaterOffset = dataSetOffset
            scanner = DataSetScanner(at: 0, .explicitLittle, isEndKnown: false)
            phase = .deflated
            return nil
        }
        if declared.isDeflated || start.encoding != declared.encoding { deviations.insert(.wrongTransferSyntax) }
        scanner = DataSetScanner(at: dataSetOffset, start.encoding)
        return nil
    }

    private mutating func scanDataSet(_ window: Window) -> HeaderProgress? {
        if case .needs(let count) = scanner.scan(window, into: &values) { return request(scanner.position, atLeast: count) }
        deviations.formUnion(scanner.deviations)
        extent = max(extent, scanner.extent)
        return finish()
    }

    private mutating func inflateAndScan(_ window: Window) -> HeaderProgress? {
        guard let inflater else {
            deviations.insert(.damagedDeflate)
            return finish()
        }
        while true {
            let input = window.bytes(from: inflaterOffset)
            let used = inflater.fill(from: input)
            inflaterOffset += UInt64(used)
            if used == input.count, window.isLast, inflater.isDrained { inflater.endInput() }
            if case .finished = scanner.scan(inflater.window, into: &values) { break }
            if inflater.isExhausted {
                deviations.insert(.unreasonable)
                break
            }
            let needsInput = used == input.count && inflater.isDrained
            inflater.discard(upTo: scanner.position)
            if needsInput { return request(inflaterOffset, atLeast: 1) }
        }
        // Damage after what was needed is not this reader's concern, and would be seen or not by how much was inflated at a time.
        if inflater.isDamaged, scanner.hasReachedEnd { deviations.insert(.damagedDeflate) }
        deviations.formUnion(scanner.deviations)
        extent = inflaterOffset
        return finish()
    }

    // MARK: - Ends

    private mutating func request(_ offset: UInt64, atLeast minimum: Int) -> HeaderProgress {
        requests += 1
        guard requests <= HeaderReader.mostRequests else {
            deviations.insert(.unreasonable)
            return finish()
        }
        // Where reading goes on with no great gap it is in long sequences, and larger reads save round trips. After one a little suffices again.
        growth = offset <= seenEnd + 8192 ? min(growth + 1, 5) : 0
        let size = max(minimum, 8192 << growth)
        requestedOffset = offset
        requestedCount = Int(min(UInt64(size), fileSize - min(offset, fileSize)))
        return .needs(offset: offset, count: requestedCount)
    }

    private mutating func finish(_ outcome: HeaderOutcome) -> HeaderProgress {
        phase = .finished
        self.outcome = outcome
        return .finished(outcome)
    }

    private mutating func finish() -> HeaderProgress {
        complete(.sopClassUID, from: metaScanner.meta.sopClassUID)
        complete(.sopInstanceUID, from: metaScanner.meta.sopInstanceUID)
        if let sopClass = values.value(rank: AttributeOrder.rank(of: .sopClassUID)), HeaderReader.isDirectory(sopClass) {
            return finish(.directory)
        }
        if values.isEmpty { return finish(.notDICOM(reason: "starts as DICOM, but has nothing of a composite instance")) }
        noteAbsence(of: .sopClassUID, .noSOPClassUID)
        noteAbsence(of: .sopInstanceUID, .noSOPInstanceUID)
        noteAbsence(of: .studyInstanceUID, .noStudyInstanceUID)
        noteAbsence(of: .seriesInstanceUID, .noSeriesInstanceUID)
        return finish(.instance(Header(values, deviations)))
    }

    /// Takes a UID that the data set lacks from the file meta information, which must repeat it (PS3.10 §7.1).
    private mutating func complete(_ attribute: Attribute, from text: MetaInformation.ShortText) {
        if text.isEmpty { return }
        let rank = AttributeOrder.rank(of: attribute)
        if let present = values.value(rank: rank), !present.isEmpty {
            if !text.withBytes({ $0.equals(present) }) { deviations.insert(.conflictingMetaInformation) }
            return
        }
        deviations.insert(.identifiedByMetaInformation)
        text.withBytes { values.set(rank: rank, to: $0) }
    }

    private mutating func noteAbsence(of attribute: Attribute, _ deviation: Deviations) {
        if values.length(rank: AttributeOrder.rank(of: attribute)) ?? 0 == 0 { deviations.insert(deviation) }
    }

    /// Whether the UID is that of Media Storage Directory Storage (PS3.4 §I.4).
    private static func isDirectory(_ uid: UnsafeRawBufferPointer) -> Bool { uid.equals("1.2.840.10008.1.3.10") }
}

extension Header {
    /// Reads the header of a file that is in memory whole.
    public static func read(_ file: UnsafeRawBufferPointer) -> HeaderOutcome {
        var reader = HeaderReader(fileSize: UInt64(file.count))
        var progress = reader.consume(file, at: 0)
        // With the whole file at hand a request can only be for bytes that were there; obeying it is simple and always ends.
        while case .needs(let offset, _) = progress {
            let start = Int(min(offset, UInt64(file.count)))
            progress = reader.consume(UnsafeRawBufferPointer(rebasing: file[start...]), at: offset)
        }
        guard case .finished(let outcome) = progress else { return .notDICOM(reason: "") }
        return outcome
    }

    /// Reads the header of a file that is in memory whole.
    public static func read(_ file: [UInt8]) -> HeaderOutcome { file.withUnsafeBytes { read($0) } }
}
