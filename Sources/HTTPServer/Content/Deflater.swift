internal import CZlib

/// The two codings of HTTP that zlib knows.
public enum ContentCoding: String, Sendable, CaseIterable {
    case gzip, deflate

    /// The one that a client likes best; nil when it wants none. Source: RFC 9110 §12.5.3.
    init?(accepting header: String) {
        var weights: [String: Double] = [:]
        for element in header.lowercased().split(separator: ",") {
            let parts = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            weights[name] = weight
        }
        let wanted = Self.allCases.map { (coding: $0, weight: weights[$0.rawValue] ?? weights["*"] ?? 0) }.filter { $0.weight > 0 }
        // Of two that are equally liked, the first: gzip, which every client understands in the same way.
        guard let best = wanted.max(by: { $0.weight < $1.weight || $0.weight == $1.weight && $0.coding == .deflate }) else { return nil }
        self = best.coding
    }
}

/// Compresses a stream of bytes. To be used by one task at a time.
///
/// Source: deflateInit2, deflate, deflateEnd.
final class Deflater {
    private var stream = z_stream()

    /// - Parameter level: 1 (fast) to 9 (small).
    init(_ coding: ContentCoding, level: Int32 = 6) {
        // 15 bits of window; 16 more for gzip's frame instead of zlib's, which HTTP calls deflate.
        let windowBits: Int32 = coding == .gzip ? 31 : 15
        let code = deflateInit2_(
            &stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib cannot compress: no memory, or another version than it was built for")
    }

    deinit { deflateEnd(&stream) }

    /// - Parameter isLast: nothing more comes.
    /// - Returns: what is ready of the compressed bytes, often nothing.
    func compress(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var input = bytes
        var output: [UInt8] = []
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            repeat {
                let room = max(1024, input.count / 3)
                let begin = output.count
                output.append(contentsOf: repeatElement(0, count: room))
                output.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress.map { $0 + begin }
                    stream.avail_out = UInt32(room)
                    deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                output.removeLast(Int(stream.avail_out))
            } while stream.avail_out == 0
        }
        return output
    }

    /// All at once.
    static func compress(_ bytes: [UInt8], _ coding: ContentCoding, level: Int32 = 6) -> [UInt8] {
        Deflater(coding, level: level).compress(bytes, isLast: true)
    }
}
