extension IndexService {
    /// Begins or continues a job as the command line asks for it: with its configuration and its password, whatever is declared here. A name
    /// that comes without a configuration is that of a source that is declared here.
    ///
    /// - Returns: the job's number.
    /// - Throws: as ``JobBoard/start(_:)``.
    public func start(asGiven order: IndexOrder) async throws -> Int64 {
        if isStopping { throw JobBoardClosed() }
        if order.configuration == nil, !order.source.contains("/") { return try await start(order) }
        return try await board.start(JobOpening(order, connections: connections))
    }

    /// The jobs themselves, for a process that lives as long as they do.
    public nonisolated var jobs: JobBoard { board }
}
