/// How many workers read a source.
public enum WorkerCount: Hashable, Sendable {
    /// As many as measuring shows to be worth having.
    case automatic
    case fixed(Int)

    /// What may be given for a number of workers.
    public static let allowed = 1...256

    /// Reads `auto` or a number.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else if let number = Int(text), Self.allowed.contains(number) {
            self = .fixed(number)
        } else {
            return nil
        }
    }
}

/// How folders are listed and files are read.
public enum EnumerationMethod: String, CaseIterable, Sendable {
    /// Measures, takes the best, and says which and why.
    case automatic = "auto"
    /// Through SMB, with workers in parallel.
    case smb
    /// Through the file system: a folder, or a mount of the share.
    case local
}

/// Whether SMB traffic is encrypted or signed.
public enum Protection: String, CaseIterable, Sendable {
    case off
    case ifOffered = "if_offered"
    case required
}

/// How hard a source may be worked: a name for a row of values, each of which a key of its own overrides.
public enum PerformanceMode: String, CaseIterable, Sendable {
    /// For a NAS that others depend on while it is indexed.
    case gentle
    case balanced
    /// For a NAS that has nothing else to do.
    case fast

    /// The one table of what the modes mean.
    public var row: Tuning {
        switch self {
        case .gentle:
            Tuning(connectionPoolSize: 8, workers: .automatic, automaticWorkers: 1...4, initialWorkers: 2, bytesPerSecond: 10_000_000)
        case .balanced:
            Tuning(connectionPoolSize: 40, workers: .automatic, automaticWorkers: 2...32, initialWorkers: 8, bytesPerSecond: nil)
        case .fast:
            Tuning(connectionPoolSize: 72, workers: .automatic, automaticWorkers: 8...64, initialWorkers: 16, bytesPerSecond: nil)
        }
    }
}

/// The values that decide how hard a source is worked.
public struct Tuning: Hashable, Sendable {
    /// The most SMB connections to the source for everything, people's downloads included.
    public var connectionPoolSize: Int
    /// The most connections that indexing may take of them.
    public var workers: WorkerCount
    /// Where ``WorkerCount/automatic`` may go.
    public var automaticWorkers: ClosedRange<Int>
    /// Where ``WorkerCount/automatic`` begins.
    public var initialWorkers: Int
    /// The limit over all workers; nil for none.
    public var bytesPerSecond: Int?

    /// The row of `mode` with what was given explicitly in its place.
    ///
    /// A pool that was not given grows to hold the workers that were; one that was given bounds the automatic number.
    /// - Parameter bytesPerSecond: 0 lifts the mode's limit.
    public init(mode: PerformanceMode, connectionPoolSize: Int? = nil, workers: WorkerCount? = nil, bytesPerSecond: Int? = nil) {
        self = mode.row
        if let workers { self.workers = workers }
        if let bytesPerSecond { self.bytesPerSecond = bytesPerSecond == 0 ? nil : bytesPerSecond }
        if let connectionPoolSize {
            self.connectionPoolSize = connectionPoolSize
        } else if case .fixed(let count) = self.workers {
            self.connectionPoolSize = max(self.connectionPoolSize, count)
        }
        let most = min(automaticWorkers.upperBound, self.connectionPoolSize)
        automaticWorkers = min(automaticWorkers.lowerBound, most)...most
        initialWorkers = min(initialWorkers, most)
    }

    /// The same with another number of workers; the pool grows to hold them.
    public func with(workers: WorkerCount) -> Tuning {
        var tuning = self
        tuning.workers = workers
        if case .fixed(let count) = workers { tuning.connectionPoolSize = max(connectionPoolSize, count) }
        return tuning
    }

    fileprivate init(
        connectionPoolSize: Int, workers: WorkerCount, automaticWorkers: ClosedRange<Int>, initialWorkers: Int, bytesPerSecond: Int?
    ) {
        (self.connectionPoolSize, self.workers, self.automaticWorkers) = (connectionPoolSize, workers, automaticWorkers)
        (self.initialWorkers, self.bytesPerSecond) = (initialWorkers, bytesPerSecond)
    }
}
