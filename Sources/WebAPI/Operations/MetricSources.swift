public import Indexing
internal import Catalogue
internal import Glibc

extension Metrics {
    /// Adds what there is to know about jobs, the catalogue and the process.
    public func add(_ service: IndexService) {
        add(.gauge, "fileroom_jobs", "Jobs of this process by state.") {
            let states = await service.status.jobs.map(\.state)
            return ["running", "paused", "completed", "failed", "cancelled"].map { state in
                Sample(Double(states.count { $0 == state }), [("state", state)])
            }
        }
        add(.gauge, "fileroom_index_files_per_second", "Files that running jobs process in a second, by source.") {
            await service.status.jobs.map { Sample($0.filesPerSecond, [("source", $0.source)]) }
        }
        add(.gauge, "fileroom_index_files_processed", "Files that each source's last job has processed.") {
            await service.status.jobs.map { Sample(Double($0.filesProcessed), [("source", $0.source)]) }
        }
        add(.gauge, "fileroom_index_bytes_read", "Bytes of files that each source's last job has read.") {
            await service.status.jobs.map { Sample(Double($0.bytesRead), [("source", $0.source)]) }
        }
        add(.gauge, "fileroom_index_errors", "Error reports of each source's last job by class.") {
            // A catalogue that cannot be read has no figures; readyz says why.
            let classes = try? await service.readers.read { try JobReader($0).errorClasses(ErrorQuery()) }
            return (classes ?? []).map {
                Sample(Double($0.count), [("error_type", $0.errorType), ("error_code", $0.errorCode)])
            }
        }
        add(.gauge, "fileroom_catalogue_rows", "Rows of the catalogue.") {
            let status = await service.status
            return [("patient", status.patientCount), ("study", status.studyCount), ("series", status.seriesCount)].map {
                Sample(Double($0.1), [("kind", $0.0)])
            }
        }
        add(.gauge, "fileroom_event_streams", "Open streams of server-sent events.") { [Sample(Double(service.feed.listeners))] }
        addDatabases(of: service.folder)
        addProcess()
    }

    private func addDatabases(of folder: DataFolder) {
        add(.gauge, "fileroom_database_bytes", "Sizes of the databases' files.") {
            ["catalogue.sqlite3", "catalogue.sqlite3-wal", "ledger.sqlite3", "ledger.sqlite3-wal"].compactMap { file in
                var attributes = stat()
                guard stat("\(folder.path)/\(file)", &attributes) == 0 else { return nil }
                return Sample(Double(attributes.st_size), [("file", file)])
            }
        }
    }

    private func addProcess() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let started = Double(time.tv_sec)
        add(.gauge, "process_start_time_seconds", "When the process began, in seconds since 1970 UTC.") { [Sample(started)] }
        add(.gauge, "process_resident_memory_bytes", "Memory that the process has.") {
            guard let file = fopen("/proc/self/statm", "r") else { return [] }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, Int32(line.count), file) != nil else { return [] }
            let fields = line.prefix { $0 != 0 }.split(separator: 0x20)
            // Source: proc(5): the second field is the resident set, in pages.
            let text = fields.dropFirst().first.map { String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self) }
            guard let pages = text.flatMap({ Int($0) }) else { return [] }
            return [Sample(Double(pages * sysconf(Int32(_SC_PAGESIZE))))]
        }
    }
}
