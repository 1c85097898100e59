extension SourcePath {
    /// The folder that it stands in, and the name there.
    var split: (folder: SourcePath, name: [UInt8]) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return (.root, bytes) }
        return (SourcePath(bytes: Array(bytes[..<slash])), Array(bytes[(slash + 1)...]))
    }

    /// The names from the root down.
    /// - Throws: ``SourceError`` (`INVALID_PATH`) for a path that could lead out of the source: `..`, empty names, zero bytes.
    func components() throws(SourceError) -> [[UInt8]] {
        if bytes.isEmpty { return [] }
        if bytes.contains(0) { throw .invalidPath }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        let isConfined = parts.allSatisfy { !$0.isEmpty && $0 != Array(".".utf8) && $0 != Array("..".utf8) }
        guard isConfined else { throw .invalidPath }
        return parts
    }

    /// How many folders deep.
    var depth: Int { bytes.isEmpty ? 0 : bytes.count(where: { $0 == UInt8(ascii: "/") }) + 1 }
}
