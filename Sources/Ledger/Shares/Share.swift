/// A link through which someone outside may download studies or series, as its creator sees it. Never holds the token or the password.
public struct Share: Sendable, Hashable {
    /// What is shared as a whole.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case study, series
        /// Several items, picked by hand.
        case set
    }

    /// A study or a series, by its UID in the catalogue.
    public struct Item: Codable, Sendable, Hashable {
        public enum Level: String, Codable, CaseIterable, Sendable { case study, series }
        public var type: Level
        public var uid: String

        public init(type: Level, uid: String) { (self.type, self.uid) = (type, uid) }
    }

    /// How much was shared, as it was when the share was made.
    public struct Summary: Codable, Sendable, Hashable {
        public var studies: Int
        public var series: Int
        public var instances: Int
        public var bytes: Int64
        public var modalities: [String]

        public init(studies: Int, series: Int, instances: Int, bytes: Int64, modalities: [String]) {
            (self.studies, self.series, self.instances, self.bytes) = (studies, series, instances, bytes)
            self.modalities = modalities
        }
    }

    /// What becomes of a download when a file is missing [H5].
    public enum Policy: String, Codable, CaseIterable, Sendable {
        /// It is refused.
        case strict
        /// The rest is delivered, and the manifest names what is missing.
        case manifest
    }

    /// The language of the recipient's page.
    public enum Language: String, Codable, CaseIterable, Sendable { case english = "en", german = "de" }

    /// Whether downloads can begin, and why not. Of several reasons the one that comes first here.
    public enum State: String, Codable, CaseIterable, Sendable {
        case revoked
        /// Its creator was disabled, removed or may not share any more, or the creating key was revoked or has expired.
        case creatorGone = "creator_gone"
        case expired
        /// As many downloads as it allows have begun.
        case usedUp = "used_up"
        /// Too many wrong passwords: until the creator unlocks it no password is taken. Who unlocked it before may go on.
        case locked
        case active
    }

    /// Twelve characters that name the share to its creator and in logs; tells nothing of the token.
    public var id: String
    public var kind: Kind
    public var items: [Item]
    public var summary: Summary
    /// The actor's name, as in the audit trail.
    public var createdBy: String
    public var createdAt: Double
    public var expiresAt: Double
    /// As it was when this was read, by the ledger's clock.
    public var state: State
    public var hasPassword: Bool
    public var maxDownloads: Int?
    public var downloadCount: Int
    /// Opened pages, passwords that were right and downloads; see ``lastAccessed``.
    public var accessCount: Int
    public var lastAccessed: Double?
    public var bytesSent: Int64
    public var revokedAt: Double?
    public var revokedBy: String?
    public var note: String
    public var policy: Policy
    /// Nil for what the recipient's browser asks for.
    public var language: Language?
    /// Whether the recipient's page names the patient.
    public var showsPatient: Bool
    public var isConflictConfirmed: Bool
    /// Wrong ones since it was made or unlocked.
    public var failedPasswords: Int
    public var lockedAt: Double?
    /// Until when downloads that have begun may be resumed, unless it is revoked or its creator is gone before.
    public var resumableUntil: Double
    let rowID: Int64
    /// Grants of an earlier one are void.
    let generation: Int64

    /// Whether running downloads must end now.
    public var endsDownloads: Bool { state == .revoked || state == .creatorGone }
    /// Whether a download may begin for a recipient who has been let in.
    public var admitsNewDownloads: Bool { state == .active || state == .locked }
    /// Whether a download that has begun may go on.
    public func admitsResuming(now: Double) -> Bool { admitsNewDownloads || (!endsDownloads && now < resumableUntil) }
    /// Whether the recipient's page says anything at all: who asks for one that does not gets the same answer as for one that never was.
    public var isPresentable: Bool { admitsNewDownloads }
}

/// Whose right a share follows.
public enum ShareCreator: Sendable, Hashable {
    case user(name: String)
    case key(id: Int64)
    /// The command line on this machine, whose right does not end.
    case local
}

/// A share to be made.
public struct NewShare: Sendable, Hashable {
    public var kind: Share.Kind
    public var items: [Share.Item]
    public var summary: Share.Summary
    public var expiresAt: Double
    public var password: String?
    public var maxDownloads: Int?
    public var note = ""
    public var policy: Share.Policy = .strict
    public var language: Share.Language?
    public var showsPatient = false
    public var isConflictConfirmed = false

    public init(kind: Share.Kind, items: [Share.Item], summary: Share.Summary, expiresAt: Double) {
        (self.kind, self.items, self.summary, self.expiresAt) = (kind, items, summary, expiresAt)
    }
}

/// A share that has just been made.
public struct CreatedShare: Sendable {
    public var share: Share
    /// For the link: 256 random bits in base64url, kept nowhere.
    public var token: String
}

/// What is to be changed of a share; what is nil stays.
public struct ShareChange: Sendable, Hashable {
    public var expiresAt: Double?
    /// `.some(nil)` lifts the limit.
    public var maxDownloads: Int??
    public var note: String?
    /// `.some(nil)` removes it. With a new one everybody must unlock anew, and all failures are forgotten.
    public var password: String??
    public var language: Share.Language??
    public var policy: Share.Policy?
    public var showsPatient: Bool?
    /// Forgets all wrong passwords and takes passwords again.
    public var unlocks = false

    public init() {}
}

/// Which shares to list.
public struct ShareFilter: Sendable, Hashable {
    /// Only this one's own.
    public var creator: ShareCreator?
    /// By the name of who made it, without regard to case.
    public var createdBy: String?
    public var state: Share.State?

    public init(creator: ShareCreator? = nil, createdBy: String? = nil, state: Share.State? = nil) {
        (self.creator, self.createdBy, self.state) = (creator, createdBy, state)
    }
}

/// Totals over shares.
public struct ShareStatistics: Sendable, Hashable {
    /// How many there are in each state.
    public var shares: [Share.State: Int] = [:]
    public var downloads = 0
    public var bytes: Int64 = 0
    public var failedPasswords = 0
    public var accessCount = 0
}
