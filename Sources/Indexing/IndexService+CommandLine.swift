extension IndexService {
    /// Begins or continues a job as the command line asks for it: with its configuration and its password, whatever is declared here.
    ///
    /// - Returns: the job's number.
    /// - Throws: as ``JobBoard/start(_:)``.
    public func start(asGiven order: IndexOrder) async throws -> Int64 {
        if isStopping { throw JobBoardClosed() }
        return try await board.start(SourceOpening(order))
    }

    /// The jobs themselves, for a process that lives as long as they do.
    public nonisolated var jobs: JobBoard { board }
}
