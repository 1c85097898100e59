extension SourcePath {
    /// The folder that it stands in, and the name there.
    var split: (folder: SourcePath, name: [UInt8]) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return (.root, bytes) }
        return (SourcePath(bytes: Array(bytes[..<slash])), Array(bytes[(slash + 1)...]))
    }

    /// - Throws: ``SourceError`` (`INVALID_PATH`) for a path that could lead out of the source: `..`, empty names, zero bytes.
    func check() throws(SourceError) {
        if bytes.isEmpty { return }
        var (length, dots) = (0, 0)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "/"):
                if length == 0 || (length <= 2 && dots == length) { throw .invalidPath }
                (length, dots) = (0, 0)
            case 0: throw .invalidPath
            case UInt8(ascii: "."): (length, dots) = (length + 1, dots + 1)
            default: length += 1
            }
        }
        if length == 0 || (length <= 2 && dots == length) { throw .invalidPath }
    }

    /// The names from the root down.
    /// - Throws: ``SourceError`` as ``check()`` does.
    func components() throws(SourceError) -> [[UInt8]] {
        try check()
        return bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
    }

    /// How many folders deep.
    var depth: Int { bytes.isEmpty ? 0 : bytes.count(where: { $0 == UInt8(ascii: "/") }) + 1 }
}
