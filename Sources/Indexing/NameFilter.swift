/// Decides by its name alone whether a file may be DICOM, so that the others need not be opened [I3].
public struct NameFilter: Sendable, Hashable {
    /// Extensions that DICOM files have, in lower case and without the dot.
    public var extensions: Set<String>
    /// Whether names without an extension pass. Most DICOM files on media and archives have none (PS3.10 §8.5).
    public var acceptsNamesWithoutExtension: Bool
    /// Whether every name passes.
    public var acceptsAllNames: Bool

    public init(
        extensions: Set<String> = ["dcm", "dicom", "ima"], acceptsNamesWithoutExtension: Bool = true, acceptsAllNames: Bool = false
    ) {
        self.extensions = extensions
        self.acceptsNamesWithoutExtension = acceptsNamesWithoutExtension
        self.acceptsAllNames = acceptsAllNames
    }

    /// Folders in which a NAS keeps snapshots, thumbnails and deleted files: everything below would be found twice, or should not be found.
    static let housekeepingFolders: Set<String> = [
        ".snapshot", ".snapshots", "~snapshot", ".zfs", "#snapshot", "#recycle", "@Recycle", "@Recently-Snapshot", "@eaDir", ".@__thumb",
        "$RECYCLE.BIN", "System Volume Information", "lost+found", ".Trashes", ".Spotlight-V100", ".AppleDouble",
    ]

    public func accepts(folder name: [UInt8]) -> Bool {
        acceptsAllNames || !Self.housekeepingFolders.contains(String(decoding: name, as: UTF8.self))
    }

    public func accepts(file name: [UInt8]) -> Bool {
        if acceptsAllNames { return true }
        // Hidden files are a system's, not a modality's.
        guard name.first != UInt8(ascii: ".") else { return false }
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return acceptsNamesWithoutExtension }
        let suffix = name[(dot + 1)...]
        // A UID used as a name ends in a component of digits, which is no extension.
        if suffix.allSatisfy({ (0x30...0x39).contains($0) }) { return acceptsNamesWithoutExtension }
        return extensions.contains(String(decoding: suffix, as: UTF8.self).lowercased())
    }
}
