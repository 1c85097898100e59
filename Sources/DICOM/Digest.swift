extension Header {
    /// 64-bit hash over the raw values of the attributes at the levels given and the character set; equal headers have equal digests.
    ///
    /// It is the same in every process and on every machine, an absent value differs from an empty one, and the order of `levels` does
    /// not matter. It is no defence against someone who makes collisions on purpose.
    public func digest(of levels: [Level]) -> UInt64 {
        var mask: UInt8 = 0
        for level in levels { mask |= 1 << level.rawValue }
        return packed.withUnsafeBytes { bytes in
            var digest = Digest()
            var start = PackedLayout.valuesOffset
            for rank in 0..<AttributeOrder.count {
                let stored = Header.length(rank: rank, in: bytes)
                let length = stored == PackedLayout.absent ? 0 : Int(stored)
                let traits = Digest.traits[rank]
                if traits.isAlwaysIncluded || mask & traits.level != 0 {
                    // The tag rather than the rank, so that an attribute added to another level changes nothing here.
                    digest.add(UInt64(traits.tag) << 16 | UInt64(stored))
                    digest.add(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
                }
                start += length
            }
            return digest.value
        }
    }
}

/// A running hash that takes eight bytes at a time.
private struct Digest {
    private var state: UInt64 = 0x243F_6A88_85A3_08D3

    /// By rank: what decides whether a value is part of a digest.
    static let traits = AttributeOrder.attributes.map { attribute in
        (tag: attribute.definition.tag, level: UInt8(1) << attribute.level.rawValue, isAlwaysIncluded: attribute == .specificCharacterSet)
    }

    /// Multiplies to 128 bits and folds the halves together, so that every input bit reaches every output bit.
    @inline(__always)
    mutating func add(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        state = product.high ^ product.low &+ 0x5851_F42D_4C95_7F2D
    }

    /// The length must be added before, since the last word is filled with zeros.
    @inline(__always)
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var last: UInt64 = 0
        while offset < bytes.count {
            last = last << 8 | UInt64(bytes[offset])
            offset += 1
        }
        add(last)
    }

    var value: UInt64 {
        var mixed = state
        mixed ^= mixed >> 32
        mixed &*= 0xD6E8_FEB8_6659_FD93
        mixed ^= mixed >> 32
        return mixed
    }
}
