/// A walk over well-formed little endian elements in memory; what ``DataSetScanner`` spends its time in.
///
/// It moves only past elements that are whole in the memory, and reads only what was compared with the end before.
struct OrdinaryWalk {
    /// The next element.
    private(set) var next: UnsafeRawPointer
    private let end: UnsafeRawPointer
    /// The tag of the last element that was passed.
    private(set) var tag: UInt32
    /// All lengths that were passed, joined bit by bit: odd when one of them was.
    private(set) var lengths: UInt32 = 0

    init(next: UnsafeRawPointer, end: UnsafeRawPointer, tag: UInt32) {
        self.next = next
        self.end = end
        self.tag = tag
    }

    /// Passes the elements before the target and returns the next one's tag, which is the target or beyond; nil where the walk cannot go on.
    @inline(__always)
    mutating func skip(to target: UInt32, _ masks: UnsafeBufferPointer<UInt64>?) -> UInt32? {
        // Twelve bytes are the longest header, so that both forms can be read.
        while end - next >= 12 {
            let halves = UInt32(littleEndian: next.loadUnaligned(as: UInt32.self))
            let current = halves << 16 | halves >> 16
            // A stray delimiter is no sign of what still comes.
            guard current > tag, current < ElementHeader.item else { return nil }
            if current >= target { return current }
            let (length, size, _) = ElementHeader.ordinary(next, masks)
            // An undefined or malformed length is the largest number, and does not fit.
            guard Int(length) <= end - next &- size else { return nil }
            pass(current, length, size)
        }
        return nil
    }

    /// Passes the element that ``skip(to:_:)`` came to, and returns its value if that has the given code, or none, and is not too long.
    @inline(__always)
    mutating func takeValue(_ textCode: UInt16, _ masks: UnsafeBufferPointer<UInt64>?) -> UnsafeRawBufferPointer? {
        let halves = UInt32(littleEndian: next.loadUnaligned(as: UInt32.self))
        let (length, size, code) = ElementHeader.ordinary(next, masks)
        guard masks == nil || code == textCode, length <= UInt32(ValueStore.longestValue), Int(length) <= end - next &- size else {
            return nil
        }
        let value = UnsafeRawBufferPointer(start: next + size, count: Int(length))
        pass(halves << 16 | halves >> 16, length, size)
        return value
    }

    @inline(__always)
    private mutating func pass(_ passed: UInt32, _ length: UInt32, _ size: Int) {
        lengths |= length
        tag = passed
        next += size &+ Int(length)
    }
}
