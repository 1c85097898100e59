import Glibc

/// Knows whether a listing came to its end.
///
/// libsmbclient 4.17 drops errors of all but the first QUERY_DIRECTORY: when the server refuses the second, does not answer it, or memory runs out,
/// `opendir` succeeds with a part of the folder and nothing tells. Files that are missing from such a listing would be taken for deleted. So this
/// program's own function stands in front of the one by which the library takes each answer, remembers its status, and counts its entries.
///
/// Source: MS-SMB2 §3.3.5.18: the last answer is STATUS_NO_MORE_FILES. MS-FSCC §2.4: each entry begins with the offset of the next.
enum ListingWatch {
    // One thread uses libsmbclient, and with it this.
    nonisolated(unsafe) private static var lastStatus: UInt32?

    /// How many entries the server sent, the folder itself and its parent included.
    nonisolated(unsafe) private(set) static var entries = 0

    static func begin() { (lastStatus, entries) = (nil, 0) }

    /// The `errno` of a listing that is over; 0 when it is complete.
    static var outcome: Int32 {
        switch lastStatus {
        case 0x8000_0006 /* STATUS_NO_MORE_FILES */: 0
        // Another libsmbclient, whose answers do not pass by here: nothing is known, so nothing is claimed.
        case nil: ENOSYS
        // The server had more to say, and the library stopped asking: there was no memory for it.
        case 0, 0xC000_0017, 0xC000_009A: ENOMEM
        case 0xC000_0022 /* STATUS_ACCESS_DENIED */: EACCES
        case 0xC000_00B5 /* STATUS_IO_TIMEOUT */: ETIMEDOUT
        case 0xC000_020C, 0xC000_020D, 0xC000_0203, 0xC000_00C9, 0xC000_013C: ECONNABORTED
        default: EIO
        }
    }

    fileprivate static func note(_ status: UInt32, _ answer: UnsafeRawBufferPointer) {
        lastStatus = status
        guard status == 0 else { return }
        var position = 0
        while position + 4 <= answer.count {
            entries += 1
            let step = Int(UInt32(littleEndian: answer.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            if step == 0 { return }
            position += step
        }
    }

    fileprivate typealias Receive =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<UInt32>?
        ) -> UInt32
    fileprivate static let next: Receive? = {
        let nextInOrder = UnsafeMutableRawPointer(bitPattern: -1)  // RTLD_NEXT
        return dlsym(nextInOrder, "smb2cli_query_directory_recv").map { unsafeBitCast($0, to: Receive.self) }
    }()
}

/// Stands in front of Samba's function of this name: `NTSTATUS smb2cli_query_directory_recv(req, mem_ctx, data, data_length)`.
@_cdecl("smb2cli_query_directory_recv")
public func watchedQueryDirectory(
    _ request: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ data: UnsafeMutablePointer<UnsafeRawPointer?>?,
    _ length: UnsafeMutablePointer<UInt32>?
) -> UInt32 {
    // STATUS_NOT_SUPPORTED: without the real function there is no listing.
    let status = ListingWatch.next?(request, memory, data, length) ?? 0xC000_00BB
    let answer = UnsafeRawBufferPointer(start: data?.pointee, count: data?.pointee == nil ? 0 : Int(length?.pointee ?? 0))
    ListingWatch.note(status, answer)
    return status
}
