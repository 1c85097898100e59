/// One piece of concrete advice.
public struct Suggestion: Hashable, Sendable, Codable {
    /// A stable name such as `more_workers`.
    public var code: String
    public var text: String

    public init(code: String, text: String) { (self.code, self.text) = (code, text) }
}

extension SMBReport {
    /// What would help, the most important first.
    /// - Parameters:
    ///   - metrics: of a source in use; nil where there is none.
    ///   - localPath: where the share is mounted here (``MountTable``).
    public func suggestions(for options: SMBOptions, metrics: SMBMetrics? = nil, localPath: String? = nil) -> [Suggestion] {
        var advice: [Suggestion] = []
        func advise(_ code: String, _ text: String) { advice.append(Suggestion(code: code, text: text)) }
        if let message, let suggestion {
            advise("error", "\(message). \(suggestion)")
            return advice
        }
        if let localPath {
            advise(
                "local_mount",
                "This share is mounted at \(localPath): with enumeration_method \"local\" the kernel reads it, which saves round trips.")
        }
        adviseWorkers(options, metrics, advise)
        adviseProtocol(options, advise)
        if sampledFiles >= 20, sampledNotDicom * 5 > sampledFiles {
            let share = 100 * sampledNotDicom / sampledFiles
            advise(
                "name_filter",
                "\(share) % of the files that were looked at are not DICOM. Leaving their names out saves three round trips for each of them."
            )
        }
        return advice
    }

    private func adviseWorkers(_ options: SMBOptions, _ metrics: SMBMetrics?, _ advise: (String, String) -> Void) {
        guard let roundTrip = roundTripMilliseconds, roundTrip > 0 else { return }
        let each = Int(1000 / (3 * roundTrip))
        let isFixed = if case .fixed = options.maxWorkers { true } else { false }
        let most = options.mostWorkers
        if roundTrip >= 0.5, most < 32 {
            let what = isFixed ? "Set max_workers to \"auto\" or 32" : "Raise connection_pool_size to 32"
            advise(
                "more_workers",
                "A round trip takes \(rounded(roundTrip)) ms, so that one worker reads at most \(each) files per second. \(what).")
        }
        if roundTrip < 0.3, isFixed, most > 8 {
            advise(
                "fewer_workers",
                "A round trip takes only \(rounded(roundTrip)) ms: 4 to 8 workers are enough, and \(most) only make load. Set max_workers to \"auto\"."
            )
        }
        if let metrics, metrics.lost > 0 {
            advise(
                "lost_workers",
                "\(metrics.lost) workers crashed or did not answer in time. Look at the server's load, or raise the timeout.")
        }
        if roundTrip >= 5 {
            advise(
                "far_server",
                "The server is \(rounded(roundTrip)) ms away. SMB compression would not help: this libsmbclient does not have it. "
                    + "What helps is Fileroom on a machine next to the server; only headers are read in any case.")
        }
    }

    private func adviseProtocol(_ options: SMBOptions, _ advise: (String, String) -> Void) {
        if options.maximumDialect != .smb311 {
            advise(
                "dialect",
                "The configuration stops at SMB \(options.maximumDialect.rawValue). Allow 3.1.1: signing costs about 6 % there and half of the speed before."
            )
        } else if let dialect, dialect != SMBOptions.Dialect.smb311.rawValue {
            advise(
                "dialect",
                "The server speaks SMB \(dialect) at most. Turn on 3.1.1 there if it has it: it signs and encrypts at a fraction of the cost."
            )
        }
        switch (isEncrypted, canEncrypt) {
        case (true, _) where options.encryption == .required:
            advise("encryption", "The connection is encrypted, as required. That costs about 15 % of the speed with 3.1.1.")
        case (true, _):
            advise(
                "encryption",
                "The connection is encrypted, which costs about 15 % of the speed. Where the network is trusted, encryption \"off\" saves that."
            )
        case (false, true):
            advise(
                "encryption",
                "Patients' data goes over the network unencrypted. The server can encrypt: set encryption to \"required\"; it costs about 15 %."
            )
        case (false, false):
            advise(
                "encryption",
                "The server does not encrypt: keep the connection inside a trusted network, or turn encryption on there (SMB 3).")
        default: break
        }
    }

    private func rounded(_ milliseconds: Double) -> String {
        let tenths = Int((milliseconds * 10).rounded())
        return tenths >= 100 ? "\(tenths / 10)" : tenths == 0 ? "less than 0.1" : "\(tenths / 10).\(tenths % 10)"
    }
}
