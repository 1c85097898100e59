internal import Glibc
internal import Synchronization

/// Converts pieces of text to UTF-8 with the C library.
///
/// Source: POSIX `iconv`.
struct Converter: ~Copyable {
    /// Descriptors that are not in use, by coded character set.
    ///
    /// Opening one takes the C library many times longer than converting a name, and none may be used by two threads at once. So each is
    /// taken from here for the time of one value; there are never more than threads that decode at the same time.
    private static let pool = Mutex<[UInt8: [Descriptor]]>([:])

    private let descriptor: Descriptor
    private let set: CodedCharacterSet

    /// nil when the C library does not have the encoding.
    init?(_ set: CodedCharacterSet) {
        guard let descriptor = Converter.pool.withLock({ $0[set.rawValue]?.popLast() }) ?? Converter.open(set) else { return nil }
        self.descriptor = descriptor
        self.set = set
    }

    private static func open(_ set: CodedCharacterSet) -> Descriptor? {
        guard let name = set.iconvName else { return nil }
        let opened = name.withUTF8Buffer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { iconv_open("UTF-8", $0.baseAddress) }
        }
        // iconv_open signals failure with a pointer whose bits are all ones.
        guard let opened, Int(bitPattern: opened) != -1 else { return nil }
        return Descriptor(pointer: opened)
    }

    deinit {
        let set = set
        let descriptor = descriptor
        Converter.pool.withLock { $0[set.rawValue, default: []].append(descriptor) }
    }

    /// Appends the text as UTF-8, with U+FFFD for each byte that is not part of a character; returns whether there was none.
    func append(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        _ = iconv(descriptor.pointer, nil, nil, nil, nil)
        var isClean = true
        // iconv does not write to its input.
        var next = UnsafeMutablePointer(mutating: text.baseAddress?.assumingMemoryBound(to: CChar.self))
        var left = text.count
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            while left > 0 {
                var free = buffer.baseAddress
                var room = buffer.count
                let result = iconv(descriptor.pointer, &next, &left, &free, &room)
                let code = result == -1 ? errno : 0
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<(buffer.count - room)]))
                if result != -1 || code == E2BIG && room < buffer.count { continue }
                output.append(contentsOf: TextDecoder.replacement)
                isClean = false
                if left > 0 {
                    left -= 1
                    next = next?.advanced(by: 1)
                }
            }
            // Some encodings hold the last character back, waiting for one that combines with it.
            var free = buffer.baseAddress
            var room = buffer.count
            _ = iconv(descriptor.pointer, nil, nil, &free, &room)
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<(buffer.count - room)]))
        }
        return isClean
    }

    /// Unchecked, since an iconv descriptor may move between threads as long as one at a time uses it, which ``pool`` sees to.
    private struct Descriptor: @unchecked Sendable {
        let pointer: iconv_t
    }
}
