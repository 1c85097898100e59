internal import DICOM
internal import SQLite

/// Turns file readings into rows: the file's own, its instance, and the variant of attributes that it shares with others.
///
/// Most files of a series carry the same patient, study and series attributes: their digest finds the variant without decoding a value.
final class Ingest {
    private let connection: Connection
    private let entities: EntityRows
    private let resolver: Resolver

    private struct VariantKey: Hashable {
        let source: Int64
        let digest: UInt64
        /// 0 where the file names its series itself.
        let folder: Int64
    }
    private struct Variant {
        let id: Int64
        let series: Int64
    }
    /// Bounded by ``mostCached``.
    private var variants: [VariantKey: Variant] = [:]
    private var uids: [String: Int64] = [:]
    private static let mostCached = 50_000

    /// Changes of `variant.file_count` since the last ``flush()``.
    private var fileCountChanges: [Int64: Int] = [:]

    private let findVariant, insertVariant, changeFileCount, takeEmptyVariant: Statement
    private let insertInstance, findInstance, updateInstance, deleteInstanceIfUnused, deleteInstanceConflicts: Statement
    private let fileLinks, linkFile, failFile, otherContent: Statement
    private let findUID, insertUID: Statement

    init(_ connection: Connection, entities: EntityRows, resolver: Resolver) throws {
        (self.connection, self.entities, self.resolver) = (connection, entities, resolver)
        findVariant = try connection.prepare("SELECT id FROM variant WHERE series_id = ?1 AND source_id = ?2 AND digest = ?3")
        insertVariant = try connection.prepare(
            "INSERT INTO variant(series_id, source_id, digest, attributes, file_count) VALUES(?1, ?2, ?3, ?4, 0)")
        changeFileCount = try connection.prepare("UPDATE variant SET file_count = file_count + ?2 WHERE id = ?1")
        takeEmptyVariant = try connection.prepare("DELETE FROM variant WHERE id = ?1 AND file_count <= 0 RETURNING series_id")
        insertInstance = try connection.prepare(
            """
            INSERT INTO instance(series_id, sop_instance_uid, sop_class_id, instance_number, number_of_frames, rows, columns)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(sop_instance_uid) DO NOTHING
            """)
        findInstance = try connection.prepare("SELECT id FROM instance WHERE sop_instance_uid = ?1")
        updateInstance = try connection.prepare(
            """
            UPDATE instance SET series_id = ?1, sop_class_id = ?3, instance_number = ?4, number_of_frames = ?5, rows = ?6, columns = ?7
            WHERE sop_instance_uid = ?2
            """)
        deleteInstanceIfUnused = try connection.prepare(
            "DELETE FROM instance WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM file WHERE instance_id = ?1)")
        deleteInstanceConflicts = try connection.prepare("DELETE FROM conflict WHERE instance_id = ?1")
        fileLinks = try connection.prepare("SELECT instance_id, variant_id FROM file WHERE id = ?1")
        linkFile = try connection.prepare(
            """
            UPDATE file SET read_order = NULL, state = ?2, instance_id = ?3, variant_id = ?4, transfer_syntax_id = ?5, digest = ?6
            WHERE id = ?1
            """)
        failFile = try connection.prepare("UPDATE file SET read_order = NULL, state = \(FileState.failed.rawValue) WHERE id = ?1")
        otherContent = try connection.prepare("SELECT 1 FROM file WHERE instance_id = ?1 AND id <> ?2 AND digest IS NOT ?3 LIMIT 1")
        findUID = try connection.prepare("SELECT id FROM uid WHERE value = ?1")
        insertUID = try connection.prepare("INSERT INTO uid(value) VALUES(?1)")
    }

    // MARK: Files

    /// Links a file to the instance that its header describes.
    ///
    /// - Parameter folder: the source and folder, for a series that nothing else names.
    /// - Parameter defaultIssuer: the source's, for a patient ID whose issuer the file does not name; empty for none.
    /// - Parameter isNew: whether the file was never linked before, which saves looking.
    func link(
        file: Int64, folderID: Int64, folder: @autoclosure () -> String, source: Int64, defaultIssuer: String, header: Header, isNew: Bool
    ) throws {
        let old = isNew ? nil : try links(of: file)
        let variant = try variant(of: header, source: source, defaultIssuer: defaultIssuer, folderID: folderID, folder: folder())
        let digest = Int64(bitPattern: header.digest(of: [.patient, .study, .series, .instance]))
        let instance = try instance(of: header, digest: digest, file: file, series: variant.series)
        linkFile.bind(file, at: 1)
        linkFile.bind(FileState.instance.rawValue, at: 2)
        linkFile.bind(instance, at: 3)
        linkFile.bind(variant.id, at: 4)
        linkFile.bind(try header[.transferSyntaxUID].map(uidID), at: 5)
        linkFile.bind(digest, at: 6)
        try linkFile.run()
        fileCountChanges[variant.id, default: 0] += 1
        if let old { try unlinked(old, exceptInstance: instance) }
    }

    /// Records that a file holds no instance, or could not be read.
    func link(file: Int64, toNothing state: FileState) throws {
        let old = try links(of: file)
        linkFile.bind(file, at: 1)
        linkFile.bind(state.rawValue, at: 2)
        for parameter in Int32(3)...6 { linkFile.bind(nil as Int64?, at: parameter) }
        try linkFile.run()
        try unlinked(old, exceptInstance: nil)
    }

    /// Records that a file could not be read now. What was known of it stays: a failure is no news about its content.
    func fail(file: Int64) throws {
        failFile.bind(file, at: 1)
        try failFile.run()
    }

    /// A file's row is about to go; call ``unlinked(_:exceptInstance:)`` once it has.
    func links(of file: Int64) throws -> FileLinks {
        defer { fileLinks.reset() }
        fileLinks.bind(file, at: 1)
        guard try fileLinks.step() else { return FileLinks(instance: nil, variant: nil) }
        return FileLinks(instance: fileLinks.optionalInteger(0), variant: fileLinks.optionalInteger(1))
    }

    struct FileLinks {
        let instance: Int64?
        let variant: Int64?
    }

    /// Counts a file out of its old variant and removes its old instance when no location is left.
    func unlinked(_ old: FileLinks, exceptInstance kept: Int64?) throws {
        if let variant = old.variant { fileCountChanges[variant, default: 0] -= 1 }
        guard let instance = old.instance else { return }
        resolver.dirtyInstances.insert(instance)
        guard instance != kept else { return }
        // Its conflict goes with it, and so may its study's flag.
        try resolver.markStudy(ofInstance: instance)
        deleteInstanceIfUnused.bind(instance, at: 1)
        try deleteInstanceIfUnused.run()
        if connection.changes > 0 {
            deleteInstanceConflicts.bind(instance, at: 1)
            try deleteInstanceConflicts.run()
        }
    }

    // MARK: Variants

    private func variant(
        of header: Header, source: Int64, defaultIssuer: String, folderID: Int64, folder: @autoclosure () -> String
    ) throws -> Variant {
        // Another default issuer makes another variant, so that a full scan puts right what was read under an old one.
        let digest = header.digest(of: [.patient, .study, .series]) ^ Self.digest(defaultIssuer)
        let namesSeries = !(header[.seriesInstanceUID] ?? "").isEmpty
        let key = VariantKey(source: source, digest: digest, folder: namesSeries ? 0 : folderID)
        if let known = variants[key] { return known }
        let attributes = VariantAttributes(header, defaultIssuer: defaultIssuer)
        let series = try entities.seriesID(for: attributes, folder: folder())
        let variant = Variant(id: try variantID(series, source, Int64(bitPattern: digest), attributes), series: series)
        if variants.count >= Self.mostCached { variants.removeAll(keepingCapacity: true) }
        variants[key] = variant
        return variant
    }

    /// 0 for an empty text. The same in every process, since it is stored.
    ///
    /// Source: FNV-1a, 64 bits.
    private static func digest(_ text: String) -> UInt64 {
        text.isEmpty ? 0 : text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private func variantID(_ series: Int64, _ source: Int64, _ digest: Int64, _ attributes: VariantAttributes) throws -> Int64 {
        for statement in [findVariant, insertVariant] {
            statement.bind(series, at: 1)
            statement.bind(source, at: 2)
            statement.bind(digest, at: 3)
        }
        defer { findVariant.reset() }
        if try findVariant.step() { return findVariant.integer(0) }
        insertVariant.bind(attributes.encoded, at: 4)
        try insertVariant.run()
        resolver.dirtySeries.insert(series)
        return connection.lastInsertedRowID
    }

    // MARK: Instances

    private func instance(of header: Header, digest: Int64, file: Int64, series: Int64) throws -> Int64 {
        let uid = Identity.instance(header[.sopInstanceUID], fileID: file)
        try bindInstance(insertInstance, header, uid: uid, series: series)
        try insertInstance.run()
        if connection.changes > 0 { return connection.lastInsertedRowID }
        // Known already: another location of the same instance, or this file read again.
        findInstance.bind(uid, at: 1)
        defer { findInstance.reset() }
        guard try findInstance.step() else { return connection.lastInsertedRowID }
        let id = findInstance.integer(0)
        resolver.dirtyInstances.insert(id)
        // Where another location says something else, what was found first stands, and the two are a conflict.
        otherContent.bind(id, at: 1)
        otherContent.bind(file, at: 2)
        otherContent.bind(digest, at: 3)
        let differs = try otherContent.step()
        otherContent.reset()
        if !differs {
            try bindInstance(updateInstance, header, uid: uid, series: series)
            try updateInstance.run()
        }
        return id
    }

    private func bindInstance(_ statement: Statement, _ header: Header, uid: String, series: Int64) throws {
        statement.bind(series, at: 1)
        statement.bind(uid, at: 2)
        statement.bind(try header[.sopClassUID].map(uidID), at: 3)
        for (index, attribute) in [Attribute.instanceNumber, .numberOfFrames, .rows, .columns].enumerated() {
            statement.bind(header[attribute].flatMap(EntityRows.integerString), at: Int32(index + 4))
        }
    }

    private func uidID(_ uid: String) throws -> Int64 {
        if let known = uids[uid] { return known }
        findUID.bind(uid, at: 1)
        defer { findUID.reset() }
        if try findUID.step() {
            uids[uid] = findUID.integer(0)
            return findUID.integer(0)
        }
        insertUID.bind(uid, at: 1)
        try insertUID.run()
        // A hostile share could hold a different UID in every file.
        if uids.count >= Self.mostCached { uids.removeAll() }
        uids[uid] = connection.lastInsertedRowID
        return connection.lastInsertedRowID
    }

    // MARK: End of a batch

    /// Writes the counts; variants without a file go.
    func flush() throws {
        var removed = false
        for (variant, change) in fileCountChanges where change != 0 {
            changeFileCount.bind(variant, at: 1)
            changeFileCount.bind(change, at: 2)
            try changeFileCount.run()
            guard change < 0 else { continue }
            takeEmptyVariant.bind(variant, at: 1)
            try takeEmptyVariant.forEachRow { row in
                resolver.dirtySeries.insert(row.integer(0))
                removed = true
            }
        }
        fileCountChanges.removeAll(keepingCapacity: true)
        if removed { variants.removeAll() }
    }

    /// After a rollback nothing that was remembered can be trusted.
    func forget() {
        variants.removeAll()
        uids.removeAll()
        fileCountChanges.removeAll()
    }
}
