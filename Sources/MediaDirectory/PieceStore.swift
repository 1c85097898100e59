/// The pieces of a file that may still change.
struct PieceStore: ~Copyable, Sendable {
    let size: Int
    /// The file's length so far.
    private(set) var end: UInt64 = 0
    private var held: [Int: [UInt8]] = [:]

    init(size: Int) { self.size = size }

    mutating func append(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = size - Int(end % UInt64(size))
            held[number(of: end), default: []] += rest.prefix(room)
            end += UInt64(min(room, rest.count))
            rest = rest.dropFirst(room)
        }
    }

    /// Replaces bytes of pieces that are held.
    mutating func replace(_ bytes: [UInt8], at offset: UInt64) {
        for (index, byte) in bytes.enumerated() {
            let place = offset + UInt64(index)
            held[number(of: place)]?[Int(place % UInt64(size))] = byte
        }
    }

    /// Gives those that are full, but for the file's beginning and what may be replaced: offsets of four bytes at these places.
    mutating func release(keeping places: [UInt64]) -> [DirectoryPiece] {
        guard held.count > 1 else { return [] }
        let header = number(of: UInt64(DirectoryHeader.length) - 1)
        let kept = Set(places.flatMap { number(of: $0)...number(of: $0 + 3) })
        let full = held.keys.filter { $0 > header && $0 < number(of: end) && !kept.contains($0) }
        return give(full)
    }

    mutating func releaseAll() -> [DirectoryPiece] { give(Array(held.keys)) }

    private mutating func give(_ numbers: [Int]) -> [DirectoryPiece] {
        numbers.sorted().compactMap { number in held.removeValue(forKey: number).map { DirectoryPiece(number: number, bytes: $0) } }
    }

    private func number(of offset: UInt64) -> Int { Int(offset / UInt64(size)) }
}
