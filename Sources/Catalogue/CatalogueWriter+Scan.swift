internal import SQLite

extension CatalogueWriter {
    // MARK: Work

    /// Folders to list next.
    public func takeFolders(_ id: Int64, limit: Int) throws -> [FolderTask] {
        guard let job = jobs[id] else { return [] }
        let tasks = try reading { try queue.folders(of: job.record.sourceID, after: job.folderCursor, limit: limit) }
        // Folders that a listing finds are new rows with higher ids, but ones found again keep theirs: begin anew before saying "none".
        job.folderCursor = tasks.last?.id ?? 0
        var fresh = tasks.filter { !job.foldersInFlight.contains($0.id) }
        if fresh.isEmpty {
            let again = try reading { try queue.folders(of: job.record.sourceID, after: 0, limit: limit + job.foldersInFlight.count) }
            job.folderCursor = again.last?.id ?? 0
            fresh = again.filter { !job.foldersInFlight.contains($0.id) }
        }
        job.foldersInFlight.formUnion(fresh.map(\.id))
        return fresh
    }

    /// Files to read next: the first of every folder; the others only when `mayGoDeeper`, which is when no folder is left to list.
    public func takeFiles(_ id: Int64, limit: Int, mayGoDeeper: Bool) throws -> [FileTask] {
        guard let job = jobs[id] else { return [] }
        var tasks: [FileTask] = []
        for level in WorkQueue.levels where level == 0 || mayGoDeeper {
            while tasks.count < limit {
                // A file may join the first level at any time.
                let after = level == 0 ? 0 : job.fileCursors[level]
                let wanted = level == 0 ? job.inFlight.count + limit : limit - tasks.count
                let found = try reading {
                    try queue.files(
                        of: job.record.sourceID, generation: job.record.generation, level: level, after: after, limit: wanted)
                }
                tasks += found.lazy.filter { !job.inFlight.contains($0.id) }.prefix(limit - tasks.count)
                guard level > 0, let last = found.last else { break }
                job.fileCursors[level] = last.id
            }
        }
        job.inFlight.formUnion(tasks.map(\.id))
        return tasks
    }

    // MARK: Listings

    /// Adds a page of a folder's listing that more pages follow.
    public func add(_ page: [ListedEntry], of folder: Int64, to id: Int64) throws {
        guard let job = jobs[id] else { return }
        try inBatch(rows: page.count) { try enumeration.add(page, to: folder, of: job.record) }
    }

    /// Adds the last page of a folder's listing: it has been listed completely.
    public func finishListing(_ id: Int64, folder: Int64, lastPage: [ListedEntry]) throws {
        guard let job = jobs[id] else { return }
        let counts = try inBatch(rows: lastPage.count) {
            try enumeration.add(lastPage, to: folder, of: job.record)
            return try enumeration.finish(folder)
        }
        job.record.counters.foldersListed += 1
        job.record.counters.enumeratedFiles += counts.files
        job.record.counters.filesProcessed += counts.ruledOut + counts.unchangedInstances + counts.unchangedOthers
        job.record.counters.dicomFiles += counts.unchangedInstances
        job.record.counters.notDICOM += counts.ruledOut + counts.unchangedOthers
        job.foldersInFlight.remove(folder)
        try commitIfDue()
    }

    /// The folder could not be listed.
    public func failListing(_ id: Int64, folder: Int64, error: ErrorRecord) throws {
        try inBatch { try enumeration.fail(folder) }
        jobs[id]?.foldersInFlight.remove(folder)
        try add(error, to: id)
    }

    /// The listing was interrupted; the folder waits again.
    public func abandonListing(_ id: Int64, folder: Int64) {
        enumeration.abandon(folder)
        jobs[id]?.foldersInFlight.remove(folder)
    }

    // MARK: Readings

    /// Records what reading files gave.
    public func record(_ id: Int64, _ readings: [FileReading]) throws {
        guard let job = jobs[id] else { return }
        let source = job.record.sourceID
        var failures: [ErrorRecord] = []
        try inBatch(rows: readings.count) {
            for reading in readings {
                try record(reading, source: source, job: job)
                if case .failed(let error) = reading.finding { failures.append(error) }
            }
        }
        for failure in failures { try add(failure, to: id) }
        try commitIfDue()
    }

    private func record(_ reading: FileReading, source: Int64, job: OpenJob) throws {
        let task = reading.task
        job.inFlight.remove(task.id)
        job.record.counters.filesProcessed += 1
        job.record.counters.filesOpened += reading.bytesRead > 0 ? 1 : 0
        job.record.counters.bytesRead += reading.bytesRead
        switch reading.finding {
        case .instance(let header):
            job.record.counters.dicomFiles += 1
            if task.level == 0 { job.promotions[task.folderID] = nil }
            try ingest.link(
                file: task.id, folderID: task.folderID, folder: Self.place(of: task, in: job.record), source: source,
                defaultIssuer: job.defaultIssuer, header: header, isNew: task.isNew)
            // Written for the first file and whenever one needed more; not for each of a million.
            if reading.headerEnd > task.headerEnd, task.level == 0 || reading.headerEnd > 2 * task.headerEnd {
                noteHeaderEnd.bind(task.folderID, at: 1)
                noteHeaderEnd.bind(reading.headerEnd, at: 2)
                try noteHeaderEnd.run()
            }
            return
        case .directory:
            job.record.counters.notDICOM += 1
            try ingest.link(file: task.id, toNothing: .directory)
        case .notDICOM:
            job.record.counters.notDICOM += 1
            try ingest.link(file: task.id, toNothing: .notDICOM)
        case .failed:
            try ingest.fail(file: task.id)
        }
        if task.level == 0, job.promotions[task.folderID, default: 0] < WorkQueue.mostPromotions {
            job.promotions[task.folderID, default: 0] += 1
            try queue.promoteAnother(inFolder: task.folderID, source: source, except: job.inFlight)
        }
    }

    private static func place(of task: FileTask, in job: JobRecord) -> String {
        let folder = task.path.lastIndex(of: UInt8(ascii: "/")).map { task.path[..<$0] } ?? []
        return "\(job.sourceURL)/\(String(decoding: folder, as: UTF8.self))"
    }

    /// What was handed out and will not be done now waits again.
    public func giveBack(_ id: Int64, folders: [FolderTask] = [], files tasks: [FileTask]) {
        jobs[id]?.foldersInFlight.subtract(folders.map(\.id))
        for task in tasks {
            jobs[id]?.inFlight.remove(task.id)
            if task.level > 0, let cursor = jobs[id]?.fileCursors[task.level], cursor >= task.id {
                jobs[id]?.fileCursors[task.level] = task.id - 1
            }
        }
    }

    /// Counts and stores an error report.
    public func add(_ error: ErrorRecord, to id: Int64) throws {
        guard let job = jobs[id] else { return }
        job.record.counters.errors += 1
        try inBatch { try jobRows.add(error, to: job.record) }
    }

    // MARK: The end of a scan

    /// How many of the job's folders and files still wait when nobody has any in hand: none, or the scan is not over. They are handed out again.
    public func countForgotten(_ id: Int64) throws -> Int {
        guard let job = jobs[id] else { return 0 }
        (job.inFlight, job.foldersInFlight, job.folderCursor) = ([], [], 0)
        job.fileCursors = [Int64](repeating: 0, count: WorkQueue.levels.count)
        return try reading {
            try queue.foldersLeft(of: job.record.sourceID) + queue.filesLeft(of: job.record.sourceID, generation: job.record.generation)
        }
    }

    /// Decides what is gone, once everything has been listed and read.
    public func decideMissing(_ id: Int64, mostPercent: Double) throws -> MissingOutcome {
        guard let job = jobs[id] else { return MissingOutcome() }
        var outcome = MissingOutcome()
        outcome.held = try inBatch {
            // While a scan runs, what was found first is shown; now it is known what most files say.
            if job.record.counters.filesOpened > 0 { try resolver.markConflicted() }
            return try removal.decide(source: job.record.sourceID, generation: job.record.generation, mostPercent: mostPercent)
        }
        try commit()
        return outcome
    }

    /// Removes some of what is gone.
    ///
    /// - Returns: how many files went, and whether anything may be left.
    public func removeGone(source: Int64, limit: Int) throws -> (files: Int, isMoreLeft: Bool) {
        let removed = try inBatch(rows: limit) { try removal.removeSome(source: source, limit: limit) }
        try commit()
        return removed
    }

    /// A person confirms that what the source's last scan missed is gone. Jobs of other sources go on meanwhile.
    ///
    /// - Returns: how many files went.
    /// - Throws: ``CatalogueError`` when a scan of the source is under way, which may find it again.
    public nonisolated func confirmMissing(source: Int64) async throws -> Int {
        try await decideGone(source: source)
        var gone = 0
        while true {
            let removed = try await removeGone(source: source, limit: 5_000)
            gone += removed.files
            if !removed.isMoreLeft { break }
        }
        while try await refreshSearch(limit: 500) {}
        try await commit()
        return gone
    }

    private func decideGone(source: Int64) throws {
        guard !jobs.values.contains(where: { $0.record.sourceID == source }) else {
            throw CatalogueError(
                code: .locked, message: "A scan of this source is under way", suggestion: "Wait until it has ended, or cancel it.")
        }
        try inBatch { try removal.confirm(source: source) }
        try commit()
    }

    /// Brings the search index up to date with the rows.
    ///
    /// - Returns: whether anything is left to do.
    public func refreshSearch(limit: Int) throws -> Bool {
        try commit()
        return try inBatch(rows: limit) {
            var studies: [Int64] = []
            staleStudies.bind(limit, at: 1)
            try staleStudies.forEachRow { studies.append($0.integer(0)) }
            try searchIndex.update(studyIDs: studies)
            for study in studies {
                freshen.bind(study, at: 1)
                try freshen.run()
            }
            searchRefreshed = .now
            studiesRefreshed += studies.count
            return studies.count == limit
        }
    }

    /// Merges the pieces of the search index, a little at a time, when a tenth of the studies or more was written since it was done last.
    ///
    /// - Returns: whether anything is left to do.
    public func mergeSearch() throws -> Bool {
        guard isMergingSearch || (studiesRefreshed > 0 && studiesRefreshed * 10 >= totals.studies) else { return false }
        isMergingSearch = try inBatch { try SearchIndex.merge(connection, isFirst: !isMergingSearch, pages: 500) }
        try commit()
        if !isMergingSearch { studiesRefreshed = 0 }
        return isMergingSearch
    }
}
