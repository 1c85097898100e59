/// What is known of the checksums of one archive while any of its ranges is being written: one per archive, shared by all of them.
///
/// Two ranges never read the same bytes for a checksum at the same time, and each profits from what the others read for their recipients.
public final class SharedChecksums: Sendable {
    public init() {}
}
