internal import Configuration
internal import FileSource
internal import Synchronization

/// A source that opens itself when it is used, and lets go of its connections when it is not.
final class DownloadSource: FileSource {
    let configuration: SourceConfiguration
    private let environment: [String: String]
    private let connections: SourceConnections
    private let idle: Duration

    private struct State {
        var source: (any FileSource)?
        var users = 0
        var lastUse = ContinuousClock.now
        /// When the server refused the login, which is then not tried again for a while: that could lock the account.
        var refusedAt: ContinuousClock.Instant?
        /// Whether somebody waits for the time to close it.
        var isTimed = false
        var isClosed = false
    }
    private let state = Mutex(State())

    init(_ configuration: SourceConfiguration, environment: [String: String], connections: SourceConnections, idle: Duration) {
        (self.configuration, self.environment) = (configuration, environment)
        (self.connections, self.idle) = (connections, idle)
    }

    var metrics: SMBMetrics? { (state.withLock { $0.source } as? SMBSource)?.metrics }

    // MARK: FileSource

    var concurrency: Int { state.withLock { $0.source }?.concurrency ?? Self.concurrencyBeforeOpening }

    private static let concurrencyBeforeOpening = 4

    func list(_ folder: SourcePath, page: @Sendable ([DirectoryEntry]) async throws -> Void) async throws -> [DirectoryEntry] {
        try await using { try await $0.list(folder, page: page) }
    }

    func read(_ file: SourcePath, offset: UInt64, count: Int) async throws -> FileRead {
        try await using { try await $0.read(file, offset: offset, count: count) }
    }

    func readHeaders(_ requests: [HeaderRequest]) async throws -> [HeaderResult] { try await using { try await $0.readHeaders(requests) } }

    func probe(retrying: Bool) async throws { try await using { try await $0.probe(retrying: retrying) } }

    func close() async {
        let source = state.withLock { state in
            state.isClosed = true
            defer { state.source = nil }
            return state.source
        }
        await source?.close()
    }

    // MARK: Opening and closing

    private func using<Value>(_ body: (any FileSource) async throws -> Value) async throws -> Value {
        let (source, refused) = try state.withLock { try open(&$0) }
        await refused?.close()
        defer { release() }
        do {
            return try await body(source)
        } catch let error as SourceError where error.type == .authentication && error.concernsSource {
            state.withLock { $0.refusedAt = $0.refusedAt ?? .now }
            throw error
        }
    }

    /// - Returns: the open source, and the one in whose place it came since its login was refused some time ago.
    private func open(_ state: inout State) throws -> (any FileSource, refused: (any FileSource)?) {
        if state.isClosed { throw SourceError.closed }
        var refused: (any FileSource)?
        if let since = state.refusedAt, since.duration(to: .now) >= idle {
            (refused, state.source, state.refusedAt) = (state.source, nil, nil)
        }
        let source = try state.source ?? makeSource()
        state.source = source
        state.users += 1
        return (source, refused)
    }

    private func release() {
        let startsTimer = state.withLock { state in
            state.users -= 1
            state.lastUse = .now
            guard state.users == 0, !state.isTimed, !state.isClosed else { return false }
            state.isTimed = true
            return true
        }
        if startsTimer { Task { await closeWhenIdle() } }
    }

    private enum Timer {
        case wait(until: ContinuousClock.Instant)
        case over((any FileSource)?)
    }

    private func closeWhenIdle() async {
        while true {
            let timer = state.withLock { state -> Timer in
                let due = (state.users == 0 ? state.lastUse : .now) + idle
                if due > .now, !state.isClosed { return .wait(until: due) }
                defer { (state.source, state.isTimed) = (nil, false) }
                return .over(state.source)
            }
            switch timer {
            case .wait(let due): try? await Task.sleep(until: due)  // Nobody cancels this task.
            case .over(let source): return await source?.close() ?? ()
            }
        }
    }

    // MARK: How it is read

    /// Does not connect.
    private func makeSource() throws -> any FileSource {
        switch configuration.address {
        case .folder(let path):
            try SourceRefusal.refuseMissing(folder: path)
            return Self.local(path)
        case .smb(let share):
            var options = SMBOptions(configuration, share, password: try configuration.password(environment: environment) ?? "")
            if configuration.enumerationMethod == .local {
                guard let mount = configuration.mountPath ?? MountTable.localPath(of: options) else {
                    throw SourceRefusal.notMounted(share)
                }
                return Self.local(mount)
            }
            options.endurance = Self.endurance
            // People wait for these, and their own limits hold.
            options.bytesPerSecond = nil
            options.maxWorkers = .automatic(1...options.connectionPoolSize, start: min(8, options.connectionPoolSize))
            let pool = connections.pool(of: configuration.address.canonicalURL, size: options.connectionPoolSize)
            return try SMBSource(options, connections: pool, for: .downloads)
        }
    }

    private static func local(_ path: String) -> LocalFileSource { LocalFileSource(path: path, retryAttempts: 5) }

    /// So long a download waits for a server that is away: one that is started anew is back by then.
    private static let endurance = Duration.seconds(40)
}
