internal import Synchronization

/// What was found out about files by reading them, remembered for a while: the next plan takes it into account.
///
/// A listing tells that a file is there, but not that it can be read; and some servers' listings tell old sizes and times of files that were
/// written a moment ago. Without this the next plan would fail at the same file.
final class FileFindings: Sendable {
    enum Finding: Sendable, Hashable {
        /// It cannot be read, as the remark says.
        case unreadable(remark: String)
        /// When it was opened it was another one than its listing said.
        case differs(size: UInt64, modified: Int64)
    }

    private struct State {
        var findings: [DraftFile: (finding: Finding, time: ContinuousClock.Instant)] = [:]
        var order: [DraftFile] = []
    }
    private let state = Mutex(State())
    private static let most = 1_000
    private static let validity = Duration.seconds(600)

    /// - Parameter file: as it was listed.
    func add(_ finding: Finding, of file: DraftFile) {
        state.withLock { state in
            if state.findings.updateValue((finding, .now), forKey: file) == nil { state.order.append(file) }
            if state.order.count > Self.most { state.findings[state.order.removeFirst()] = nil }
        }
    }

    /// What still counts, by the file as it was listed.
    var all: [DraftFile: Finding] {
        let oldest = ContinuousClock.now - Self.validity
        return state.withLock { state in
            state.order.removeAll { (state.findings[$0]?.time ?? oldest) <= oldest }
            let kept = Set(state.order)
            state.findings = state.findings.filter { kept.contains($0.key) }
            return state.findings.mapValues(\.finding)
        }
    }
}
