internal import SQLite

extension CatalogueWriter {
    /// Removes a source with everything that only it holds: its files, jobs and error reports. Jobs of other sources go on meanwhile.
    ///
    /// Cut short, it leaves a part, which doing it again removes; no job begins on the source while it runs.
    ///
    /// - Returns: how many files went; 0 also for a source that was never indexed.
    /// - Throws: ``CatalogueError``, `locked` while a job runs on the source or it is being removed already.
    public nonisolated func forget(sourceURL url: String) async throws -> Int {
        guard let source = try await beginForgetting(url) else { return 0 }
        do {
            var files = 0
            while true {
                let removed = try await forgetSome(of: source, limit: 5_000)
                files += removed.files
                if !removed.isMoreLeft { break }
            }
            while try await refreshSearch(limit: 500) {}
            try await finishForgetting(source, url)
            return files
        } catch {
            await giveUpForgetting(url)
            throw error
        }
    }

    /// Refuses what cannot go together with a job or a removal that is under way.
    func refuseBusy(url: String) throws {
        if jobs.values.contains(where: { $0.record.sourceURL == url }) {
            throw CatalogueError(
                code: .locked, message: "A job on this source is running already",
                suggestion: "See `fileroom status`; cancel it with `fileroom cancel`.")
        }
        if forgetting.contains(url) {
            throw CatalogueError(
                code: .locked, message: "This source is being removed from the catalogue", suggestion: "Wait until that is done.")
        }
    }

    private func beginForgetting(_ url: String) throws -> Int64? {
        try refuseBusy(url: url)
        guard let source = try reading({ try jobRows.id(ofSource: url) }) else { return nil }
        forgetting.insert(url)
        return source
    }

    private func giveUpForgetting(_ url: String) { forgetting.remove(url) }

    private func forgetSome(of source: Int64, limit: Int) throws -> (files: Int, isMoreLeft: Bool) {
        let removed = try inBatch(rows: limit) { try removal.removeAll(source: source, limit: limit) }
        try commit()
        return removed
    }

    private func finishForgetting(_ source: Int64, _ url: String) throws {
        try inBatch {
            for sql in [
                "DELETE FROM job_error WHERE job_id IN (SELECT id FROM job WHERE source_id = ?1)", "DELETE FROM job WHERE source_id = ?1",
                "DELETE FROM source WHERE id = ?1",
            ] {
                let statement = try connection.prepare(sql)
                statement.bind(source, at: 1)
                try statement.run()
            }
        }
        try commit()
        // Another source may get the same row id.
        ingest.forget()
        forgetting.remove(url)
    }
}
