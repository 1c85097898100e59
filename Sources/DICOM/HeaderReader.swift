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
public struct HeaderReader: ~Copyable {
    /// - Parameter fileSize: the file's size in bytes, as listed.
    public init(fileSize: UInt64) {}

    /// Takes the file's bytes from `offset` on.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> HeaderProgress {
        .finished(.notDICOM(reason: ""))
    }
}
