internal import HTTPServer
internal import Ledger

/// What a request says of a share: of a new one, or what is to change.
struct ShareTerms: Decodable {
    /// `.none` where a member is absent, `.some(nil)` where it is null.
    let expiresInSeconds: Int?
    let expiresAt: String?
    let maxDownloads: Int??
    let note: String?
    let password: String??
    let language: Share.Language??
    let policy: Share.Policy?
    let showsPatient: Bool?
    let locked: Bool?

    private enum CodingKeys: String, CodingKey {
        case note, password, language, policy, locked
        case expiresInSeconds = "expires_in_seconds"
        case expiresAt = "expires_at"
        case maxDownloads = "max_downloads"
        case showsPatient = "shows_patient"
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func given<Value: Decodable>(_ key: CodingKeys) throws -> Value?? {
            members.contains(key) ? .some(try members.decodeIfPresent(Value.self, forKey: key)) : .none
        }
        expiresInSeconds = try members.decodeIfPresent(Int.self, forKey: .expiresInSeconds)
        expiresAt = try members.decodeIfPresent(String.self, forKey: .expiresAt)
        (maxDownloads, password, language) = (try given(.maxDownloads), try given(.password), try given(.language))
        note = try members.decodeIfPresent(String.self, forKey: .note)
        policy = try members.decodeIfPresent(Share.Policy.self, forKey: .policy)
        showsPatient = try members.decodeIfPresent(Bool.self, forKey: .showsPatient)
        locked = try members.decodeIfPresent(Bool.self, forKey: .locked)
    }

    /// When it is to end, in seconds since 1970 UTC; nil when nothing is said.
    ///
    /// - Throws: ``Problem`` 422 when it is said twice.
    func end(now: Double) throws(Problem) -> Double? {
        guard let expiresInSeconds else { return expiresAt.flatMap(Timestamp.unixSeconds) }
        guard expiresAt == nil else {
            throw .invalidBody("$.expires_at", "must not stand beside expires_in_seconds")
        }
        return now + Double(expiresInSeconds)
    }

    /// - Throws: ``Problem`` 422.
    func change(now: Double) throws(Problem) -> ShareChange {
        guard locked != true else { throw .invalidBody("$.locked", "must be false: a share is locked by wrong passwords") }
        var change = ShareChange()
        change.expiresAt = try end(now: now)
        (change.maxDownloads, change.note, change.password, change.language) = (maxDownloads, note, password, language)
        (change.policy, change.showsPatient, change.unlocks) = (policy, showsPatient, locked == false)
        return change
    }
}

extension Problem {
    /// A body that fits its schema and is wrong all the same.
    static func invalidBody(_ path: String, _ message: String) -> Problem {
        Problem(
            .unprocessableContent, "INVALID_BODY", "The body is not what is expected here.", errors: [.init(path: path, message: message)])
    }
}
