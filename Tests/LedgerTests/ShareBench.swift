import Cryptography

@testable import Ledger

extension Bench {
    static let sharePassword = "seven blue whales"
    static let visitor = ShareVisitor(ipAddress: "198.51.100.7", userAgent: "curl/8")

    /// A share of one study for an hour, to be changed at will.
    func newShare(password: String? = nil, maxDownloads: Int? = nil) -> NewShare {
        let summary = Share.Summary(studies: 1, series: 2, instances: 3, bytes: 4_000, modalities: ["CT", "SR"])
        var share = NewShare(kind: .study, items: [.init(type: .study, uid: "1.2.3")], summary: summary, expiresAt: now + 3_600)
        (share.password, share.maxDownloads) = (password, maxDownloads)
        return share
    }

    /// From the 198.51.100.0 network, one of 250 addresses.
    static func visitor(_ number: Int) -> ShareVisitor { ShareVisitor(ipAddress: "198.51.100.\(number % 250)", userAgent: "curl/8") }
}

extension Ledger {
    /// Made by the clinician `ada`.
    func share(_ new: NewShare) async throws -> CreatedShare {
        let origin = AuditOrigin(actor: "ada", method: "session", ipAddress: "192.0.2.7")
        return try await createShare(new, creator: .user(name: "ada"), by: origin)
    }

    func unlock(_ share: CreatedShare, _ password: String? = nil, from visitor: ShareVisitor = Bench.visitor) async throws -> NewShareGrant
    {
        try await unlockShare(token: share.token, password: password, visitor: visitor)
    }

    /// A frozen plan of some files of 100 bytes, each 200 bytes after the other, and a document between every ten.
    func plan(for grant: ShareGrant, files: Int = 3, etag: String = "\"a\"") async throws -> Plan {
        let plan = try await createPlan(for: grant)
        try await addEntries(Self.entries(files), to: plan)
        return try await freezePlan(plan, Self.layout(etag: etag))
    }

    static func layout(etag: String = "\"a\"") -> PlanLayout {
        PlanLayout(
            etag: etag, length: 5_000_000_000, directoryOffset: 4_999_999_000, lastModifiedUnixSeconds: 1_799_999_999,
            fileName: "study.zip", missing: 1, details: "{}")
    }

    static func entries(_ range: Range<Int>) -> [PlanEntry] {
        range.map { number in
            let file = PlanFile(
                sourceURL: "smb://nas/radiology", path: Array("2026/a/\(number)".utf8) + [0xFF],
                modifiedNanoseconds: 1_700_000_000_123_456_700)
            return PlanEntry(
                number: number, path: "DICOM/ST000001/SE000001/IM\(number)", size: 100, modifiedUnixSeconds: 1_700_000_000,
                offset: UInt64(number) * 200, origin: number % 10 == 9 ? .document(number / 10) : .file(file),
                sopInstanceUID: number % 10 == 9 ? nil : "1.2.3.\(number)")
        }
    }

    static func entries(_ count: Int) -> [PlanEntry] { entries(0..<count) }
}
