/// What a person or a key may do [A1].
public enum Role: String, Codable, CaseIterable, Sendable {
    /// Everything.
    case admin
    /// Search, preview, share.
    case clinician
    /// Upload only.
    case uploader

    /// Whether shares may be made, and go on being valid.
    public var mayShare: Bool { self != .uploader }
}
