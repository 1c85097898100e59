public import Glibc

/// Knows what a file was when it was opened: the server says it in its answer to CREATE, and libsmbclient throws it away.
///
/// Asking for it afterwards would cost each file another round trip. So this program's own function stands in front of the one by which Samba takes
/// each answer of a server.
///
/// Source: MS-SMB2 §2.2.1.2 (header: command at 12) and §2.2.14 (CREATE response: LastWriteTime at 24, EndofFile at 48).
enum OpenWatch {
    /// What an open file is.
    struct Status {
        var size: UInt64
        /// Nanoseconds since 1970.
        var modified: Int64
    }

    // One thread uses libsmbclient, and with it this.
    nonisolated(unsafe) private(set) static var last: Status?

    static func begin() { last = nil }

    private static let create: UInt16 = 5
    private static let createLength = 89

    fileprivate static func note(_ parts: UnsafePointer<iovec>) {
        guard let header = parts[0].iov_base, parts[0].iov_len >= 64, let body = parts[1].iov_base, parts[1].iov_len >= createLength - 1,
            UInt16(littleEndian: header.loadUnaligned(fromByteOffset: 12, as: UInt16.self)) == create,
            UInt16(littleEndian: body.loadUnaligned(as: UInt16.self)) == createLength
        else { return }
        last = Status(
            size: UInt64(littleEndian: body.loadUnaligned(fromByteOffset: 48, as: UInt64.self)),
            modified: nanoseconds(fileTime: UInt64(littleEndian: body.loadUnaligned(fromByteOffset: 24, as: UInt64.self))))
    }

    /// As the library tells the time in a listing.
    ///
    /// Source: MS-DTYP §2.3.3: a FILETIME counts 100 ns since 1601.
    private static func nanoseconds(fileTime: UInt64) -> Int64 {
        let since1970 = Int64(clamping: fileTime) - 116_444_736_000_000_000
        let (nanoseconds, overflow) = since1970.multipliedReportingOverflow(by: 100)
        return overflow ? 0 : nanoseconds
    }

    fileprivate typealias Receive =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafePointer<iovec>?>?, UnsafeRawPointer?, Int
        ) -> UInt32
    fileprivate static let next: Receive? = {
        let nextInOrder = UnsafeMutableRawPointer(bitPattern: -1)  // RTLD_NEXT
        return dlsym(nextInOrder, "smb2cli_req_recv").map { unsafeBitCast($0, to: Receive.self) }
    }()
}

/// Stands in front of Samba's function of this name: `NTSTATUS smb2cli_req_recv(req, mem_ctx, piov, expected, num_expected)`.
@_cdecl("smb2cli_req_recv")
public func watchedAnswer(
    _ request: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ parts: UnsafeMutablePointer<UnsafePointer<iovec>?>?,
    _ expected: UnsafeRawPointer?, _ expectedCount: Int
) -> UInt32 {
    // STATUS_NOT_SUPPORTED: without the real function there is no answer.
    let status = OpenWatch.next?(request, memory, parts, expected, expectedCount) ?? 0xC000_00BB
    if status == 0, let answer = parts?.pointee { OpenWatch.note(answer) }
    return status
}
