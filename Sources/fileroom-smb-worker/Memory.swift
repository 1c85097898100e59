import CSMBClient
import Glibc

/// How near the limit of address space this process came.
enum Memory {
    /// The library takes an answer of the server as one piece: up to 8 MiB, and as much again for what it makes of it.
    private static let largestPiece: UInt64 = 16 << 20

    /// Whether it came so near that an allocation may have failed.
    /// - Parameter limit: in bytes; 0 for none.
    static func ranOut(limit: UInt64) -> Bool {
        guard limit > 0, let peak = peakKilobytes() else { return false }
        return peak * 1024 + largestPiece > limit
    }

    /// Source: `VmPeak` in `/proc/self/status`, proc(5).
    private static func peakKilobytes() -> UInt64? {
        let file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> UInt64? in
            let got = read(file, buffer.baseAddress, buffer.count)
            guard got > 0 else { return nil }
            let lines = buffer[..<got].split(separator: UInt8(ascii: "\n"))
            guard let line = lines.first(where: { $0.starts(with: "VmPeak:".utf8) }) else { return nil }
            let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return UInt64(String(decoding: digits, as: UTF8.self))
        }
    }
}
