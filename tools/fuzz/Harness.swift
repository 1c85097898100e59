// Compiled together with the sources of the DICOM module, not as part of the package; see `run`.

/// One input: the first three bytes choose how the file is read, the rest is the file, and also a packed header.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 3 else { return 0 }
    let firstRead = Int(start[0]) * 16
    let moreThanAsked = Int(start[1] & 0x7F)
    let sizeLie = start[2]
    // A copy of exactly that size, so that the address sanitizer sees a read of one byte too many.
    let file = UnsafeMutableRawBufferPointer.allocate(byteCount: count - 3, alignment: 1)
    defer { file.deallocate() }
    file.copyMemory(from: UnsafeRawBufferPointer(start: start + 3, count: count - 3))

    let whole = Header.read(UnsafeRawBufferPointer(file))
    let pieces = readInPieces(UnsafeRawBufferPointer(file), firstRead, moreThanAsked)
    // How a file is read must not show in what is read.
    precondition(whole == pieces, "the outcome depends on the chunks")
    readWithWrongSize(UnsafeRawBufferPointer(file), sizeLie)
    if case .instance(let header) = whole { exercise(header) }
    if let header = Header(packed: Array(file)) { exercise(header) }
    return 0
}

func readInPieces(_ file: UnsafeRawBufferPointer, _ firstRead: Int, _ more: Int) -> HeaderOutcome {
    var reader = HeaderReader(fileSize: UInt64(file.count))
    var offset: UInt64 = 0
    var count = min(firstRead, file.count)
    for _ in 0..<300 {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { piece.deallocate() }
        piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: file[Int(offset)..<Int(offset) + count]))
        switch reader.consume(UnsafeRawBufferPointer(piece), at: offset) {
        case .finished(let outcome): return outcome
        case .needs(let next, let wanted):
            precondition(next <= UInt64(file.count), "bytes beyond the end are asked for")
            offset = next
            count = min(wanted + more, file.count - Int(next))
        }
    }
    preconditionFailure("asks without end")
}

/// A file that is longer or shorter than its folder said.
func readWithWrongSize(_ file: UnsafeRawBufferPointer, _ lie: UInt8) {
    let size = lie < 128 ? UInt64(file.count) / 2 : lie == 255 ? UInt64.max : UInt64(file.count) * UInt64(lie)
    var reader = HeaderReader(fileSize: size)
    var offset: UInt64 = 0
    var count = 8192
    for _ in 0..<300 {
        let start = Int(min(offset, UInt64(file.count)))
        let end = min(start + count, file.count)
        switch reader.consume(UnsafeRawBufferPointer(rebasing: file[start..<end]), at: offset) {
        case .finished: return
        case .needs(let next, let wanted): (offset, count) = (next, wanted)
        }
    }
    preconditionFailure("asks without end")
}

func exercise(_ header: Header) {
    guard let copy = Header(packed: header.packed) else { preconditionFailure("a packed header is not accepted") }
    precondition(copy.digest(of: Level.allCases) == header.digest(of: Level.allCases))
    _ = header.deviations
    for attribute in Attribute.allCases {
        _ = header.integer(attribute)
        precondition((header[attribute] != nil) == header.contains(attribute))
        header.withRawValue(of: attribute) { bytes in precondition((bytes?.count ?? 0) <= 4096) }
    }
}
