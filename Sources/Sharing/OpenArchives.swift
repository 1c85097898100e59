internal import Ledger
internal import SourceAccess
internal import Synchronization
internal import ZipStream

/// The archives of which ranges are being sent: one for all ranges of a plan, so that they share what they learn.
final class OpenArchives: Sendable {
    private struct Reference {
        weak var archive: OpenArchive?
    }
    private let open = Mutex<[Plan.ID: Reference]>([:])
    private let budget: ReadAheadBudget
    private let makeContent: @Sendable (Plan) -> PlanContent

    init(readAheadBytes: Int, content: @escaping @Sendable (Plan) -> PlanContent) {
        budget = ReadAheadBudget(bytes: readAheadBytes)
        makeContent = content
    }

    func archive(of plan: Plan) -> OpenArchive {
        open.withLock { open in
            if let known = open[plan.id]?.archive { return known }
            open = open.filter { $0.value.archive != nil }
            let archive = OpenArchive(ZipArchive(makeContent(plan), checksums: SharedChecksums(), budget: budget))
            open[plan.id] = Reference(archive: archive)
            return archive
        }
    }
}

/// Kept for as long as a range of it is being sent.
final class OpenArchive: Sendable {
    let archive: ZipArchive

    init(_ archive: ZipArchive) { self.archive = archive }
}
