internal import Cryptography
internal import FileSource
internal import ZipStream

/// An archive with all its entries in their places, still to be kept in the ledger.
struct ArchivePlan: Sendable {
    var survey: Survey
    var totals: DraftTotals
    var documents: [DraftDocument]
    var layout: ZipLayout
    /// With its quotes. The same for the same content: names, sizes, times and places of all files.
    var etag: String
    /// The latest of its files; 1980, the oldest time that a ZIP knows, when it has none.
    var lastModifiedUnixSeconds: Int64

    /// Instances and items that the manifest names as missing.
    var missing: Int { totals.missing + survey.unknown.count }
}

/// An entry of an archive with its place.
struct PlannedEntry: Sendable {
    enum Origin: Sendable {
        /// The number of one of ``ArchivePlan/documents``.
        case document(Int)
        case file(DraftFile)
    }
    var number: Int
    var entry: ZipEntry
    var offset: UInt64
    var origin: Origin
    var sopInstanceUID: String?
}

extension ArchivePlan {
    static let oldest: Int64 = 315_532_800

    /// Gives every entry its place.
    ///
    /// - Throws: `SQLiteError`, `ZipError`, `CancellationError`.
    init(_ survey: Survey, totals: DraftTotals) async throws {
        (self.survey, self.totals) = (survey, totals)
        documents = []
        for name in ArchiveDocuments.names { documents.append(try await survey.draft.document(name)) }
        lastModifiedUnixSeconds = max(Self.oldest, try await survey.draft.latestModified().secondsSince1970)
        (layout, etag) = (ZipLayout(count: 0, directoryOffset: 0, directoryLength: 0), "")
        var digest = SHA256Stream()
        digest.add("fileroom-archive-1")
        for name in ArchiveDocuments.names {
            var piece = 0
            while case let bytes = try await survey.draft.piece(piece, ofDocument: name), !bytes.isEmpty {
                bytes.withUnsafeBytes { digest.update($0) }
                piece += 1
            }
        }
        var entries = PlannedEntries(self)
        while case let page = try await entries.next(), !page.isEmpty {
            for entry in page { digest.add(entry) }
        }
        layout = entries.layout
        let digits = digest.finish().prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        etag = "\"\(digits.joined())\""
    }
}

/// Gives the entries of a plan in order, page by page: first the documents, then the instances' files.
struct PlannedEntries {
    private let plan: ArchivePlan
    private var sizer = ZipSizer()
    private var number = 0
    private var position: Int64 = 0

    init(_ plan: ArchivePlan) { self.plan = plan }

    /// The measures of what was given so far.
    var layout: ZipLayout { sizer.layout }

    /// - Returns: some entries; none at the end.
    mutating func next() async throws -> [PlannedEntry] {
        if number == 0 { return try documents() }
        while true {
            let rows = try await plan.survey.draft.rows(from: position, limit: 500)
            guard let last = rows.last else { return [] }
            position = last.position + 1
            let page = try rows.compactMap { row in
                try row.file.map { file in
                    try place(
                        ZipEntry(path: row.path, size: file.size, modifiedUnixSeconds: file.modified.secondsSince1970), .file(file),
                        row.sopInstanceUID)
                }
            }
            if !page.isEmpty { return page }
        }
    }

    private mutating func documents() throws -> [PlannedEntry] {
        try plan.documents.enumerated().map { index, document in
            let entry = ZipEntry(path: document.name, size: document.size, modifiedUnixSeconds: plan.lastModifiedUnixSeconds)
            return try place(entry, .document(index), nil)
        }
    }

    private mutating func place(_ entry: ZipEntry, _ origin: PlannedEntry.Origin, _ uid: String?) throws -> PlannedEntry {
        defer { number += 1 }
        return PlannedEntry(number: number, entry: entry, offset: try sizer.add(entry), origin: origin, sopInstanceUID: uid)
    }
}

extension Int64 {
    /// Whole seconds of nanoseconds, rounded down.
    var secondsSince1970: Int64 { self >= 0 ? self / 1_000_000_000 : (self - 999_999_999) / 1_000_000_000 }
}

extension SHA256Stream {
    /// Each part with its length, so that no two lists of parts are the same bytes.
    fileprivate mutating func add(_ part: some Sequence<UInt8>) {
        let bytes = Array(part)
        let length = Array("\(bytes.count):".utf8)
        length.withUnsafeBytes { update($0) }
        bytes.withUnsafeBytes { update($0) }
    }

    fileprivate mutating func add(_ text: String) { add(text.utf8) }

    fileprivate mutating func add(_ entry: PlannedEntry) {
        add(entry.entry.path)
        add("\(entry.entry.size) \(entry.entry.modifiedUnixSeconds)")
        if case .file(let file) = entry.origin {
            add(file.sourceURL)
            add(file.path.bytes)
            add(String(file.modified))
        }
    }
}
