/// Parts of one entry whose checksums are known: in order, apart from each other.
struct Stretches {
    struct Stretch {
        var range: Range<UInt64>
        var crc: UInt32
    }

    private var known: [Stretch] = []

    /// The checksum of the entry's first `size` bytes, if it is known.
    func checksum(ofFirst size: UInt64) -> UInt32? {
        guard let first = known.first, first.range == 0..<size else { return nil }
        return first.crc
    }

    /// What of a range is not known.
    func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
        var gaps: [Range<UInt64>] = []
        var start = range.lowerBound
        for stretch in known where stretch.range.overlaps(range) {
            if start < stretch.range.lowerBound { gaps.append(start..<stretch.range.lowerBound) }
            start = stretch.range.upperBound
        }
        if start < range.upperBound { gaps.append(start..<range.upperBound) }
        return gaps
    }

    /// Adds a stretch and joins it with its neighbours; one that overlaps with what is known is dropped, for no checksum can be cut.
    mutating func insert(_ stretch: Stretch) {
        let place = known.firstIndex { $0.range.lowerBound >= stretch.range.lowerBound } ?? known.count
        let previous = place > 0 ? known[place - 1].range.upperBound : 0
        let next = place < known.count ? known[place].range.lowerBound : UInt64.max
        guard previous <= stretch.range.lowerBound, stretch.range.upperBound <= next else { return }
        known.insert(stretch, at: place)
        joinWithNext(place)
        if place > 0 { joinWithNext(place - 1) }
    }

    private mutating func joinWithNext(_ place: Int) {
        guard place + 1 < known.count, known[place].range.upperBound == known[place + 1].range.lowerBound else { return }
        let next = known.remove(at: place + 1)
        known[place].crc = CRC32.combine(known[place].crc, next.crc, length: UInt64(next.range.count))
        known[place].range = known[place].range.lowerBound..<next.range.upperBound
    }
}
