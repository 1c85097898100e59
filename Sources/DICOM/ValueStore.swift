internal import Glibc

/// The layout of a packed header: version, number of attributes, two bytes of zero, deviations (4 bytes, little endian), then for
/// each attribute in the order of tags the length of its value (2 bytes, little endian; ``absent`` when there is none), then the values.
enum PackedLayout {
    static let version: UInt8 = 1
    static let deviationsOffset = 4
    static let lengthsOffset = 8
    static let absent: UInt16 = 0xFFFF
    static let valuesOffset = lengthsOffset + 2 * AttributeOrder.count
}

/// A packed header while it is being made. It is valid at any time, so that finishing is one copy.
///
/// Raw memory rather than an array, since the values arrive one by one and an array would check and count each time. All writing
/// goes through ``set(rank:to:)`` and ``makeRoom(for:)``, which keep within `capacity`.
struct ValueStore: ~Copyable {
    /// What is kept of a value. Far more than the standard allows for any wanted attribute (64 characters a value or name group), far
    /// less than would hurt.
    static let longestValue = 4096

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count: Int
    private var lastRank = -1
    // Kept here since the layout's are looked up each time.
    private let attributeCount: Int
    private let valuesOffset: Int

    /// Room for the values of most files, and small enough for the C library's quick lists.
    private static let firstCapacity = 1024

    init() {
        attributeCount = AttributeOrder.count
        valuesOffset = PackedLayout.valuesOffset
        capacity = max(ValueStore.firstCapacity, valuesOffset)
        count = valuesOffset
        guard let memory = malloc(capacity) else { ValueStore.outOfMemory() }
        self.memory = memory
        memset(memory, 0, PackedLayout.lengthsOffset)
        memory.storeBytes(of: PackedLayout.version, as: UInt8.self)
        memory.storeBytes(of: UInt8(truncatingIfNeeded: attributeCount), toByteOffset: 1, as: UInt8.self)
        memset(memory + PackedLayout.lengthsOffset, 0xFF, 2 * attributeCount)
    }

    deinit { free(memory) }

    /// Whether nothing was set.
    var isEmpty: Bool { lastRank < 0 }

    /// The length of the value of that rank; nil when there is none.
    @inline(__always)
    func length(rank: Int) -> Int? {
        precondition(rank >= 0 && rank < attributeCount)
        let length = UInt16(
            littleEndian: memory.loadUnaligned(fromByteOffset: PackedLayout.lengthsOffset + 2 * rank, as: UInt16.self))
        return length == PackedLayout.absent ? nil : Int(length)
    }

    /// The bytes of the value of that rank; nil when there is none. Valid until the next change.
    func value(rank: Int) -> UnsafeRawBufferPointer? {
        length(rank: rank).map { UnsafeRawBufferPointer(start: memory + offset(rank: rank), count: $0) }
    }

    /// Sets the value of that rank; `value` is at most ``longestValue`` bytes, and not part of the store.
    @inline(__always)
    mutating func set(rank: Int, to value: UnsafeRawBufferPointer) {
        precondition(value.count <= ValueStore.longestValue && rank >= 0 && rank < attributeCount)
        makeRoom(for: value.count)
        if rank > lastRank {
            lastRank = rank
            if let source = value.baseAddress { memcpy(memory + count, source, value.count) }
            count &+= value.count
        } else {
            insert(rank: rank, value)
        }
        let stored = UInt16(truncatingIfNeeded: value.count).littleEndian
        memory.storeBytes(of: stored, toByteOffset: PackedLayout.lengthsOffset + 2 * rank, as: UInt16.self)
    }

    /// Puts a value where earlier elements of the file have left no gap for it. There is room already.
    private mutating func insert(rank: Int, _ value: UnsafeRawBufferPointer) {
        let start = offset(rank: rank)
        let end = start + (length(rank: rank) ?? 0)
        memmove(memory + start + value.count, memory + end, count - end)
        if let source = value.baseAddress { memcpy(memory + start, source, value.count) }
        count += value.count - (end - start)
    }

    private func offset(rank: Int) -> Int {
        var offset = valuesOffset
        for earlier in 0..<rank { offset += length(rank: earlier) ?? 0 }
        return offset
    }

    @inline(__always)
    private mutating func makeRoom(for more: Int) {
        if count &+ more > capacity { grow(to: count + more) }
    }

    private mutating func grow(to needed: Int) {
        capacity = max(2 * capacity, needed)
        guard let larger = realloc(memory, capacity) else { ValueStore.outOfMemory() }
        memory = larger
    }

    /// The packed header, with these deviations.
    func packed(with deviations: Deviations) -> [UInt8] {
        memory.storeBytes(
            of: deviations.intersection(.packable).rawValue.littleEndian, toByteOffset: PackedLayout.deviationsOffset, as: UInt32.self)
        let count = count
        let memory = memory
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let start = buffer.baseAddress { memcpy(start, memory, count) }
            initialized = count
        }
    }

    /// Sizes are bounded by ``longestValue`` and the number of attributes, so this is the machine's end, not the file's doing.
    private static func outOfMemory() -> Never {
        fatalError("no memory for a header")
    }
}
