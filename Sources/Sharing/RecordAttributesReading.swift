internal import FileSource
internal import MediaDirectory
internal import SourceAccess

/// Reads from files what their directory records need and the catalogue does not hold.
struct RecordAttributesReading: Sendable {
    struct Outcome: Sendable {
        /// By the row's position.
        var found: [Int64: RecordAttributes] = [:]
        var findings: [DraftFile: FileFindings.Finding] = [:]
    }

    let sources: DownloadSources

    private static let firstRead = 16_384
    private static let filesAtOnce = 8
    /// A file that needs more reads than this is not what it says.
    private static let mostReads = 64
    private static let mostBytes = 1 << 20

    /// - Throws: ``SharingError`` sourceUnavailable, `CancellationError`.
    func read(_ rows: [DraftRow]) async throws -> Outcome {
        let wanted = rows.filter { !RecordAttributes.wanted(sopClassUID: $0.sopClassUID).isEmpty }
        guard !wanted.isEmpty else { return Outcome() }
        return try await withThrowingTaskGroup(of: (DraftRow, Answer).self) { group in
            var outcome = Outcome()
            func take(_ next: (DraftRow, Answer)?) {
                guard let (row, result) = next, let file = row.file else { return }
                switch result {
                case .attributes(let attributes): outcome.found[row.position] = attributes
                case .finding(let finding): outcome.findings[file] = finding
                }
            }
            for (number, row) in wanted.enumerated() {
                if number >= Self.filesAtOnce { take(try await group.next()) }
                group.addTask { (row, try await attributes(of: row)) }
            }
            while let next = try await group.next() { take(next) }
            return outcome
        }
    }

    private enum Answer: Sendable {
        /// Nil where the file does not have what is wanted in readable form.
        case attributes(RecordAttributes?)
        case finding(FileFindings.Finding)
    }

    private func attributes(of row: DraftRow) async throws -> Answer {
        guard let file = row.file else { return .attributes(nil) }
        do {
            return try await attributes(of: file, sopClassUID: row.sopClassUID)
        } catch {
            try Task.checkCancellation()
            guard let failure = DraftFailure(error) else { throw error }
            if failure.isTemporary { throw SharingError.sourceUnavailable }
            return .finding(.unreadable(remark: failure.remark))
        }
    }

    private func attributes(of file: DraftFile, sopClassUID: String?) async throws -> Answer {
        let source = try await sources.source(url: file.sourceURL)
        var reader = RecordAttributesReader(sopClassUID: sopClassUID, fileSize: file.size)
        var (offset, count) = (UInt64(0), Self.firstRead)
        for _ in 0..<Self.mostReads {
            let read = try await source.read(file.path, offset: offset, count: count)
            guard read.size == file.size, read.modified == file.modified else {
                return .finding(.differs(size: read.size, modified: read.modified))
            }
            switch read.bytes.withUnsafeBytes({ reader.consume($0, at: offset) }) {
            case .finished(let attributes): return .attributes(attributes)
            case .needs(let next, let more): (offset, count) = (next, min(max(more, 1), Self.mostBytes))
            }
        }
        return .attributes(nil)
    }
}
