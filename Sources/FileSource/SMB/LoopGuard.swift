/// Finds folders that lead back to one of those in which they stand: a symbolic link that a server follows looks like an ordinary folder.
///
/// A folder's own file number comes with its listing at no cost. Two folders with the same number need not be the same one (each volume behind a
/// share counts for itself), so that their listings must be alike too.
struct LoopGuard: Sendable {
    /// No archive is as deep; what goes deeper is led in circles by something else.
    static let mostFolders = 100
    private static let kept = 32 << 10

    private struct Seen {
        var folderID: UInt64
        var digest: UInt64
    }
    private var recent: [Int: Seen] = [:]
    private var older: [Int: Seen] = [:]

    /// Remembers a folder and says whether it is one of those that it stands in.
    /// - Parameters:
    ///   - folderID: its file number; 0 where the server gives none.
    ///   - digest: a hash of its listing.
    mutating func isLoop(_ folder: SourcePath, folderID: UInt64, digest: UInt64) -> Bool {
        let parts = folder.bytes.split(separator: UInt8(ascii: "/"))
        var same: [Int] = []
        for depth in 0..<parts.count {
            guard let seen = recall(LoopGuard.key(parts[..<depth])), seen.digest == digest, seen.folderID == folderID else { continue }
            if folderID != 0 { return true }
            same.append(depth)
        }
        if folderID == 0, LoopGuard.repeatsTwice(parts, same) { return true }
        remember(LoopGuard.key(parts[...]), Seen(folderID: folderID, digest: digest))
        return false
    }

    /// Without file numbers: whether the same names led to the same listing twice in a row.
    private static func repeatsTwice(_ parts: [ArraySlice<UInt8>], _ same: [Int]) -> Bool {
        same.contains { depth in
            let length = parts.count - depth
            let earlier = depth - length
            return earlier >= 0 && same.contains(earlier) && parts[depth...].elementsEqual(parts[earlier..<depth], by: ==)
        }
    }

    private static func key(_ parts: ArraySlice<ArraySlice<UInt8>>) -> Int {
        var hasher = Hasher()
        for part in parts { hasher.combine(part) }
        return hasher.finalize()
    }

    private func recall(_ key: Int) -> Seen? { recent[key] ?? older[key] }

    /// Memory stays bounded: the older half goes.
    private mutating func remember(_ key: Int, _ seen: Seen) {
        if recent.count >= LoopGuard.kept { (older, recent) = (recent, [:]) }
        recent[key] = seen
    }
}
