/// What the `fileroom share` commands are asked.
public struct ShareOptions: Hashable, Sendable {
    public enum Action: Hashable, Sendable { case create, list, show, revoke, extend, unlock, log, statistics }
    /// What happens to a download when a file is missing.
    public enum Policy: String, CaseIterable, Sendable { case strict, manifest }
    public enum Language: String, CaseIterable, Sendable { case en, de }
    public enum State: String, CaseIterable, Sendable {
        case active, expired, revoked, locked
        case usedUp = "used_up"
        case creatorGone = "creator_gone"
    }

    public var general = GeneralOptions()
    public var action: Action
    /// UIDs of studies and series, for ``Action/create``.
    public var uids: [String] = []
    /// Of one share, for the others.
    public var id = ""
    public var expiry: KeyOptions.Expiry?
    public var passwordFile: String?
    public var asksForPassword = false
    public var maxDownloads: Int?
    public var note: String?
    public var policy: Policy?
    public var language: Language?
    public var showsPatient = false
    public var confirmsConflict = false
    public var showsQRCode = false
    /// For ``Action/list``.
    public var state: State?
    /// The most rows of a list.
    public var limit = 100

    public init(_ action: Action) { self.action = action }
}

extension ShareOptions: HasGeneralOptions {}
