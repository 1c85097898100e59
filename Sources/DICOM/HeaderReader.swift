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
    /// How many requests a header is worth. Each is for more than the last, so that together they may cover some tens of megabytes.
    private static let mostRequests = 256

    private enum Phase {
        case recognition
        case metaInformation(MetaInformationScanner)
        case dataSetStart(UInt64)
        case dataSet(DataSetScanner)
        /// A deflated data set: its scanner's positions are those of the inflated stream, the offset is that of the file.
        case deflated(DataSetScanner, Inflater, UInt64)
        case finished(HeaderOutcome)
    }

    private var phase = Phase.recognition
    private var fileSize: UInt64
    private var requestedOffset: UInt64 = 0
    private var requestedCount = 0
    private var requests = 0
    private var values = ValueStore()
    private var deviations: Deviations = []
    private var meta = MetaInformation()

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
        if case .finished(let outcome) = phase { return .finished(outcome) }
        guard offset == requestedOffset else { return request(requestedOffset, atLeast: requestedCount) }
        let end = offset + UInt64(bytes.count)
        if end > fileSize || bytes.count < requestedCount { fileSize = end }
        let window = Window(start: offset, bytes: bytes, end: fileSize)
        while true {
            if let progress = advance(window) { return progress }
        }
    }

    /// Goes on within the current phase; nil when it led to the next, for which the same window serves.
    private mutating func advance(_ window: Window) -> HeaderProgress? {
        switch phase {
        case .recognition:
            return recognise(window)
        case .metaInformation(var scanner):
            let progress = scanner.scan(window, into: &values)
            if case .needs(let count) = progress {
                phase = .metaInformation(scanner)
                return request(scanner.position, atLeast: count)
            }
            meta = scanner.meta
            deviations.formUnion(scanner.deviations)
            return finishMetaInformation(at: scanner.position)
        case .dataSetStart(let position):
            return startDataSet(at: position, window)
        case .dataSet(var scanner):
            let progress = scanner.scan(window, into: &values)
            if case .needs(let count) = progress {
                phase = .dataSet(scanner)
                return request(scanner.position, atLeast: count)
            }
            deviations.formUnion(scanner.deviations)
            extent = max(extent, scanner.extent)
            return finish()
        case .deflated(let scanner, let inflater, let position):
            return inflateAndScan(scanner, inflater, position, window)
        case .finished(let outcome):
            return .finished(outcome)
        }
    }

    // MARK: - Phases

    private mutating func recognise(_ window: Window) -> HeaderProgress? {
        switch Recognition(window) {
        case .metaInformation(let offset, let hasPrefix):
            if !hasPrefix { deviations.insert(.noPrefix) }
            phase = .metaInformation(MetaInformationScanner(at: UInt64(offset)))
        case .dataSet:
            deviations.formUnion([.noPrefix, .noMetaInformation])
            phase = .dataSetStart(0)
        case .directory: return finish(.directory)
        case .needs(let count): return request(0, atLeast: count)
        case .notDICOM(let reason): return finish(.notDICOM(reason: reason))
        }
        return nil
    }

    private mutating func finishMetaInformation(at position: UInt64) -> HeaderProgress? {
        if !meta.isPresent { deviations.insert(.noMetaInformation) }
        if meta.sopClassUID.withBytes(HeaderReader.isDirectory) { return finish(.directory) }
        extent = position
        phase = .dataSetStart(position)
        return nil
    }

    /// Decides how the data set is encoded: as the transfer syntax says, unless the first element clearly shows otherwise.
    private mutating func startDataSet(at position: UInt64, _ window: Window) -> HeaderProgress? {
        let offset = Int(min(position - window.start, UInt64(window.bytes.count)))
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[offset...])
        guard bytes.count >= 8 else {
            if !window.isLast { return request(position, atLeast: 8) }
            // A deflated data set can be shorter, but not one with anything in it.
            deviations.insert(.truncated)
            return finish()
        }
        let start = DataSetStart(bytes)
        guard let declared = meta.transferSyntax else {
            if meta.isPresent { deviations.insert(.noTransferSyntax) }
            phase = .dataSet(DataSetScanner(at: position, start.encoding))
            return nil
        }
        if declared.isDeflated, !start.isClearlyExplicit {
            guard let inflater = Inflater(isWrapped: Inflater.isWrapped(bytes)) else {
                deviations.insert(.damagedDeflate)
                return finish()
            }
            phase = .deflated(DataSetScanner(at: 0, .explicitLittle, isEndKnown: false), inflater, position)
            return nil
        }
        if declared.isDeflated || start.encoding != declared.encoding { deviations.insert(.wrongTransferSyntax) }
        phase = .dataSet(DataSetScanner(at: position, start.encoding))
        return nil
    }

    private mutating func inflateAndScan(
        _ scanner: DataSetScanner, _ inflater: Inflater, _ position: UInt64, _ window: Window
    ) -> HeaderProgress? {
        var scanner = scanner
        var position = position
        while true {
            let offset = Int(min(position - window.start, UInt64(window.bytes.count)))
            let input = UnsafeRawBufferPointer(rebasing: window.bytes[offset...])
            let used = inflater.fill(from: input)
            position += UInt64(used)
            if used == input.count, window.isLast, inflater.isDrained { inflater.endInput() }
            if case .finished = scanner.scan(inflater.window, into: &values) { break }
            if inflater.isExhausted {
                deviations.insert(.unreasonable)
                break
            }
            if used == input.count, inflater.isDrained {
                phase = .deflated(scanner, inflater, position)
                inflater.discard(upTo: scanner.position)
                return request(position, atLeast: 1)
            }
            inflater.discard(upTo: scanner.position)
        }
        // Damage after what was needed is not this reader's concern, and would be seen or not by how much was inflated at a time.
        if inflater.isDamaged, scanner.hasReachedEnd { deviations.insert(.damagedDeflate) }
        deviations.formUnion(scanner.deviations)
        extent = position
        return finish()
    }

    // MARK: - Ends

    private mutating func request(_ offset: UInt64, atLeast minimum: Int) -> HeaderProgress {
        requests += 1
        guard requests <= HeaderReader.mostRequests else {
            deviations.insert(.unreasonable)
            return finish()
        }
        // Headers that need many reads are long sequences: larger reads then save round trips.
        let size = max(minimum, 8192 << min(requests / 2, 5))
        requestedOffset = offset
        requestedCount = Int(min(UInt64(size), fileSize - min(offset, fileSize)))
        return .needs(offset: offset, count: requestedCount)
    }

    private mutating func finish(_ outcome: HeaderOutcome) -> HeaderProgress {
        phase = .finished(outcome)
        return .finished(outcome)
    }

    private mutating func finish() -> HeaderProgress {
        complete(.sopClassUID, from: meta.sopClassUID)
        complete(.sopInstanceUID, from: meta.sopInstanceUID)
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
