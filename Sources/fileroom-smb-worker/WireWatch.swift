import CSMBClient
public import Glibc

/// Looks at what libsmbclient sends, and stops what must not go out unencrypted.
///
/// libsmbclient 4.17 takes `SMBC_ENCRYPTLEVEL_REQUIRE` as a wish: it asks for encryption only of servers that announce DFS, and where that fails it prints
/// "failing connect" and goes on in clear text. So this program's own `writev` stands in front of the C library's, sees each frame's first bytes, and
/// refuses those that would carry names or data in clear text.
///
/// Source: MS-SMB2 §2.2.1 (header: 0xFE "SMB", command at 12, flags at 16), §2.2.41 (transform header: 0xFD "SMB").
enum WireWatch {
    // One thread uses libsmbclient, and with it these.
    nonisolated(unsafe) static var requiresEncryption = false
    nonisolated(unsafe) private(set) static var hasRefused = false
    nonisolated(unsafe) private(set) static var encryptedFrames = 0
    nonisolated(unsafe) private(set) static var signedFrames = 0
    nonisolated(unsafe) private(set) static var clearFrames = 0

    /// Whether frames pass by here at all.
    static var isWatching: Bool { clearFrames + encryptedFrames > 0 }

    /// Commands that make and end a session and a connection to a share: NEGOTIATE to TREE_DISCONNECT, CANCEL and ECHO.
    private static let allowedInClear: Set<UInt16> = [0, 1, 2, 3, 4, 12, 13]

    static func reset() { hasRefused = false }

    /// Whether a frame may go out.
    fileprivate static func allows(_ parts: UnsafeBufferPointer<iovec>) -> Bool {
        guard parts.count >= 2, parts[0].iov_len == 4, parts[1].iov_len >= 4, let start = parts[1].iov_base else { return true }
        let header = UnsafeRawBufferPointer(start: start, count: parts[1].iov_len)
        guard header[1] == UInt8(ascii: "S"), header[2] == UInt8(ascii: "M"), header[3] == UInt8(ascii: "B") else { return true }
        switch header[0] {
        case 0xFD:
            encryptedFrames += 1
        case 0xFE where header.count >= 20:
            clearFrames += 1
            if header[16] & 0x08 != 0 { signedFrames += 1 }
            let command = UInt16(header[12]) | UInt16(header[13]) << 8
            if requiresEncryption, !allowedInClear.contains(command) {
                hasRefused = true
                return false
            }
        default: break
        }
        return true
    }

    fileprivate typealias Write = @convention(c) (Int32, UnsafePointer<iovec>?, Int32) -> Int
    /// The C library's own.
    fileprivate static let next: Write? = {
        let nextInOrder = UnsafeMutableRawPointer(bitPattern: -1)  // RTLD_NEXT
        return dlsym(nextInOrder, "writev").map { unsafeBitCast($0, to: Write.self) }
    }()
}

/// Stands in front of the C library's `writev` for everything in this process.
@_cdecl("writev")
public func watchedWrite(_ descriptor: Int32, _ parts: UnsafePointer<iovec>?, _ count: Int32) -> Int {
    guard let next = WireWatch.next, WireWatch.allows(UnsafeBufferPointer(start: parts, count: Int(max(0, count)))) else {
        errno = ECONNABORTED
        return -1
    }
    return next(descriptor, parts, count)
}
