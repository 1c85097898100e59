public import FileSource
internal import Synchronization

/// The connections of all sources, so that indexing and downloads together never take more than a source is configured to bear.
public final class SourceConnections: Sendable {
    private let pools = Mutex<[String: ConnectionPool]>([:])

    public init() {}

    /// The connections of a source: the same for all who ask.
    ///
    /// - Parameters:
    ///   - url: the source's identity in the catalogue.
    ///   - size: what is configured now, see `ConnectionPool.resize(to:)`.
    public func pool(of url: String, size: Int) -> ConnectionPool {
        let pool = pools.withLock { pools in
            let pool = pools[url] ?? ConnectionPool(size: size)
            pools[url] = pool
            return pool
        }
        pool.resize(to: size)
        return pool
    }
}
