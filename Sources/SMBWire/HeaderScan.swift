public import DICOM

/// Reads one file's header: asks a `HeaderReader` what it needs, and a function for the bytes.
public struct HeaderScan: ~Copyable {
    /// A header that wants more than this in one piece, or more pieces, is being made to by the file.
    public static let mostBytes = 16 << 20
    public static let mostReads = 4096

    /// Bytes that were read.
    public private(set) var bytesRead = 0
    /// Offset behind the last byte that the header needed.
    public private(set) var headerEnd = 0
    private let fileSize: UInt64
    private var reader: HeaderReader
    private var readsLeft = HeaderScan.mostReads

    /// What to do next.
    public enum Step {
        /// Read so many bytes from an offset.
        case read(offset: UInt64, count: Int)
        case finished(HeaderOutcome)
    }

    /// - Parameter fileSize: the size that the listing gave; no byte behind it is asked for, which would cost another round trip.
    public init(fileSize: UInt64) {
        self.fileSize = fileSize
        reader = HeaderReader(fileSize: fileSize)
    }

    /// - Parameter firstRead: how many bytes to read first.
    public func begin(firstRead: Int) -> Step {
        // FIFOs and sockets on a share are listed as empty files: what is empty is never opened.
        guard fileSize > 0 else { return .finished(.notDICOM(reason: "empty file")) }
        return .read(offset: 0, count: Int(min(UInt64(clamping: max(firstRead, 1)), fileSize, UInt64(HeaderScan.mostBytes))))
    }

    /// - Parameter bytes: what was read from `offset`; fewer than were asked for only at the end of the file.
    public mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Step {
        bytesRead += bytes.count
        readsLeft -= 1
        let progress = reader.consume(bytes, at: offset)
        headerEnd = Int(clamping: reader.extent)
        switch progress {
        case .finished(let outcome):
            return .finished(outcome)
        case .needs(let next, let wanted):
            let offset = min(next, fileSize)
            let count = Int(min(UInt64(clamping: wanted), fileSize - offset))
            if count > HeaderScan.mostBytes {
                return .finished(.notDICOM(reason: "a header of more than \(HeaderScan.mostBytes >> 20) MiB"))
            }
            if readsLeft == 0 { return .finished(.notDICOM(reason: "a header in more than \(HeaderScan.mostReads) pieces")) }
            return .read(offset: offset, count: count)
        }
    }

    /// - Parameters:
    ///   - firstRead: how many bytes to read first.
    ///   - buffer: reused from file to file; grows when it must.
    ///   - read: fills a buffer from an offset and says how many bytes there were: fewer only at the end of the file.
    /// - Throws: what `read` throws.
    @inlinable
    public mutating func run<Failure: Error>(
        firstRead: Int, buffer: ReadBuffer, read: (UInt64, UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> HeaderOutcome {
        var step = begin(firstRead: firstRead)
        while true {
            switch step {
            case .finished(let outcome): return outcome
            case .read(let offset, let count):
                let part = buffer.first(count)
                let got = count == 0 ? 0 : min(try read(offset, part), count)
                step = take(UnsafeRawBufferPointer(rebasing: part[..<got]), at: offset)
            }
        }
    }
}

/// Memory that is used for one read after another.
public final class ReadBuffer {
    private var memory: UnsafeMutableRawBufferPointer

    public init(_ size: Int = 128 << 10) {
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
    }

    deinit { memory.deallocate() }

    /// Room for `count` bytes; valid until the next call.
    public func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if count > memory.count {
            memory.deallocate()
            memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }
}
