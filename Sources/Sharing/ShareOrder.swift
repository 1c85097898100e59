public import Catalogue
public import Ledger

/// What somebody wants to share, and how.
public struct ShareOrder: Sendable, Hashable {
    public var items: [ContentItem]
    /// Seconds since 1970 UTC; nil for the configured time from now.
    public var expiresAt: Double?
    public var password: String?
    public var maxDownloads: Int?
    public var note = ""
    /// Of the recipient's page; nil for what his browser asks for.
    public var language: Share.Language?
    public var policy = Share.Policy.strict
    /// Whether the recipient's page names the patient; nil for what is configured.
    public var showsPatient: Bool?
    /// Whether it is known that files of one study name different patients.
    public var confirmsConflict = false

    public init(_ items: [ContentItem]) { self.items = items }
}

/// What a recipient's page may say of a share.
public struct ShareOffer: Sendable, Hashable {
    /// What the page names of a study where the share shows its patient.
    public struct Study: Sendable, Hashable {
        public var patientName: String?
        public var patientID: String?
        public var patientBirthDate: String?
        /// `YYYYMMDD`, as DICOM has it.
        public var studyDate: String?
        public var studyDescription: String?
        public var modalities: [String]
    }

    public var share: Share
    /// How many downloads may still begin; nil for any number.
    public var downloadsLeft: Int?
    /// Nil before the recipient was let in, and where the share does not show its patient.
    public var studies: [Study]?
    /// How many instances are missing at present; nil before the recipient was let in, where nothing may be missing, and where it cannot be told.
    public var missingInstances: Int?
}

/// What a recipient asks for.
public struct DownloadRequest: Sendable {
    public var share: Share
    public var grant: ShareGrant
    public var visitor: ShareVisitor
    /// Whether only the headers are asked for.
    public var isHead = false
    /// The header fields as they were sent.
    public var range: String?
    public var ifRange: String?

    public init(share: Share, grant: ShareGrant, visitor: ShareVisitor, isHead: Bool = false, range: String? = nil, ifRange: String? = nil)
    {
        (self.share, self.grant, self.visitor) = (share, grant, visitor)
        (self.isHead, self.range, self.ifRange) = (isHead, range, ifRange)
    }
}
